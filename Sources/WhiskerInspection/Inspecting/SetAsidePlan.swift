public import Foundation
public import WhiskerSystem

/// Which photos leave the data, where to, and why; made from an inspection without touching anything.
///
/// - A photo that can't be decoded, and one that shows nothing, leaves; one that the system doesn't let be read stays,
///   since it may be good.
/// - Of files with the same photo one stays in each class: only a person can say which class is correct.
/// - Of a leak the test photo stays, or else the validation photo: what earlier results were measured on
///   doesn't change, and training has enough photos.
/// - Of a photo and links to it the links leave, whatever part they lie in: a link is moved, never what it leads to.
/// - What can't leave without something else leaving too stays, and ``staying`` says why.
public struct SetAsidePlan: Hashable, Sendable {
  /// Why a photo leaves.
  public enum Reason: String, Hashable, Sendable, CaseIterable, Codable {
    /// It can't be decoded.
    case unreadable
    /// All its pixels are alike.
    case constant
    /// The same photo lies in the same part and class.
    case duplicate
    /// The same photo is in a part that is used for measuring.
    case leak
  }

  /// One photo that leaves.
  public struct Move: Hashable, Sendable, Codable {
    /// Its path below the data.
    public let file: String
    /// Its path below the folder that it moves to.
    public let movedTo: String
    /// The kind of problem.
    public let reason: Reason
    /// The problem in words, such as which photo it is the same as.
    public let detail: String
  }

  /// One photo that should leave and stays.
  public struct Stay: Hashable, Sendable, Codable {
    /// Its path below the data.
    public let file: String
    /// What would leave with it.
    public let detail: String
  }

  /// The data that the photos leave.
  public let root: URL
  /// The folder next to the data that they move to: its path with `.set-aside` added.
  public let folder: URL
  /// The photos, in the order of the reasons.
  public let moves: [Move]
  /// The photos that should leave and can't.
  public let staying: [Stay]
  /// Every path that leads to nothing once the photos have left: theirs, and others that reach the same files.
  package let vacated: Set<String>

  /// Decides what leaves.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``: `emptyClass` if a class would lose its last photo, `cannotWrite`.
  public init(for inspection: Inspection) throws(WhiskerError) {
    root = inspection.root
    let path = try inspection.root.absoluteURL.path.realPath()
    folder = URL(fileURLWithPath: path + ".set-aside", isDirectory: true)
    var selection = SetAsideSelection(of: inspection, realRoot: path)
    selection.select()
    var targets = FreeNames(in: folder.path)
    moves = selection.leaving.map { photo in
      Move(
        file: photo.path, movedTo: targets.take(photo.path), reason: photo.reason, detail: photo.detail)
    }
    staying = selection.staying
    vacated = selection.vacated
    try checkClasses(of: inspection)
  }

  /// Refuses to take the last photo of a class: something else must be wrong, such as a test that is a copy of train.
  private func checkClasses(of inspection: Inspection) throws(WhiskerError) {
    let unreadable = Set(inspection.unreadable.map(\.path))
    var counts: [InspectedClass: Int] = [:]
    for photo in inspection.photos where vacated.contains(photo.path) && !unreadable.contains(photo.path) {
      counts[InspectedClass(split: photo.split, name: photo.className), default: 0] += 1
    }
    for part in inspection.parts {
      for found in part.classes where found.count > 0 {
        let lost = counts[InspectedClass(split: part.split, name: found.name), default: 0]
        guard lost == found.count else { continue }
        let place = [part.split?.rawValue, found.name].compactMap(\.self).joined(separator: "/")
        throw WhiskerError(
          .emptyClass, root.path,
          "nothing was moved, since \(place.isEmpty ? "the folder" : place.quoted) would lose all its "
            + "\(found.count) photos: look whether a whole folder was copied or linked")
      }
    }
  }
}

/// Names in a folder that nothing has yet.
///
/// Names that differ only in case or Unicode form count as one, however the folder's file system treats them.
package struct FreeNames {
  private let folder: String
  private var taken: Set<String> = []

  package init(in folder: String) { self.folder = folder }

  /// A path below the folder, with a number if another file has it.
  package mutating func take(_ path: String) -> String {
    let ending = (path as NSString).pathExtension
    let stem = String(path.dropLast(ending.isEmpty ? 0 : ending.count + 1))
    var target = path
    var number = 2
    var status = stat()
    while taken.contains(Self.folded(target)) || lstat(folder.appendingPath(target), &status) == 0 {
      target = "\(stem) (\(number))" + (ending.isEmpty ? "" : ".\(ending)")
      number += 1
    }
    taken.insert(Self.folded(target))
    return target
  }

  /// The common form of names that some file systems treat as one; Swift compares strings whatever their form.
  private static func folded(_ name: String) -> String { name.uppercased().lowercased() }
}
