public import WhiskerSystem

extension WhiskerError.Code {
  /// A file exists, but no report can be made from it.
  public static let badContents = Self("badContents", .badData)
  /// A program that draws failed.
  public static let drawingFailed = Self("drawingFailed", .internalFault)
  /// The photos of a run aren't where they were, or their place isn't known.
  public static let missingPhotos = Self("missingPhotos", .missingInput)
}
