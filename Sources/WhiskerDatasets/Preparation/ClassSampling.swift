import WhiskerSystem

/// How training samples are drawn.
public enum ClassSampling: String, Hashable, Sendable, CaseIterable, Codable {
  /// Every sample once in each pass, so that a class comes as often as it has samples.
  case natural
  /// Every class equally often: of a smaller class the samples come again sooner, each differently augmented.
  ///
  /// Every sample of a class comes once before any of them comes twice. An epoch has as many steps as with ``natural``; of a
  /// large class it then sees a part, and the next epoch goes on with the rest.
  case balanced

  /// Reads a name.
  public init(from decoder: any Decoder) throws { self = try decodeChoice(from: decoder) }
}
