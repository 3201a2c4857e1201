import WhiskerSystem

/// A class that one part of the data spells in another way than the names that its labels go by.
public struct RespelledClass: Hashable, Sendable {
  /// How the folder, or the table's rows, spell it.
  public let name: String
  /// What the class is called.
  public let className: String
}

/// Which of the expected classes the names that were found stand for.
///
/// Names are the same whatever their Unicode form, as Swift compares them. A name that differs only in case is the same
/// class too, where no other name claims it: `Cats` of `train/` and `cats` of `validation/`.
package struct ClassMatch {
  /// The label of each name that was found; nil for a name that isn't among the classes.
  package let labels: [Int?]
  /// The names that differ from their class's in case.
  package let respelled: [RespelledClass]

  package init(_ found: [String], to expected: [String]) {
    let exact = Dictionary(zip(expected, expected.indices)) { first, _ in first }
    var labels = found.map { exact[$0] }
    let taken = Set(labels.compactMap(\.self))
    let free = Dictionary(
      grouping: expected.indices.filter { !taken.contains($0) }, by: { expected[$0].caseFolded })
    let claims = found.indices.filter { labels[$0] == nil }.reduce(into: [String: Int]()) {
      $0[found[$1].caseFolded, default: 0] += 1
    }
    var respelled: [RespelledClass] = []
    for (place, name) in found.enumerated() where labels[place] == nil {
      let folded = name.caseFolded
      guard claims[folded] == 1, let candidates = free[folded], candidates.count == 1 else { continue }
      labels[place] = candidates[0]
      respelled.append(RespelledClass(name: name, className: expected[candidates[0]]))
    }
    self.labels = labels
    self.respelled = respelled
  }
}

extension String {
  /// The common form of names that differ only in case.
  package var caseFolded: String { uppercased().lowercased() }
}

extension [String] {
  /// The names that differ from others only in case, those of a kind together.
  package var differingOnlyInCase: [[String]] {
    let groups = Dictionary(grouping: self, by: \.caseFolded).values.filter { $0.count > 1 }
    return groups.sorted { $0[0].precedesByCodePoint($1[0]) }
  }
}
