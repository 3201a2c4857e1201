public import WhiskerSystem

extension WhiskerError.Code {
  /// The loss is infinite or not a number.
  public static let lossNotFinite = Self("lossNotFinite", .badData)
  /// The model was not compiled before it was trained or evaluated.
  public static let notCompiled = Self("notCompiled", .badData)
  /// Data and network don't fit each other.
  public static let dataMismatch = Self("dataMismatch", .badData)
}
