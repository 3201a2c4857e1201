public import WhiskerSystem

extension WhiskerError.Code {
  /// No network of that name.
  public static let unknownNetwork = Self("unknownNetwork", .wrongUsage)
  /// The weights aren't on this machine, and fetching wasn't allowed.
  public static let missingWeights = Self("missingWeights", .missingInput)
  /// The weights couldn't be fetched.
  public static let fetchFailed = Self("fetchFailed", .missingInput)
  /// The file isn't the one that was published.
  public static let wrongChecksum = Self("wrongChecksum", .badData)
  /// Nobody publishes the network's weights in a package: a file of them must be given.
  public static let unpublishedWeights = Self("unpublishedWeights", .missingInput)
}
