public import WhiskerSystem

extension WhiskerError.Code {
  /// A file exists, but no report can be made from it.
  public static let badContents = Self("badContents", .badData)
  /// A program that draws failed.
  public static let drawingFailed = Self("drawingFailed", .internalFault)
}
