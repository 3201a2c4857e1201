/// What is wrong with a graph or with what is fed to one.
public struct GraphError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: Hashable, Sendable {
    /// An operand has a shape that the op can't take.
    case shapeMismatch
    /// An op was given too few or too many operands.
    case operandCount
    /// The gradient of an op was asked for that has none.
    case noGradient
    /// A graph breaks one of its own rules (found by the verifier).
    case malformed
    /// An input or state is missing, unknown or of another shape than declared.
    case badBinding
    /// An engine can't run the op.
    case unsupported
    /// A run needs more memory than is free.
    case outOfMemory
    /// A library under an engine refused or failed.
    case engineFailure
  }

  /// The kind of fault.
  public let code: Code
  /// The op or name at fault.
  public let place: String
  /// What was expected and what was found.
  public let message: String

  /// An error at a place, with a message of the form "expected …, got …".
  public init(_ code: Code, _ place: String, _ message: String) {
    self.code = code
    self.place = place
    self.message = message
  }

  /// `place: message`.
  public var description: String { "\(place): \(message)" }
}
