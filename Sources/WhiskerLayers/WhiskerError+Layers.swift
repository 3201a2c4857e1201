public import WhiskerSystem

extension WhiskerError.Code {
  /// Two layers have one name.
  public static let duplicateName = Self("duplicateName", .badData)
  /// A layer's inputs don't exist or can't be combined, or nothing depends on it.
  public static let disconnected = Self("disconnected", .badData)
  /// No layer of the network has a name that was asked for.
  public static let noSuchLayer = Self("noSuchLayer", .badData)
  /// Weights don't fit the network.
  public static let weightMismatch = Self("weightMismatch", .badData)
}
