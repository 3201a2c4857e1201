import WhiskerSystem

/// Where in which file something was read, for the messages of errors.
struct HDF5Place: Sendable {
  /// The file's name.
  let file: String
  /// The path of the group or dataset within it; empty for the root.
  let path: String

  /// The place of a child.
  func appending(_ name: String) -> HDF5Place {
    HDF5Place(file: file, path: path.isEmpty ? name : path + "/" + name)
  }

  /// The place in messages, cut short if it is long.
  private var name: String {
    "\(file): in '/\(path.utf8.count <= 500 ? path : "…" + String(path.suffix(200)))'"
  }

  /// An error that names the place.
  func fault(_ code: WhiskerError.Code, expected: String, got: String) -> WhiskerError {
    WhiskerError(code, name, expected: expected, got: got)
  }

  /// The error of bytes that contradict the format.
  func corrupt(expected: String, got: String) -> WhiskerError {
    fault(.corruptHeader, expected: expected, got: got)
  }

  /// The same where there is nothing to compare.
  func corrupt(_ message: String) -> WhiskerError { WhiskerError(.corruptHeader, name, message) }

  /// The error of a feature that Keras's files don't use.
  func unsupported(expected: String, got: String) -> WhiskerError {
    fault(.unsupportedType, expected: expected, got: got)
  }
}
