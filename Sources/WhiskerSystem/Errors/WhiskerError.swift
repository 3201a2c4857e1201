/// What went wrong, and where: the only error type that Whisker's modules throw themselves.
///
/// ```swift
/// throw WhiskerError(.shapeMismatch, "dense_1", expected: "[N, 6272]", got: "\(shape)")
/// ```
/// Modules declare their codes in extensions of ``Code``. What a user could do about an error (which option to
/// give) is known only to the command, by the code.
public struct WhiskerError: Error, Sendable, CustomStringConvertible {
  /// The kind of error.
  public let code: Code
  /// The file, folder, layer, op or setting at fault; empty where it has no name.
  public let place: String
  /// What should have been there; nil where there is nothing to compare.
  public let expected: String?
  /// What was there instead.
  public let got: String?
  /// What is wrong where there is nothing to compare, else an addition to the comparison.
  public let note: String?
  /// The error that led to this one.
  public let cause: (any Error)?

  /// An error with an expected and an actual value.
  public init(
    _ code: Code, _ place: String, expected: String, got: String, note: String? = nil,
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.place = place
    self.expected = expected
    self.got = got
    self.note = note
    self.cause = cause
  }

  /// An error where there is nothing to compare.
  public init(_ code: Code, _ place: String, _ note: String, cause: (any Error)? = nil) {
    self.code = code
    self.place = place
    expected = nil
    got = nil
    self.note = note
    self.cause = cause
  }

  /// The same error with another code or place, caused by this one.
  public func with(_ code: Code? = nil, at place: String? = nil) -> WhiskerError {
    if let expected, let got {
      return WhiskerError(
        code ?? self.code, place ?? self.place, expected: expected, got: got, note: note, cause: self)
    }
    return WhiskerError(code ?? self.code, place ?? self.place, note ?? "", cause: self)
  }

  /// The same of a place within another: `model.keras: layer 'dense'`.
  public func inside(_ outer: String) -> WhiskerError {
    with(at: place.isEmpty ? outer : "\(outer): \(place)")
  }

  /// The error without its place: `expected …, got …`, then the note.
  public var message: String {
    guard let expected, let got else { return note ?? "" }
    return "expected \(expected), got \(got)" + (note.map { ": \($0)" } ?? "")
  }

  /// `place: message`, on one line even if the place's name holds line breaks.
  public var description: String { place.isEmpty ? message : "\(place.onOneLine): \(message)" }
}

extension WhiskerError: Hashable {
  /// Whether code, place and message are the same, whatever the causes.
  public static func == (left: WhiskerError, right: WhiskerError) -> Bool {
    (left.code, left.place, left.expected, left.got, left.note)
      == (right.code, right.place, right.expected, right.got, right.note)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(code)
    hasher.combine(place)
    hasher.combine(message)
  }
}

/// Checks a number or name that a caller chose.
///
/// - Throws: ``WhiskerError`` with `invalidSetting`, of the setting's name.
package func requireSetting(
  _ isRight: Bool, _ name: String, expected: @autoclosure () -> String, got value: @autoclosure () -> Any
) throws(WhiskerError) {
  guard !isRight else { return }
  throw WhiskerError(.invalidSetting, name, expected: expected(), got: "\(value())")
}
