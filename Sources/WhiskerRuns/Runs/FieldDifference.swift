import Foundation

/// A setting that isn't what it was.
struct FieldDifference: Hashable, CustomStringConvertible {
  /// The setting: `training.batch_size`.
  let field: String
  /// Its value before, and now; nil where it wasn't or isn't set.
  let old: String?, new: String?

  /// `training.batch_size: was 20, is now 32`.
  var description: String { "\(field): was \(old ?? "not set"), is now \(new ?? "not set")" }

  /// Compares two values field by field.
  ///
  /// - Returns: The differences in the order of their fields' names, numbers in them by their size.
  static func between(_ old: some Encodable, _ new: some Encodable) throws -> [FieldDifference] {
    let (before, after) = (try JSONTree(old).leaves, try JSONTree(new).leaves)
    return Set(before.keys).union(after.keys)
      .filter { before[$0] != after[$0] }
      .sorted { $0.compare($1, options: .numeric) == .orderedAscending }
      .map { FieldDifference(field: $0, old: before[$0], new: after[$0]) }
  }

  /// The differences, one to a line, the first of many.
  static func lines(_ differences: [FieldDifference], limit: Int = 20) -> String {
    let rest = differences.count > limit ? ["… and \(differences.count - limit) more"] : []
    return (differences.prefix(limit).map(\.description) + rest).map { "\n  \($0)" }.joined()
  }
}
