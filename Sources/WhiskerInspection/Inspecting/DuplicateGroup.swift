public import WhiskerDatasets
import WhiskerSystem

/// A photo as an inspection finds it: where it is and its class.
public struct InspectedPhoto: Hashable, Sendable {
  /// The path below the inspected folder: `train/cats/cat.0.jpg`; or as a table has it, which may be absolute.
  public let path: String
  /// The part of the split; nil if the data isn't split.
  public let split: SplitName?
  /// The class; nil if neither a folder nor the name says it.
  public let className: String?

  /// The line of the table that lists it; nil for a folder's photos.
  let line: Int?

  /// A photo of the given path, part and class.
  public init(path: String, split: SplitName?, className: String?) {
    self.init(path: path, split: split, className: className, line: nil)
  }

  init(path: String, split: SplitName?, className: String?, line: Int?) {
    self.path = path
    self.split = split
    self.className = className
    self.line = line
  }
}

/// Files that hold the same photo.
public struct DuplicateGroup: Hashable, Sendable {
  /// The files, the one to keep first: files before links to them, test before validation before train, then in natural
  /// order.
  public let photos: [InspectedPhoto]
  /// Whether all files have the same bytes; otherwise some are re-encoded, resized or flipped.
  public let isExact: Bool
  /// The paths that lead to one file, through links, hard links or mounts, for each such file; in the order of
  /// ``photos``.
  public let linked: [[String]]

  /// A group of at least two photos, in any order, each path a separate file.
  public init(_ photos: some Sequence<InspectedPhoto>, isExact: Bool) {
    self.init(photos, isExact: isExact) { _ in (file: Int?.none, isLink: false) }
  }

  /// A group of at least two photos, in any order.
  ///
  /// - Parameters:
  ///   - photos: The paths with what is known of them.
  ///   - isExact: Whether all files have the same bytes.
  ///   - origin: Which file a photo is, nil for a separate one, and whether its path is a symbolic link to it.
  init<File: Hashable>(
    _ photos: some Sequence<InspectedPhoto>, isExact: Bool,
    origin: (InspectedPhoto) -> (file: File?, isLink: Bool)
  ) {
    let found = photos.map { (photo: $0, name: NaturalOrder.Key($0.path), origin: origin($0)) }
    let files = Set(found.filter { !$0.origin.isLink }.map(\.origin.file))
    let keys = found.map { photo, name, origin in
      (photo: photo, name: name, isLink: origin.isLink && files.contains(origin.file), file: origin.file)
    }
    .sorted { first, second in
      let left = (first.isLink ? 1 : 0, first.photo.split.keepingRank)
      let right = (second.isLink ? 1 : 0, second.photo.split.keepingRank)
      return left == right ? first.name < second.name : left < right
    }
    self.photos = keys.map(\.photo)
    precondition(self.photos.count > 1, "a duplicate is one of at least two")
    self.isExact = isExact
    var paths = Dictionary(grouping: keys.filter { $0.file != nil }, by: \.file).mapValues {
      $0.map(\.photo.path)
    }
    linked = keys.compactMap { paths.removeValue(forKey: $0.file) }.filter { $0.count > 1 }
  }

  /// The paths of the files, the one to keep first.
  public var paths: [String] { photos.map(\.path) }

  /// Whether the photo is in more than one part of the split: the model is measured on what it was trained on.
  public var isLeak: Bool { Set(photos.map(\.split)).count > 1 }

  /// Whether the photo is labelled with more than one class.
  public var isLabelConflict: Bool { Set(photos.compactMap(\.className)).count > 1 }
}

extension SplitName? {
  /// Which part keeps its photo: a test must stay the one that earlier results were measured on, so it loses
  /// nothing.
  fileprivate var keepingRank: Int {
    switch self {
    case .test: 0
    case .validation: 1
    case .train, nil: 2
    }
  }
}
