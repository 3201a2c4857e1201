public import WhiskerSystem

extension WhiskerError.Code {
  /// The bytes are of another format.
  public static let notThisFormat = Self("notThisFormat", .badData)
  /// The description of the contents contradicts itself or the file.
  public static let corruptHeader = Self("corruptHeader", .badData)
  /// The elements are of a type that Whisker doesn't read.
  public static let unsupportedType = Self("unsupportedType", .badData)
  /// The file holds no tensor of that name.
  public static let missingTensor = Self("missingTensor", .badData)
  /// The archive holds no entry of that name.
  public static let missingEntry = Self("missingEntry", .badData)
  /// The contents could do harm: they would run code, or fill the memory.
  public static let refused = Self("refused", .badData)
  /// The file describes something that Whisker doesn't have.
  public static let unsupported = Self("unsupported", .badData)
}
