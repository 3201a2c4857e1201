import WhiskerSystem

/// Photos that belong together: the shots of a series, copies of one picture, the photos of one animal or patient.
///
/// What was learned from one of them is known of the others, so a model must not be measured on some after it was trained on
/// the rest: parts of a split, folds and photos that are held back have all photos of a group or none. Whatever is in no group
/// is on its own.
public struct PhotoGroups: Hashable, Sendable {
  /// The paths of each group, as the photos' folder has them: at least two in each, and none in two groups.
  public let groups: [[String]]

  /// Groups of paths; those that share a path become one, and what is left of a single path is dropped.
  public init(_ groups: some Sequence<[String]>) {
    var places: [Key: Int] = [:]
    var paths: [String] = []
    var pairs: [(Int, Int)] = []
    for group in groups {
      var first: Int?
      for path in group {
        let key = Key(path)
        let place = places[key] ?? paths.count
        if place == paths.count {
          places[key] = place
          paths.append(path)
        }
        if let first { pairs.append((first, place)) }
        first = first ?? place
      }
    }
    var sets = DisjointSets(count: paths.count)
    for (first, second) in pairs { sets.join(first, second) }
    self.groups = sets.groups.filter { $0.count > 1 }
      .map { group in group.map { paths[$0] }.sorted { $0.precedesByCodePoint($1) } }
      .sorted { $0[0].precedesByCodePoint($1[0]) }
  }

  /// Whether nothing belongs together.
  public var isEmpty: Bool { groups.isEmpty }

  /// How many photos are in groups.
  public var photoCount: Int { groups.reduce(0) { $0 + $1.count } }

  /// These groups and others; those that share a path become one.
  public func merging(_ others: PhotoGroups) -> PhotoGroups { PhotoGroups(groups + others.groups) }

  /// The groups of which photos are in more than one of some lists of paths, with those photos.
  public func divided(among lists: [[String]]) -> PhotoGroups {
    let paths = lists.flatMap(\.self)
    let owners = lists.enumerated().flatMap { number, list in list.map { _ in number } }
    return PhotoGroups(
      members(of: paths).filter { places in Set(places.map { owners[$0] }).count > 1 }
        .map { $0.map { paths[$0] } })
  }

  /// The groups of some paths: what else is in a group is left out.
  public func among(_ paths: [String]) -> PhotoGroups {
    PhotoGroups(members(of: paths).map { $0.map { paths[$0] } })
  }

  /// The places of paths by their groups.
  private func members(of paths: [String]) -> some Sequence<[Int]> {
    var members: [Int: [Int]] = [:]
    for (place, number) in numbers(of: paths).enumerated() {
      if let number { members[number, default: []].append(place) }
    }
    return members.values
  }

  /// The number of each path's group; nil for what is on its own among these paths.
  package func numbers(of paths: [String]) -> [Int?] {
    var known: [Key: Int] = [:]
    for (number, group) in groups.enumerated() {
      for path in group { known[Key(path)] = number }
    }
    let numbers = paths.map { known[Key($0)] }
    let counts = numbers.reduce(into: [Int: Int]()) { counts, number in
      if let number { counts[number, default: 0] += 1 }
    }
    return numbers.map { number in number.flatMap { counts[$0, default: 0] > 1 ? $0 : nil } }
  }

  /// A path by its bytes: Swift treats names in NFC and NFD as equal, and the disk doesn't.
  private struct Key: Hashable {
    let bytes: [UInt8]

    init(_ path: String) { bytes = Array(path.utf8) }
  }
}

extension PhotoGroups: Codable {
  /// Reads a list of lists of paths.
  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode([[String]].self))
  }

  /// Writes a list of lists of paths.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(groups)
  }
}

extension PhotoGroups: CustomStringConvertible {
  /// `12 groups of photos that belong together (27 photos)`.
  public var description: String {
    "\(groups.count.counted("group")) of photos that belong together (\(photoCount) photos)"
  }
}
