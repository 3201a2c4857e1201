/// Puts all photos of a group into one part of a division that was made without looking at groups.
///
/// Only the photos of groups that lie in several parts move; everything else stays where it is. So without groups the division is
/// what it was. Each of these groups, the largest first, goes to the part that lacks most of what it had before, class by class:
/// as `Σ (n − t)²` grows least, where a part has n photos of a class and had t; of equals to the one that held most of it, and then to
/// the first. In the end each part has as many photos of a class as before, give or take less than the
/// largest of these groups, if none has photos of several classes.
package struct WholeGroups {
  /// The part of each photo; nil for one that is in none.
  package private(set) var parts: [Int?]
  /// The photos of the groups that were divided, by their places.
  package let divided: [[Int]]
  /// The part that each photo had.
  private let before: [Int?]

  /// Looks for divided groups.
  ///
  /// - Parameters:
  ///   - parts: The part of each photo, from 0; nil for one that is in none, which doesn't matter.
  ///   - groups: The number of each photo's group; nil for one on its own.
  package init(parts: [Int?], groups: [Int?]) {
    (self.parts, before) = (parts, parts)
    var members: [Int: [Int]] = [:]
    for (place, group) in groups.enumerated() {
      if let group, parts[place] != nil { members[group, default: []].append(place) }
    }
    divided = members.values.filter { places in
      Set(places.map { parts[$0] }).count > 1
    }.sorted { ($1.count, $0[0]) < ($0.count, $1[0]) }
  }

  /// The photos that have another part now.
  package var moved: [Int] { parts.indices.filter { parts[$0] != before[$0] } }

  /// Puts each divided group into one of the parts.
  ///
  /// - Parameters:
  ///   - count: How many parts there are.
  ///   - classes: The class of each photo.
  package mutating func join(count: Int, classes: [Int]) {
    guard !divided.isEmpty else { return }
    let width = (classes.max() ?? 0) + 1
    // What each part has too many of, class by class: at first everything that is on its way is missing.
    var excess = [Int](repeating: 0, count: count * width)
    for place in divided.joined() {
      if let part = parts[place] { excess[part * width + classes[place]] -= 1 }
    }
    for group in divided {
      let sizes = group.reduce(into: [Int: Int]()) { $0[classes[$1], default: 0] += 1 }
      let held = group.reduce(into: [Int: Int]()) { counts, place in
        if let part = parts[place] { counts[part, default: 0] += 1 }
      }
      func cost(_ part: Int) -> Int {
        sizes.reduce(0) { $0 + $1.value * ($1.value + 2 * excess[part * width + $1.key]) }
      }
      let best = (0..<count).min { first, second in
        (cost(first), -held[first, default: 0], first) < (cost(second), -held[second, default: 0], second)
      }
      guard let best else { return }
      for place in group {
        parts[place] = best
        excess[best * width + classes[place]] += 1
      }
    }
  }
}
