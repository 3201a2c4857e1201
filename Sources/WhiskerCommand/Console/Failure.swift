import Foundation
import Whisker

/// What the user is told of an error, and the exit code (those of `sysexits.h`).
struct Failure {
  let text: String
  let code: Int32

  static let usageCode: Int32 = 64
  static let badDataCode: Int32 = 65
  static let missingInputCode: Int32 = 66
  static let internalCode: Int32 = 70
  static let cannotWriteCode: Int32 = 73
  static let interruptedCode: Int32 = 130

  /// A failure with a message and a code of its own.
  init(_ text: String, code: Int32) {
    self.text = "whisker: \(text)"
    self.code = code
  }

  /// What an error means to the user; nil for those that are none of ours.
  init?(_ error: any Error) {
    switch error {
    case let failure as CommandError: self.init(failure.message, code: failure.code)
    case is CancellationError: self.init("interrupted", code: Failure.interruptedCode)
    case let error as DatasetError: self.init("\(error)", code: Failure.code(of: error.code))
    case let error as ImageError: self.init("\(error)", code: Failure.code(of: error.code))
    case let error as TrainingError: self.init("\(error)", code: Failure.code(of: error.code))
    case let error as ModelError:
      self.init("\(error)", code: error.code == .invalidSetting ? Failure.usageCode : Failure.badDataCode)
    case let error as FormatError: self.init("\(error)", code: Failure.code(of: error.code))
    case let error as PretrainedError: self.init("\(error)", code: Failure.code(of: error.code))
    case let error as ReportError: self.init("\(error)", code: Failure.code(of: error.code))
    case let error as GraphError:
      self.init("\(error)", code: error.code == .outOfMemory ? Failure.usageCode : Failure.internalCode)
    default: return nil
    }
  }

  private static func code(of code: DatasetError.Code) -> Int32 {
    switch code.kind {
    case .missingInput: missingInputCode
    case .badData: badDataCode
    case .wrongUsage: usageCode
    case .cannotWrite: cannotWriteCode
    }
  }

  private static func code(of code: ImageError.Code) -> Int32 {
    switch code {
    case .missingFile, .cannotRead: missingInputCode
    case .emptyFile, .unsupportedFormat, .truncated, .tooLarge, .unreadable: badDataCode
    case .cannotWrite: cannotWriteCode
    }
  }

  private static func code(of code: FormatError.Code) -> Int32 {
    switch code {
    case .missingFile: missingInputCode
    case .cannotWrite: cannotWriteCode
    default: badDataCode
    }
  }

  private static func code(of code: PretrainedError.Code) -> Int32 {
    switch code {
    case .unknownNetwork, .invalidSetting: usageCode
    case .missingWeights, .fetchFailed: missingInputCode
    case .wrongChecksum, .weightMismatch: badDataCode
    case .cannotWrite: cannotWriteCode
    }
  }

  private static func code(of code: ReportError.Code) -> Int32 {
    switch code {
    case .missingFile: missingInputCode
    case .badContents: badDataCode
    case .invalidSetting: usageCode
    case .drawingFailed: internalCode
    case .cannotWrite: cannotWriteCode
    }
  }

  private static func code(of code: TrainingError.Code) -> Int32 {
    switch code {
    case .invalidSetting, .badRecipe, .runExists, .runChanged: usageCode
    case .lossNotFinite, .classMismatch, .badModel, .badCheckpoint, .badHistory, .dataChanged: badDataCode
    case .missingFile: missingInputCode
    case .cannotWrite: cannotWriteCode
    }
  }
}

/// An error that a command finds itself.
struct CommandError: Error {
  let message: String
  let code: Int32

  /// Wrong usage unless another code is given.
  init(_ message: String, code: Int32 = Failure.usageCode) {
    self.message = message
    self.code = code
  }
}
