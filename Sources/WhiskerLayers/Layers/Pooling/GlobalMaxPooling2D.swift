public import WhiskerGraph

/// The largest value of each channel over the whole picture.
///
/// Input `[H, W, C]`, output `[C]`, or `[1, 1, C]` if the axes are kept.
public struct GlobalMaxPooling2D: GlobalPoolingLayer {
  public static let className = "GlobalMaxPooling2D"
  public static let defaultName = "global_max_pooling2d"
  public static let kind = Pooling.Kind.maximum
  public static var standard: GlobalMaxPooling2D { GlobalMaxPooling2D() }

  /// The layer's own name.
  public var name: String?
  /// Whether rows and columns stay as axes of size 1.
  public var keepsAxes: Bool

  /// The largest value over all pixels.
  public init(keepsAxes: Bool = false, name: String? = nil) {
    self.name = name
    self.keepsAxes = keepsAxes
  }
}
