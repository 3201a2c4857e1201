public import Foundation

/// Which photos leave the data, where to, and why; made from an inspection without touching anything.
///
/// - A photo that can't be decoded, and one that shows nothing, leaves; one that the system doesn't let be read stays,
///   since it may be good.
/// - Of files with the same photo one stays in each class: which class is right only a person can tell.
/// - Of a leak the photo of the test stays, or else that of the validation: what earlier results were measured on
///   doesn't change, and training has photos enough.
public struct SetAsidePlan: Hashable, Sendable {
  /// Why a photo leaves.
  public enum Reason: String, Hashable, Sendable, CaseIterable, Codable {
    /// It can't be decoded.
    case unreadable
    /// All its pixels are alike.
    case constant
    /// The same photo lies in the same part and class.
    case duplicate
    /// The same photo lies in a part that is measured on.
    case leak
  }

  /// One photo that leaves.
  public struct Move: Hashable, Sendable, Codable {
    /// Its path below the data.
    public let file: String
    /// Its path below the folder that it moves to.
    public let movedTo: String
    /// The kind of trouble.
    public let reason: Reason
    /// The trouble in words, such as which photo it is the same as.
    public let detail: String
  }

  /// The data that the photos leave.
  public let root: URL
  /// The folder beside the data that they move to: its path with `.set-aside` added.
  public let folder: URL
  /// The photos, in the order of the reasons.
  public private(set) var moves: [Move] = []

  /// The paths that are spoken for, links to folders resolved: one file is never to be moved twice, or kept and moved.
  private var locations: Set<String> = []
  private var targets: Set<String> = []

  /// Decides what leaves.
  ///
  /// - Throws: ``DatasetError``: `emptyClass` if a class would lose its last photo, `cannotWrite`.
  public init(for inspection: Inspection) throws(DatasetError) {
    root = inspection.root
    let path = try SplitDestination.realPath(of: inspection.root.absoluteURL.path)
    folder = URL(fileURLWithPath: path + ".set-aside", isDirectory: true)
    for photo in inspection.unreadable where !photo.isOutOfReach {
      add(photo.path, .unreadable, photo.reason)
    }
    for path in inspection.constant { add(path, .constant, "all its pixels are alike") }
    for group in inspection.duplicates { add(group) }
    try checkClasses(of: inspection)
  }

  private mutating func add(_ group: DuplicateGroup) {
    var keepers: [InspectedPhoto] = []
    for photo in group.photos {
      let isKept = keepers.allSatisfy { $0.split == photo.split && $0.className != photo.className }
      if !isKept { continue }
      keepers.append(photo)
      locations.insert(location(of: photo.path))
    }
    for photo in group.photos where !keepers.contains(photo) {
      let keeper = keepers.first { $0.className == photo.className } ?? keepers[0]
      let reason: Reason = keeper.split == photo.split ? .duplicate : .leak
      add(photo.path, reason, "the same photo as \(keeper.path)")
    }
  }

  private mutating func add(_ path: String, _ reason: Reason, _ detail: String) {
    // A file whose name isn't UTF-8 can't be named, so it stays.
    var status = stat()
    guard lstat(root.path.appendingPath(path), &status) == 0,
      locations.insert(location(of: path)).inserted
    else { return }
    moves.append(Move(file: path, movedTo: freeTarget(for: path), reason: reason, detail: detail))
  }

  /// The real folder of a file, and its name.
  private func location(of path: String) -> String {
    let url = URL(fileURLWithPath: root.path.appendingPath(path), isDirectory: false)
    let folder = url.deletingLastPathComponent().path
    return ((try? SplitDestination.realPath(of: folder)) ?? folder).appendingPath(url.lastPathComponent)
  }

  /// The same path below the folder, with a number if another file has it.
  private mutating func freeTarget(for path: String) -> String {
    let ending = (path as NSString).pathExtension
    let stem = String(path.dropLast(ending.isEmpty ? 0 : ending.count + 1))
    var target = path
    var number = 2
    var status = stat()
    while targets.contains(target) || lstat(folder.path.appendingPath(target), &status) == 0 {
      target = "\(stem) (\(number))" + (ending.isEmpty ? "" : ".\(ending)")
      number += 1
    }
    targets.insert(target)
    return target
  }

  /// Refuses to take the last photo of a class: something else must be wrong, such as a test that is a copy of train.
  private func checkClasses(of inspection: Inspection) throws(DatasetError) {
    let leaving = Set(moves.filter { $0.reason != .unreadable }.map(\.file))
    var counts: [InspectedClass: Int] = [:]
    for photo in inspection.photos where leaving.contains(photo.path) {
      counts[InspectedClass(split: photo.split, name: photo.className), default: 0] += 1
    }
    for part in inspection.parts {
      for found in part.classes where found.count > 0 {
        let lost = counts[InspectedClass(split: part.split, name: found.name), default: 0]
        guard lost == found.count else { continue }
        let place = [part.split?.rawValue, found.name].compactMap(\.self).joined(separator: "/")
        throw DatasetError(
          .emptyClass, root.path,
          "nothing was moved, since \(place.isEmpty ? "the folder" : place.quoted) would lose all its "
            + "\(found.count) photos: look whether a whole folder was copied")
      }
    }
  }
}
