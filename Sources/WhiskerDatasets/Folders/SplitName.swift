/// The parts that data is split into; the raw values are the names that Whisker gives their folders.
public enum SplitName: String, Hashable, Sendable, CaseIterable, Codable {
  /// What the network is trained on.
  case train
  /// What is measured during training.
  case validation
  /// What is kept for the end.
  case test

  /// The names that people give to the part, in lower case and without a `_set` at the end.
  var commonNames: [String] {
    switch self {
    case .train: ["train", "training"]
    case .validation: ["validation", "val", "valid", "dev", "eval"]
    case .test: ["test", "testing"]
    }
  }

  /// The part that a folder or a cell of a table names; nil for any other name.
  ///
  /// The names are train and training, validation, val, valid, dev and eval, test and testing: in any case, and with or
  /// without `_set` at the end, as in `training_set`.
  public init?(commonName name: String) {
    let name = name.lowercased()
    let stem = name.hasSuffix("_set") ? String(name.dropLast(4)) : name
    guard let found = Self.allCases.first(where: { $0.commonNames.contains(stem) }) else { return nil }
    self = found
  }
}

/// A part of a split, and what it is called where it was found.
public struct NamedPart: Hashable, Sendable {
  /// What it is read as.
  public let split: SplitName
  /// Its folder's path below the data (`archive/val`), or what the table calls it.
  public let name: String

  /// Whether it has another name than the one that Whisker gives to it.
  public var isRenamed: Bool { name != split.rawValue }
}
