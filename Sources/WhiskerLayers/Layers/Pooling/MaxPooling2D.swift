public import WhiskerGraph

/// Keeps the largest value of each window of each channel.
///
/// Input `[H, W, C]`, output `[H′, W′, C]` with `H′` and `W′` by the rule of ``Padding``.
public struct MaxPooling2D: PoolingLayer {
  public static let className = "MaxPooling2D"
  public static let defaultName = "max_pooling2d"
  public static let kind = Pooling.Kind.maximum
  public static var standard: MaxPooling2D { MaxPooling2D() }

  /// The layer's own name.
  public var name: String?
  /// The window's rows and columns.
  public var pool: Size2D
  /// Rows and columns from one window to the next; nil for the window's own.
  public var strides: Size2D?
  /// What happens at the edges.
  public var padding: Padding

  /// Pooling by windows that tile the picture unless strides are given.
  public init(_ pool: Size2D = 2, strides: Size2D? = nil, padding: Padding = .valid, name: String? = nil) {
    self.name = name
    self.pool = pool
    self.strides = strides
    self.padding = padding
  }
}
