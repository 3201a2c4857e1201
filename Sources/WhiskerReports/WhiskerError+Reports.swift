public import WhiskerSystem

extension WhiskerError.Code {
  /// A file is there, and isn't what a report can be made of.
  public static let badContents = Self("badContents", .badData)
  /// A program that draws failed.
  public static let drawingFailed = Self("drawingFailed", .internalFault)
  /// The photos of a run aren't where they were, or it isn't known where that was.
  public static let missingPhotos = Self("missingPhotos", .missingInput)
}
