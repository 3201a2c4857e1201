/// Why a picture or a report couldn't be made: what kind of trouble, of which file or setting, what was expected.
public struct ReportError: Error, Hashable, Sendable {
  /// The kinds of trouble.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// A file or a program that is needed isn't there.
    case missingFile
    /// A file is there, and isn't what a report can be made of.
    case badContents
    /// A number or name that can't be.
    case invalidSetting
    /// A program that draws failed.
    case drawingFailed
    /// The file can't be written; what stood in its place, if anything, is unharmed.
    case cannotWrite
  }

  /// The kind of trouble.
  public let code: Code
  /// The file or setting.
  public let place: String
  /// What is wrong: "expected …, got …" where there is something to compare.
  public let message: String

  /// An error of the given kind.
  public init(_ code: Code, _ place: String, _ message: String) {
    self.code = code
    self.place = place
    self.message = message
  }
}

extension ReportError: CustomStringConvertible {
  /// The place, a colon and the message.
  public var description: String { "\(place): \(message)" }
}
