public import WhiskerDatasets
public import WhiskerSystem

/// How `whisker split` divides photos: how many, in which order, under which names.
public struct SplitSettings: Hashable, Sendable, Codable {
  /// Which photos come first.
  public enum Order: Hashable, Sendable, Codable {
    /// `cat.2` before `cat.10` (see ``WhiskerSystem/NaturalOrder``): as in the classic recipe, the first 1,000 of each.
    case natural
    /// Shuffled by the seed, each class by itself: adding a class doesn't change the others.
    case shuffled(seed: UInt64)
  }

  /// How the photos get to their new place.
  public enum Placement: String, Hashable, Sendable, CaseIterable, Codable {
    /// The bytes are copied; a symbolic link in the source becomes a file.
    case copy
    /// The same file under a second name; works within one file system only.
    case hardLink = "hard"
    /// A link that holds the absolute path of the original.
    case symbolicLink = "symbolic"
  }

  /// How many photos of each class go to `train/`.
  public var train: SplitAmount
  /// How many go to `validation/`; nil or zero makes no such folder.
  public var validation: SplitAmount?
  /// How many go to `test/`; nil or zero makes no such folder.
  public var test: SplitAmount?
  /// Which photos come first.
  public var order: Order
  /// New names of classes, from the name in the source: `["cat": "cats"]`.
  public var renames: [String: String]
  /// How the photos get to their new place.
  public var placement: Placement
  /// Whether photos that belong together go to one part; nil for doing so where the order is shuffled.
  public var keepsGroups: Bool?

  /// Settings of the given amounts.
  public init(
    train: SplitAmount, validation: SplitAmount? = nil, test: SplitAmount? = nil, order: Order = .natural,
    renames: [String: String] = [:], placement: Placement = .copy, keepsGroups: Bool? = nil
  ) {
    self.train = train
    self.validation = validation
    self.test = test
    self.order = order
    self.renames = renames
    self.placement = placement
    self.keepsGroups = keepsGroups
  }

  /// Whether photos that belong together go to one part.
  public var joinsGroups: Bool { keepsGroups ?? (order != .natural) }

  /// The parts that get photos, in the order in which they take them.
  public var amounts: [(split: SplitName, amount: SplitAmount)] {
    [(.train, train), (.validation, validation), (.test, test)].compactMap { split, amount in
      amount.flatMap { $0.isZero ? nil : (split, $0) }
    }
  }

  /// Checks the numbers by themselves, before any photo is looked at.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`.
  public func validate() throws(WhiskerError) {
    for (split, amount) in [(SplitName.train, train), (.validation, validation), (.test, test)] {
      if let amount { try amount.validate(for: split) }
    }
    if train.isZero {
      throw WhiskerError(.invalidSetting, "train", expected: "photos to train on", got: "none")
    }
    let sum = amounts.map(\.amount.fraction).reduce(0, +)
    if sum > 1 + SplitAmount.tolerance {
      throw WhiskerError(.invalidSetting, "split", expected: "fractions that sum to at most 1", got: "\(sum)")
    }
    for (old, new) in renames.sorted(by: { $0.key < $1.key }) {
      if new.isEmpty || new.hasPrefix(".") || new.contains("/") || new.unicodeScalars.contains("\0") {
        throw WhiskerError(
          .invalidSetting, "rename \(old.quoted)",
          expected: "the name of a folder, without \"/\" and not starting with \".\"", got: "\(new.quoted)")
      }
    }
  }
}

/// How many photos of each class one part gets.
///
/// A number of photos is exact. Fractions are of all the photos of the class and are rounded together: where
/// the fractions up to and with this part sum to F, and those before it to E, it gets `round(F·n) − round(E·n)`
/// of n photos (halves up). Each share is thus less than one photo off its fraction, and fractions
/// that sum to 1 use every photo.
public enum SplitAmount: Hashable, Sendable, Codable {
  /// This many photos of each class.
  case count(Int)
  /// This part of each class's photos, from 0 to 1.
  case fraction(Double)

  /// What a sum of fractions such as 0.7 + 0.2 + 0.1 may be off by.
  static let tolerance = 1e-9
  /// Far above any folder, and low enough that sums of counts don't overflow.
  static let largestCount = 1_000_000_000

  /// Whether no photos are asked for.
  public var isZero: Bool { self == .count(0) || self == .fraction(0) }

  /// The fraction, 0 for a number of photos.
  var fraction: Double {
    switch self {
    case .count: 0
    case .fraction(let fraction): fraction
    }
  }

  func validate(for split: SplitName) throws(WhiskerError) {
    switch self {
    case .count(let count) where !(0...Self.largestCount).contains(count):
      throw WhiskerError(
        .invalidSetting, split.rawValue,
        expected: "0 to \(Self.largestCount) photos of each class", got: "\(count)")
    case .fraction(let fraction) where !(0...1).contains(fraction):
      throw WhiskerError(
        .invalidSetting, split.rawValue, expected: "a fraction from 0 to 1", got: "\(fraction)")
    case .count, .fraction: break
    }
  }
}

extension SplitAmount {
  private enum CodingKeys: CodingKey { case count, fraction }

  /// Reads `{"count": 1000}` or `{"fraction": 0.5}`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let count = try container.decodeIfPresent(Int.self, forKey: .count) {
      self = .count(count)
    } else {
      self = .fraction(try container.decode(Double.self, forKey: .fraction))
    }
  }

  /// Writes `{"count": 1000}` or `{"fraction": 0.5}`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .count(let count): try container.encode(count, forKey: .count)
    case .fraction(let fraction): try container.encode(fraction, forKey: .fraction)
    }
  }
}

extension SplitAmount: CustomStringConvertible {
  /// `1000` or `0.5`.
  public var description: String {
    switch self {
    case .count(let count): "\(count)"
    case .fraction(let fraction): "\(fraction)"
    }
  }
}
