import Foundation

/// Folders that are made where they are missing, and removed again if the work fails.
package enum NewFolders {
  /// Makes a folder and those above it; returns those that didn't exist, outermost first.
  @discardableResult
  package static func make(_ path: String) throws(WhiskerError) -> [String] {
    var status = stat()
    if stat(path, &status) == 0 {
      if status.kind == .folder { return [] }
      throw WhiskerError(.cannotWrite, path, expected: "a folder or nothing", got: "a file")
    }
    let made = path == "/" ? [] : try make(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    if mkdir(path, 0o777) != 0 {
      let number = errno
      removeEmpty(made)
      throw WhiskerError(.cannotWrite, path, "can't make the folder: \(systemMessage(number))")
    }
    return made + [path]
  }

  /// Removes folders that were made, innermost first; `rmdir` leaves those that contain anything else.
  package static func removeEmpty(_ folders: [String]) {
    for folder in folders.reversed() { rmdir(folder) }
  }
}
