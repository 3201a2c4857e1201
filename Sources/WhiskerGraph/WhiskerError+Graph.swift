public import WhiskerSystem

extension WhiskerError.Code {
  /// An operand has a shape that the op can't take.
  public static let operandMismatch = Self("operandMismatch", .internalFault)
  /// An op was given too few or too many operands.
  public static let operandCount = Self("operandCount", .internalFault)
  /// A gradient was requested through an op that has none.
  public static let noGradient = Self("noGradient", .internalFault)
  /// A graph breaks one of its own rules (found by the verifier).
  public static let malformed = Self("malformed", .internalFault)
  /// An input or state is missing, unknown or of another shape than declared.
  public static let badBinding = Self("badBinding", .internalFault)
  /// A program was handed to an engine that didn't make it.
  public static let foreignProgram = Self("foreignProgram", .internalFault)
  /// An engine can't run the op.
  public static let unsupportedOp = Self("unsupportedOp", .internalFault)
  /// A library under an engine refused or failed.
  public static let engineFailure = Self("engineFailure", .internalFault)
}
