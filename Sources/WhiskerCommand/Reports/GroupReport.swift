import Whisker

/// What is said about photos that belong together.
struct GroupReport: Encodable {
  /// How many groups there are.
  let count: Int
  /// How many photos are in them.
  let photos: Int
  /// How many of the groups lie on both sides of a division.
  let straddling: Int
  /// How many photos moved to another part for their group; nil where that isn't counted.
  let moved: Int?
  private let isKept: Bool
  private let first: [String]
  private let unmatched: [String]

  private enum CodingKeys: CodingKey { case count, photos, straddling, moved }

  /// - Parameters:
  ///   - found: The groups among the photos that are divided.
  ///   - straddling: Those that lie on both sides.
  ///   - isKept: Whether they are kept on one side.
  ///   - moved: How many photos moved to another part for that.
  init(
    _ found: PhotoGrouping, straddling: PhotoGroups = PhotoGroups([]), isKept: Bool = false, moved: Int? = nil
  ) {
    count = found.groups.groups.count
    photos = found.groups.photoCount
    self.straddling = straddling.groups.count
    self.isKept = isKept
    self.moved = moved
    first = straddling.groups.first ?? []
    unmatched = found.unmatched
  }

  /// Says it on standard error; nothing where nothing belongs together.
  func show() {
    Self.showUnmatched(unmatched)
    if isKept, count > 0 {
      let rest = moved.map { $0 > 0 ? "; for that \($0.counted("photo")) moved to another part" : "" } ?? ""
      Console.note(
        "\(count.counted("group")) of photos that belong together (\(photos) photos) \(count == 1 ? "is" : "are") "
          + "kept on one side\(rest)")
    }
    guard straddling > 0 else { return }
    let (lie, them) = straddling == 1 ? ("lies", "it") : ("lie", "them")
    Console.note(
      "warning: \(straddling.counted("group")) of photos that belong together \(lie) on both sides "
        + "(\(first.prefix(3).map(\.quoted).joined(separator: " ≈ "))\(first.count > 3 ? " …" : "")): results would look "
        + "better than they are. --keep-groups moves \(them) to one side.")
  }

  /// Counts the photos that a pattern doesn't match.
  static func showUnmatched(_ paths: [String]) {
    guard let first = paths.first else { return }
    let count = paths.count == 1 ? "1 photo doesn't" : "\(paths.count) photos don't"
    let them = paths.count == 1 ? "stands alone" : "stand alone"
    Console.note("\(count) match --group-by and \(them), such as \(first.quoted)")
  }
}
