import Foundation
import WhiskerFormats

/// A setting that isn't what it was.
struct FieldDifference: Hashable, CustomStringConvertible {
  /// The setting: `training.batch_size`.
  let field: String
  /// Its values before and now; nil where it wasn't or isn't set.
  let old: String?, new: String?

  /// `training.batch_size: was 20, is now 32`.
  var description: String { "\(field): was \(old ?? "not set"), is now \(new ?? "not set")" }

  /// Compares two values field by field.
  ///
  /// - Returns: The differences in the order of their fields' names, numbers in them by their size.
  static func between(_ old: some Encodable, _ new: some Encodable) throws -> [FieldDifference] {
    let (before, after) = (try JSONValue(encoding: old).leaves, try JSONValue(encoding: new).leaves)
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

extension JSONValue {
  /// Every value that holds no others, by its path: `training.epochs`, `network[0].Conv2D.filters`.
  fileprivate var leaves: [String: String] {
    var leaves: [String: String] = [:]
    addLeaves(at: "", to: &leaves)
    return leaves
  }

  private func addLeaves(at path: String, to leaves: inout [String: String]) {
    switch self {
    case .null: leaves[path] = "none"
    case .boolean(let value): leaves[path] = "\(value)"
    case .integer(let value): leaves[path] = "\(value)"
    case .number(let value): leaves[path] = "\(value)"
    case .string(let value): leaves[path] = value
    case .array(let values):
      if values.isEmpty { leaves[path] = "[]" }
      for (index, value) in values.enumerated() { value.addLeaves(at: "\(path)[\(index)]", to: &leaves) }
    case .object(let members):
      if members.isEmpty { leaves[path] = "{}" }
      for (key, value) in members { value.addLeaves(at: path.isEmpty ? key : "\(path).\(key)", to: &leaves) }
    }
  }
}
