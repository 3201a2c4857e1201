/// Why sketches could not be drawn or written.
public struct SketchError: Error, Hashable, Sendable {
  /// The kind of failure.
  public enum Code: Hashable, Sendable {
    /// A size, count or seed that can't be drawn.
    case badRequest
    /// The folder holds something that Whisker did not put there.
    case destinationTaken
    /// A file or folder can't be written.
    case cannotWrite
    /// A picture could not be drawn or encoded.
    case cannotDraw
  }

  /// The kind of failure.
  public var code: Code
  /// The file, folder or setting it is about.
  public var place: String
  /// What was expected and what was found.
  public var message: String

  /// A failure of a kind, at a place.
  public init(_ code: Code, at place: String, _ message: String) {
    self.code = code
    self.place = place
    self.message = message
  }

  static func canvas(size: Int, reason: String) -> SketchError {
    SketchError(.cannotDraw, at: "canvas of \(size) × \(size)", reason)
  }
}

extension SketchError: CustomStringConvertible {
  /// The place and the message on one line.
  public var description: String { "\(place): \(message)" }
}
