public import WhiskerLayers

/// What a model file may leave open, and must be said to read it.
public struct ModelChoices: Hashable, Sendable {
  /// Rows and columns of the photos, for a model that takes any.
  public var imageSize: Size2D?
  /// The name of the result that is read, for a model that gives several.
  public var output: String?

  /// Nothing by default.
  public init(imageSize: Size2D? = nil, output: String? = nil) {
    self.imageSize = imageSize
    self.output = output
  }
}
