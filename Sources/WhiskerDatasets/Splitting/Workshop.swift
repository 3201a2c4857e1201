import Foundation

/// A hidden folder beside a destination, in which the destination's contents are made before they move there.
struct Workshop {
  let path: String
  /// The folders above the destination that had to be made, outermost first.
  private let madeParents: [String]

  /// Makes the folder; `kind` is what is being made, and part of its name.
  init(for destination: String, kind: String = "split") throws(DatasetError) {
    let parent = URL(fileURLWithPath: destination, isDirectory: true).deletingLastPathComponent().path
    madeParents = try Self.makeFolders(parent)
    path = parent.appendingPath(".whisker-\(kind)-\(UUID().uuidString).partial")
    if mkdir(path, 0o777) != 0 {
      let number = errno
      Self.removeEmpty(madeParents)
      throw DatasetError(.cannotWrite, parent, "can't make a folder in it: \(systemMessage(number))")
    }
  }

  /// Moves the finished work to its destination, where there may be nothing, an empty folder or older work.
  func replace(
    _ destination: String,
    holdsOld: (String) throws(DatasetError) -> Bool = SplitDestination.holdsOldSplit
  ) throws(DatasetError) {
    // Looked at again: someone may have put something there in the meantime.
    guard try holdsOld(destination) else { return try move(path, to: destination) }
    let old = path + ".old"
    try move(destination, to: old)
    do {
      try move(path, to: destination)
    } catch {
      try move(old, to: destination)
      throw error
    }
    try? FileManager.default.removeItem(atPath: old)
  }

  /// Clears the work away, together with the folders that were made for it.
  func remove() {
    try? FileManager.default.removeItem(atPath: path)
    Self.removeEmpty(madeParents)
  }

  /// The error with the path that the user knows in place of that of the hidden folder.
  func naming(_ destination: String, in error: any Error) -> any Error {
    guard let error = error as? DatasetError, error.place.hasPrefix(path) else { return error }
    return DatasetError(error.code, destination + error.place.dropFirst(path.count), error.message)
  }

  /// Makes a folder and those above it; returns those that weren't there, outermost first.
  @discardableResult
  static func makeFolders(_ path: String) throws(DatasetError) -> [String] {
    var status = stat()
    if stat(path, &status) == 0 && status.kind == .folder { return [] }
    let made = path == "/" ? [] : try makeFolders(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    if mkdir(path, 0o777) != 0 {
      let number = errno
      removeEmpty(made)
      throw DatasetError(.cannotWrite, path, "can't make the folder: \(systemMessage(number))")
    }
    return made + [path]
  }

  private func move(_ old: String, to new: String) throws(DatasetError) {
    if rename(old, new) != 0 { throw DatasetError(.cannotWrite, new, systemMessage(errno)) }
  }

  /// Removes folders that were made, innermost first; `rmdir` spares those that others have put something in.
  private static func removeEmpty(_ folders: [String]) {
    for folder in folders.reversed() { rmdir(folder) }
  }
}
