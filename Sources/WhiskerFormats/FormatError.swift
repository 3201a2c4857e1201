/// Why a file of weights couldn't be read or written: what kind of trouble, which file, what was expected.
public struct FormatError: Error, Hashable, Sendable {
  /// The kinds of trouble.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// No file of that name.
    case missingFile
    /// The file ends before what it promises.
    case truncated
    /// The bytes are of another format.
    case notThisFormat
    /// The description of the contents contradicts itself or the file.
    case corruptHeader
    /// The elements are of a type that Whisker doesn't read.
    case unsupportedType
    /// The file holds no tensor of that name.
    case missingTensor
    /// The archive holds no entry of that name.
    case missingEntry
    /// The contents could do harm: they would run code, or fill the memory.
    case refused
    /// The file describes something that Whisker doesn't have.
    case unsupported
    /// The tensor has other axes than the caller needs.
    case shapeMismatch
    /// The file is there but can't be read.
    case cannotRead
    /// The file can't be written; what stood in its place, if anything, is unharmed.
    case cannotWrite
  }

  /// The kind of trouble.
  public let code: Code
  /// The file, as its name was given.
  public let file: String
  /// What is wrong: "expected …, got …" where there is something to compare.
  public let message: String

  /// An error of the given kind.
  public init(_ code: Code, file: String, _ message: String) {
    self.code = code
    self.file = file
    self.message = message
  }
}

extension FormatError: CustomStringConvertible {
  /// The file, a colon and the message.
  public var description: String { "\(file): \(message)" }
}
