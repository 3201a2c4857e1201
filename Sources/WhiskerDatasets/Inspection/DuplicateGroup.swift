/// A photo as an inspection finds it: where it lies and what it is said to show.
public struct InspectedPhoto: Hashable, Sendable {
  /// The path below the inspected folder: `train/cats/cat.0.jpg`; or as a table has it, which may be absolute.
  public let path: String
  /// The part of the split; nil if the data isn't split.
  public let split: SplitName?
  /// The class; nil if neither a folder nor the name tells it.
  public let className: String?

  /// A photo of the given path, part and class.
  public init(path: String, split: SplitName?, className: String?) {
    self.path = path
    self.split = split
    self.className = className
  }
}

/// Files that hold the same photo.
public struct DuplicateGroup: Hashable, Sendable {
  /// The files, the one to keep first: test before validation before train, then in natural order.
  public let photos: [InspectedPhoto]
  /// Whether all files have the same bytes; otherwise some are re-encoded, resized or flipped.
  public let isExact: Bool

  /// A group of at least two photos, in any order.
  public init(_ photos: some Sequence<InspectedPhoto>, isExact: Bool) {
    let keys = photos.map { (photo: $0, name: NaturalOrder.Key($0.path)) }
    self.photos = keys.sorted { first, second in
      let (left, right) = (first.photo.split.keepingRank, second.photo.split.keepingRank)
      return left == right ? first.name < second.name : left < right
    }.map(\.photo)
    precondition(self.photos.count > 1, "a duplicate is one of at least two")
    self.isExact = isExact
  }

  /// The paths of the files, the one to keep first.
  public var paths: [String] { photos.map(\.path) }

  /// Whether the photo lies in more than one part of the split: what is to be measured has been learned.
  public var isLeak: Bool { Set(photos.map(\.split)).count > 1 }

  /// Whether the photo is said to show more than one class.
  public var isLabelConflict: Bool { Set(photos.compactMap(\.className)).count > 1 }
}

extension SplitName? {
  /// Which part keeps its photo: a test must stay what earlier results were measured on, so it loses nothing.
  fileprivate var keepingRank: Int {
    switch self {
    case .test: 0
    case .validation: 1
    case .train, nil: 2
    }
  }
}
