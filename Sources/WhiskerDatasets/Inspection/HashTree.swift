/// Finds the hashes near a given one without looking at all of them: a k-d tree.
///
/// Built in O(n log² n); a search that finds little looks at a few leaves only.
package struct HashTree {
  private static let leafSize = 16

  private let hashes: [PerceptualHash]
  /// The places of the hashes; each half of a branch lies in one piece, smaller values first.
  private var order: [Int]
  /// For the middle of each branch, how it is halved.
  private var cuts: [Cut]

  /// A coefficient, and the value that it has at least in the upper half and at most in the lower.
  private struct Cut {
    var axis = 0
    var value: Float = 0
  }

  package init(_ hashes: [PerceptualHash]) {
    self.hashes = hashes
    order = Array(hashes.indices)
    cuts = Array(repeating: Cut(), count: hashes.count)
    halve(0..<hashes.count)
  }

  /// Calls back with the places of the hashes within a distance.
  package func visit(near hash: PerceptualHash, within radius: Float, _ body: (Int) -> Void) {
    visit(0..<order.count, hash, radius, body)
  }

  private func visit(
    _ branch: Range<Int>, _ hash: PerceptualHash, _ radius: Float, _ body: (Int) -> Void
  ) {
    guard branch.count > Self.leafSize else {
      for place in order[branch] where hashes[place].squaredDistance(to: hash) <= radius * radius {
        body(place)
      }
      return
    }
    let middle = Self.middle(of: branch)
    let distance = hash.values[cuts[middle].axis] - cuts[middle].value
    if distance <= radius { visit(branch.lowerBound..<middle, hash, radius, body) }
    if distance >= -radius { visit(middle..<branch.upperBound, hash, radius, body) }
  }

  private mutating func halve(_ branch: Range<Int>) {
    guard branch.count > Self.leafSize else { return }
    let (middle, axis) = (Self.middle(of: branch), widestAxis(of: branch))
    let hashes = hashes
    order[branch].sort { hashes[$0].values[axis] < hashes[$1].values[axis] }
    // Kept, since the upper half is sorted again.
    cuts[middle] = Cut(axis: axis, value: hashes[order[middle]].values[axis])
    halve(branch.lowerBound..<middle)
    halve(middle..<branch.upperBound)
  }

  /// The coefficient that differs most within a branch.
  private func widestAxis(of branch: Range<Int>) -> Int {
    var least = hashes[order[branch.lowerBound]].values
    var most = least
    for place in order[branch] {
      least = pointwiseMin(least, hashes[place].values)
      most = pointwiseMax(most, hashes[place].values)
    }
    let widths = most - least
    return (0..<PerceptualHash.count).max { widths[$0] < widths[$1] } ?? 0
  }

  private static func middle(of branch: Range<Int>) -> Int { branch.lowerBound + branch.count / 2 }
}
