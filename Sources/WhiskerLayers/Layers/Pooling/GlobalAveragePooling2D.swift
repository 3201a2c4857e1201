public import WhiskerGraph

/// The mean of each channel over the whole picture.
///
/// Input `[H, W, C]`, output `[C]`, or `[1, 1, C]` if the axes are kept.
public struct GlobalAveragePooling2D: GlobalPoolingLayer {
  public static let className = "GlobalAveragePooling2D"
  public static let defaultName = "global_average_pooling2d"
  public static let kind = Pooling.Kind.average
  public static var standard: GlobalAveragePooling2D { GlobalAveragePooling2D() }

  /// The layer's own name.
  public var name: String?
  /// Whether rows and columns stay as axes of size 1.
  public var keepsAxes: Bool

  /// The mean over all pixels.
  public init(keepsAxes: Bool = false, name: String? = nil) {
    self.name = name
    self.keepsAxes = keepsAxes
  }
}
