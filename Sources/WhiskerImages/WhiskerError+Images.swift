public import WhiskerSystem

extension WhiskerError.Code {
  /// The file holds no bytes.
  public static let emptyFile = Self("emptyFile", .badData)
  /// The bytes are of no format that Whisker reads, or of a variant of one that it doesn't.
  public static let unsupportedFormat = Self("unsupportedFormat", .badData)
  /// The file is larger, or claims a larger picture, than the decoder's limits allow.
  public static let tooLarge = Self("tooLarge", .badData)
  /// The file's contents contradict its format.
  public static let unreadable = Self("unreadable", .badData)
}
