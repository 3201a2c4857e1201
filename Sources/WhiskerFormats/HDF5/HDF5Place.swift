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

  /// An error that names the place, cut short if it is long.
  func fault(_ code: FormatError.Code, _ message: String) -> FormatError {
    let shown = path.utf8.count <= 500 ? path : "…" + String(path.suffix(200))
    return FormatError(code, file: file, "in '/\(shown)': \(message)")
  }

  /// The error of bytes that contradict the format.
  func corrupt(_ message: String) -> FormatError { fault(.corruptHeader, message) }

  /// The error of a feature that Keras's files don't use.
  func unsupported(_ message: String) -> FormatError { fault(.unsupportedType, message) }
}
