/// Why a picture couldn't be read or written: what kind of trouble, which file, and what was expected.
public struct ImageError: Error, Hashable, Sendable {
  /// The kinds of trouble.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// No file of that name.
    case missingFile
    /// The file holds no bytes.
    case emptyFile
    /// The bytes are of no format that Whisker reads, or of a variant of one that it doesn't.
    case unsupportedFormat
    /// The file ends before its picture does.
    case truncated
    /// The file is larger, or claims a larger picture, than the decoder's limits allow.
    case tooLarge
    /// The file's contents contradict its format.
    case unreadable
    /// The system doesn't let the file be read, whatever is in it: a missing permission, a failing disk.
    case cannotRead
    /// The picture can't be encoded, or its file can't be written.
    case cannotWrite
  }

  /// The kind of trouble.
  public let code: Code
  /// The file, as its name was given; nil for bytes without a name.
  public let file: String?
  /// What is wrong: "expected …, got …" where there is something to compare.
  public let message: String

  /// An error of the given kind.
  public init(_ code: Code, file: String? = nil, _ message: String) {
    self.code = code
    self.file = file
    self.message = message
  }
}

extension ImageError: CustomStringConvertible {
  /// The file, a colon and the message.
  public var description: String { file.map { "\($0): \(message)" } ?? message }
}
