extension WhiskerError {
  /// The kind of an error: `shapeMismatch`, `missingFile`, … Modules add their own.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// What the code is called in Swift.
    public let description: String
    /// The group that the code belongs to.
    public let kind: Kind

    /// A code of a name, which no other code has.
    public init(_ name: String, _ kind: Kind) {
      description = name
      self.kind = kind
    }
  }

  /// Roughly, the cause of the error: a command turns it into its exit code.
  public enum Kind: Hashable, Sendable, CaseIterable {
    /// The input isn't there or may not be read.
    case missingInput
    /// The input is there, but unusable.
    case badData
    /// The request makes no sense.
    case wrongUsage
    /// The output can't be written.
    case cannotWrite
    /// Something of Whisker's own, or a library under it, failed.
    case internalFault
  }
}

extension WhiskerError.Code {
  /// No file of that name, and none that matches it.
  public static let missingFile = Self("missingFile", .missingInput)
  /// No folder of that name.
  public static let missingFolder = Self("missingFolder", .missingInput)
  /// A file stands where a folder was expected.
  public static let notAFolder = Self("notAFolder", .missingInput)
  /// The file or folder can't be read, regardless of its contents: a missing permission, a failing disk.
  public static let cannotRead = Self("cannotRead", .missingInput)
  /// The file can't be written; an existing file in its place is unchanged.
  public static let cannotWrite = Self("cannotWrite", .cannotWrite)
  /// The destination holds files that Whisker didn't put there.
  public static let notOurs = Self("notOurs", .cannotWrite)
  /// The file ends before what it promises.
  public static let truncated = Self("truncated", .badData)
  /// A number, a name or a combination of settings that makes no sense.
  public static let invalidSetting = Self("invalidSetting", .wrongUsage)
  /// A tensor or layer has another shape than the one that is needed.
  public static let shapeMismatch = Self("shapeMismatch", .badData)
  /// The work needs more memory than is free.
  public static let outOfMemory = Self("outOfMemory", .wrongUsage)
}
