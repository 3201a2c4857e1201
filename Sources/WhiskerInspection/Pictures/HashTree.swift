/// Finds the hashes near a given one without looking at all of them: a k-d tree.
///
/// Built in O(n log² n); a search that finds little looks at a few leaves only.
package struct HashTree {
  private static let leafSize = 16

  private let hashes: [PerceptualHash]
  /// The hashes as the leaves have them, so that a leaf is read in one piece.
  private var sorted: [PerceptualHash] = []
  /// The places of the hashes; each half of a branch lies in one piece, smaller values first.
  package private(set) var order: [Int]
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
    halve(root)
    sorted = order.map { hashes[$0] }
  }

  /// Calls back with the places of the hashes within a distance.
  ///
  /// - Parameters:
  ///   - last: The place beyond which places are looked for: of a pair it is enough to find one from the other.
  ///   - isSettled: Whether a branch, with two halves of its own, needn't be looked into.
  ///   - leaving: Told of each such branch that was looked into, after its halves.
  package func visit(
    near hash: PerceptualHash, within radius: Float, beyond last: Int = -1,
    passingOver isSettled: (Branch) -> Bool = { _ in false },
    leaving: (Branch) -> Void = { _ in }, _ body: (Int) -> Void
  ) {
    visit(root, hash, radius, last, isSettled, leaving, body)
  }

  private func visit(
    _ branch: Branch, _ hash: PerceptualHash, _ radius: Float, _ last: Int, _ isSettled: (Branch) -> Bool,
    _ leaving: (Branch) -> Void, _ body: (Int) -> Void
  ) {
    guard let halves = branch.halves else {
      let limit = radius * radius
      for slot in branch.range
      where order[slot] > last && sorted[slot].squaredDistance(to: hash, limit: limit) <= limit {
        body(order[slot])
      }
      return
    }
    if isSettled(branch) { return }
    let cut = cuts[branch.middle]
    let distance = hash[cut.axis] - cut.value
    if distance <= radius { visit(halves.lower, hash, radius, last, isSettled, leaving, body) }
    if distance >= -radius { visit(halves.upper, hash, radius, last, isSettled, leaving, body) }
    leaving(branch)
  }

  /// The branch that holds all.
  package var root: Branch { Branch(0..<order.count) }

  /// The places of the hashes of a branch.
  package func places(in branch: Branch) -> ArraySlice<Int> { order[branch.range] }

  /// A part of the tree, down to a leaf.
  package struct Branch {
    fileprivate let range: Range<Int>

    fileprivate init(_ range: Range<Int>) { self.range = range }

    /// The first place of the upper half, which no other branch with halves has.
    package var middle: Int { range.lowerBound + range.count / 2 }

    /// What it is made of; nil for a leaf.
    package var halves: (lower: Branch, upper: Branch)? {
      range.count > leafSize
        ? (Branch(range.lowerBound..<middle), Branch(middle..<range.upperBound)) : nil
    }
  }

  private mutating func halve(_ branch: Branch) {
    guard let halves = branch.halves else { return }
    let axis = widestAxis(of: branch)
    let hashes = hashes
    order[branch.range].sort { hashes[$0][axis] < hashes[$1][axis] }
    // Kept, since the upper half is sorted again.
    cuts[branch.middle] = Cut(axis: axis, value: hashes[order[branch.middle]][axis])
    halve(halves.lower)
    halve(halves.upper)
  }

  /// The coefficient that differs most within a branch.
  private func widestAxis(of branch: Branch) -> Int {
    let first = hashes[order[branch.range.lowerBound]]
    var (least, most) = (first, first)
    for place in places(in: branch) {
      least.lower(to: hashes[place])
      most.raise(to: hashes[place])
    }
    return (0..<PerceptualHash.count).max { most[$0] - least[$0] < most[$1] - least[$1] } ?? 0
  }
}
