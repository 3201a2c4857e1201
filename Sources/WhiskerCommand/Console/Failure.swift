import Whisker

/// What the user is told about an error, and the exit code (those of `sysexits.h`).
struct Failure {
  let text: String
  let code: Int32

  static let internalCode: Int32 = 70
  static let interruptedCode: Int32 = 130

  /// What an error means to the user; nil for errors that aren't Whisker's.
  init?(_ error: any Error) {
    switch error {
    case is CancellationError:
      (text, code) = ("whisker: interrupted", Failure.interruptedCode)
    case let error as WhiskerError:
      let error = error.namingOption()
      text =
        "whisker: \(error)"
        + (Hint(error.code).map { "\(error)".contains("\n") ? "\n\($0)" : ": \($0)" } ?? "")
      code = Failure.code(of: error.code.kind)
    default: return nil
    }
  }

  private static func code(of kind: WhiskerError.Kind) -> Int32 {
    switch kind {
    case .wrongUsage: 64
    case .badData: 65
    case .missingInput: 66
    case .internalFault: internalCode
    case .cannotWrite: 73
    }
  }
}
