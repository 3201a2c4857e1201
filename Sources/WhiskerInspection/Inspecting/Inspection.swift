public import Foundation
public import WhiskerDatasets
public import WhiskerImages

/// The contents of a folder of photos or of a table, and the problems found in it: the result of
/// ``Inspector/inspect(_:groupedBy:progress:)``.
///
/// All paths are relative to ``root``, except for the absolute ones of a table.
public struct Inspection: Sendable {
  /// One part of a split, or the whole of a folder that isn't split.
  public struct Part: Hashable, Sendable {
    /// The part; nil for a folder that isn't split.
    public let split: SplitName?
    /// Its classes in the order of their names, with the number of photos that can be read.
    public let classes: [ClassCount]
  }

  /// A photo and its size in pixels as stored.
  public struct SizedPhoto: Hashable, Sendable {
    /// The path of the file.
    public let path: String
    /// Rows.
    public let height: Int
    /// Columns.
    public let width: Int
  }

  /// The shorter side, in pixels, below which a photo is tiny.
  public static let tinySide = 32

  /// The folder that was inspected, or the one that the table lies in.
  public let root: URL
  /// Its parts: train, validation, test, or one without a name.
  public let parts: [Part]
  /// What training would never use: photos next to the class folders, folders next to those of the split.
  public let passedOver: [String]
  /// What isn't used, counted: files that are no photos, ``passedOver``, ``unreadable``, litter.
  public let skipped: SkippedFiles
  /// The classes that a part spells in another way than the first does.
  let respelled: [(split: SplitName?, classes: [RespelledClass])]
  /// The photos that can't be read, and why.
  public let unreadable: [UnreadablePhoto]
  /// Every photo that exists more than once, within one part or across several.
  public let duplicates: [DuplicateGroup]
  /// The photos that belong together: near duplicates, series, and what a table's column `group` or a pattern says.
  public let together: PhotoGroups
  /// The photos that the pattern doesn't match; empty without one.
  public let unmatched: [String]
  /// Photos that show nothing: all pixels are alike.
  public let constant: [String]
  /// Photos with a side of less than ``tinySide`` pixels.
  public let tiny: [SizedPhoto]
  /// Photos that may stand for missing ones (``DataWarning/placeholders(_:)``).
  public let placeholders: [String]
  /// How many photos there are of each format.
  public let formats: [PhotoFormat: Int]
  /// How many photos there are of each size.
  public let sizes: SizeHistogram
  /// Every photo with its class, readable or not.
  let photos: [InspectedPhoto]

  /// The number of photos that can be read.
  public var count: Int { parts.reduce(0) { $0 + $1.classes.reduce(0) { $0 + $1.count } } }

  /// The duplicates that lie in more than one part of the split.
  public var leaks: [DuplicateGroup] { duplicates.filter(\.isLeak) }

  /// The groups of photos that belong together and lie in more than one part of the split, leaks among them.
  public var straddling: PhotoGroups {
    let paths = Dictionary(grouping: photos, by: \.split).values.map { $0.map(\.path) }
    return together.divided(among: paths)
  }

  /// How many photos of validation and of test belong together with a training photo, copies of it included: what was
  /// learned from that is known of these.
  public var siblingCounts: [SplitName: Int] {
    let parts = Dictionary(photos.map { ($0.path, $0.split) }) { first, _ in first }
    var counts: [SplitName: Int] = [:]
    for group in together.groups where group.contains(where: { parts[$0] == .some(.train) }) {
      for path in group {
        if let split = parts[path] ?? nil, split != .train { counts[split, default: 0] += 1 }
      }
    }
    return counts
  }

  /// The duplicates with different labels.
  public var labelConflicts: [DuplicateGroup] { duplicates.filter(\.isLabelConflict) }

  /// Warnings about the numbers of photos.
  public var warnings: [DataWarning] {
    guard let learned = parts.first else { return [] }
    let names = learned.classes.compactMap(\.name)
    let similar = names.differingOnlyInCase
    var warnings = respelled.map { DataWarning.respelledClasses(split: $0.split, $0.classes) }
    if !similar.isEmpty { warnings.append(.similarClasses(similar)) }
    for part in parts {
      let found = part.classes.filter { $0.name != nil && $0.count > 0 }.compactMap(\.name)
      guard part.classes.contains(where: { $0.name != nil }) else { continue }
      let empty = names.filter { !found.contains($0) }
      if !empty.isEmpty { warnings.append(.emptyClasses(split: part.split, empty)) }
      if !Set(found).isSubset(of: names) {
        warnings.append(.otherClasses(split: part.split, expected: names, got: found))
      }
    }
    if !placeholders.isEmpty { warnings.append(.placeholders(placeholders)) }
    return warnings + DataWarning.balance(of: learned.classes, in: learned.split)
  }
}

/// A class and how many photos it has.
public struct ClassCount: Hashable, Sendable {
  /// The class; nil for photos of unknown class.
  public let name: String?
  /// Its photos.
  public let count: Int

  /// A class with its number of photos.
  public init(name: String?, count: Int) {
    self.name = name
    self.count = count
  }
}

/// Photos counted by the length of their shorter side.
public struct SizeHistogram: Hashable, Sendable {
  /// Photos whose shorter side lies in a range.
  public struct Bin: Hashable, Sendable {
    /// The shortest side, in pixels; the longest is one less than the next bin's.
    public let minimum: Int
    /// The longest side; nil if there is no limit.
    public let maximum: Int?
    /// The number of photos.
    public let count: Int
  }

  /// The bins that hold photos, the smallest first.
  public let bins: [Bin]
  /// The size of the photo of the fewest pixels, `[height, width]`; nil without photos.
  public let smallest: [Int]?
  /// The size of the photo of the most pixels, `[height, width]`; nil without photos.
  public let largest: [Int]?

  private static let edges = [1, 32, 64, 128, 256, 512, 1024, 2048]

  /// Counts sizes, `[height, width]` each.
  init(_ sizes: [[Int]]) {
    let counts = sizes.reduce(into: [Int: Int]()) { counts, size in
      counts[Self.edges.lastIndex { $0 <= min(size[0], size[1]) } ?? 0, default: 0] += 1
    }
    bins = Self.edges.indices.compactMap { index in
      let next = index + 1 < Self.edges.count ? Self.edges[index + 1] - 1 : nil
      return counts[index].map { Bin(minimum: Self.edges[index], maximum: next, count: $0) }
    }
    smallest = sizes.min { $0[0] * $0[1] < $1[0] * $1[1] }
    largest = sizes.max { $0[0] * $0[1] < $1[0] * $1[1] }
  }
}
