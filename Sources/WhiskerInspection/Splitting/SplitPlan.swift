import Foundation
public import WhiskerDatasets
public import WhiskerSystem
import WhiskerTensors

/// Which photo goes where: everything about a split except writing it.
public struct SplitPlan: Hashable, Sendable {
  /// One photo's way.
  public struct Move: Hashable, Sendable {
    /// The path below the source: `cat.0.jpg`.
    public let source: String
    /// The path below the destination: `train/cats/cat.0.jpg`.
    public let destination: String
  }

  /// The photos that are split.
  public let source: SplitSource
  /// How they are split.
  public let settings: SplitSettings
  /// Every photo that is used, part after part, class after class.
  public let moves: [Move]
  /// How many photos of each class go where.
  public let table: SplitTable
  /// The photos that belong together and go to one part; empty if they aren't kept together.
  public let kept: PhotoGroups
  /// The photos that belong together and go to different parts.
  public let divided: PhotoGroups
  /// How many photos go to another part than they would without their groups.
  public let movedCount: Int

  /// Plans a split; the same source, settings and groups always give the same plan.
  ///
  /// - Parameters:
  ///   - source: The photos.
  ///   - settings: How many go where. Counts are exact without groups; with them, a part may have fewer or more by less than
  ///     the largest group.
  ///   - groups: Which of the photos belong together, by their paths below the source. Where the settings keep groups, those
  ///     that would be divided go to one part whole, and no other photo changes its part.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `invalidSetting`, or `tooFewPhotos` naming each class that is short and by
  ///   how many, `groupsTooLarge`
  ///   for a class whose photos belong together.
  public init(
    of source: SplitSource, _ settings: SplitSettings, groups: PhotoGroups = PhotoGroups([])
  ) throws(WhiskerError) {
    try settings.validate()
    try Self.checkRenames(settings.renames, source)
    let amounts = settings.amounts
    let shares = source.classes.map { Self.shares(of: $0.paths.count, amounts: amounts.map(\.amount)) }
    try Self.checkSupply(source, amounts, shares)

    let ordered = source.classes.map { Self.ordered($0, by: settings.order) }
    let names = source.classes.map { settings.renames[$0.name] ?? $0.name }
    let photos = ordered.enumerated().flatMap { index, paths in paths.map { (path: $0, index: index) } }
    var parts: [Int?] = []
    for (index, paths) in ordered.enumerated() {
      let own = shares[index].enumerated().flatMap { part, share in [Int?](repeating: part, count: share) }
      parts += own + [Int?](repeating: nil, count: paths.count - own.count)
    }
    if settings.joinsGroups && !groups.isEmpty {
      var whole = WholeGroups(parts: parts, groups: groups.numbers(of: photos.map(\.path)))
      whole.join(count: amounts.count, classes: photos.map(\.index))
      movedCount = whole.moved.count
      parts = whole.parts
    } else {
      movedCount = 0
    }
    var counts = source.classes.map { _ in [Int](repeating: 0, count: amounts.count) }
    for (photo, part) in zip(photos, parts) {
      if let part { counts[photo.index][part] += 1 }
    }
    try Self.checkParts(source, amounts.map(\.split), counts)
    var moves: [Move] = []
    var paths = amounts.map { _ in [String]() }
    for (position, (split, _)) in amounts.enumerated() {
      for (photo, part) in zip(photos, parts) where part == position {
        let name =
          source.layout == .flat
          ? photo.path : photo.path.split(separator: "/").dropFirst().joined(separator: "/")
        moves.append(
          Move(source: photo.path, destination: "\(split.rawValue)/\(names[photo.index])/\(name)"))
        paths[position].append(photo.path)
      }
    }
    self.source = source
    self.settings = settings
    self.moves = moves
    divided = groups.divided(among: paths)
    kept = settings.joinsGroups ? groups.among(paths.flatMap(\.self)) : PhotoGroups([])
    table = SplitTable(
      splits: amounts.map(\.split),
      rows: zip(names, zip(counts, ordered)).map { name, found in
        SplitTable.Row(className: name, counts: found.0, unused: found.1.count - found.0.reduce(0, +))
      }
      .sorted { $0.className.precedesByCodePoint($1.className) })
  }

  /// Refuses parts without a photo of a class, as all of the class belong together.
  private static func checkParts(
    _ source: SplitSource, _ parts: [SplitName], _ counts: [[Int]]
  ) throws(WhiskerError) {
    for (photos, counts) in zip(source.classes, counts) {
      guard let empty = counts.firstIndex(of: 0) else { continue }
      throw WhiskerError(
        .groupsTooLarge, source.root.path,
        "too many photos of the class \(photos.name.quoted) belong together: none is left for "
          + parts[empty].rawValue)
    }
  }

  /// How many of `count` photos each part gets; see ``SplitAmount`` for the rounding.
  static func shares(of count: Int, amounts: [SplitAmount]) -> [Int] {
    // A sum such as 0.15 + 0.35 may land just below the half that it stands for.
    func rounded(_ fraction: Double) -> Int { Int((fraction * (1 + 1e-12) * Double(count)).rounded()) }
    var fractionSoFar = 0.0
    return amounts.map { amount in
      switch amount {
      case .count(let number): return number
      case .fraction(let fraction):
        let start = rounded(fractionSoFar)
        fractionSoFar = min(1, fractionSoFar + fraction)
        return rounded(fractionSoFar) - start
      }
    }
  }

  /// The photos of one class in the order in which the parts take them.
  private static func ordered(_ photos: SplitSource.PhotoClass, by order: SplitSettings.Order) -> [String] {
    let natural = NaturalOrder.sorted(photos.paths)
    switch order {
    case .natural: return natural
    case .shuffled(let seed):
      var stream = RandomStream(RandomKey(seed: seed).derived("split").derived(fingerprint(of: photos.name)))
      return stream.permutation(natural.count).map { natural[$0] }
    }
  }

  /// A number for a class's name (FNV-1a over its NFC form), so that each class has its own shuffle.
  private static func fingerprint(of name: String) -> UInt64 {
    name.precomposedStringWithCanonicalMapping.utf8.reduce(0xcbf2_9ce4_8422_2325) { hash, byte in
      (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
  }

  private static func checkRenames(_ renames: [String: String], _ source: SplitSource) throws(WhiskerError) {
    let names = source.classes.map(\.name)
    for old in renames.keys.sorted() where !names.contains(old) {
      throw WhiskerError(
        .invalidSetting, "rename \(old.quoted)", "there is no such class; the classes are \(names.listed())")
    }
    var taken: [String: String] = [:]
    for name in names {
      let new = renames[name] ?? name
      if let other = taken.updateValue(name, forKey: new) {
        throw WhiskerError(
          .invalidSetting, "rename",
          "the classes \(other.quoted) and \(name.quoted) would both be called \(new.quoted)")
      }
    }
  }

  private static func checkSupply(
    _ source: SplitSource, _ amounts: [(split: SplitName, amount: SplitAmount)], _ shares: [[Int]]
  ) throws(WhiskerError) {
    var complaints: [String] = []
    for (photos, shares) in zip(source.classes, shares) {
      let count = photos.paths.count
      let needed = shares.reduce(0, +)
      if needed > count {
        complaints.append(
          "class \(photos.name.quoted) has \(count), \(needed) are needed: \(needed - count) missing")
      } else if let empty = shares.firstIndex(of: 0) {
        complaints.append(
          "class \(photos.name.quoted) has \(count), of which \(amounts[empty].amount) leave none for "
            + amounts[empty].split.rawValue)
      }
    }
    if complaints.isEmpty { return }
    let rest = complaints.count > 5 ? "; and \(complaints.count - 5) classes more" : ""
    throw WhiskerError(
      .tooFewPhotos, source.root.path,
      "too few photos: \(complaints.prefix(5).joined(separator: "; "))\(rest)")
  }
}

/// How many photos of each class a split puts where.
public struct SplitTable: Hashable, Sendable, Codable {
  /// One class.
  public struct Row: Hashable, Sendable, Codable {
    /// The class's name in the destination.
    public let className: String
    /// Its photos in each of ``SplitTable/splits``.
    public let counts: [Int]
    /// Its photos that went nowhere.
    public let unused: Int
  }

  /// The columns.
  public let splits: [SplitName]
  /// The classes, ordered by name (by code point).
  public let rows: [Row]

  /// The photos in each of ``splits``, all classes together.
  public var totals: [Int] {
    splits.indices.map { column in rows.reduce(0) { $0 + $1.counts[column] } }
  }
}
