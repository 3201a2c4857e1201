/// Zero rows and columns added around a picture.
public struct EdgePadding: Hashable, Sendable, Codable {
  /// Rows above.
  public var top: Int
  /// Columns to the left.
  public var left: Int
  /// Rows below.
  public var bottom: Int
  /// Columns to the right.
  public var right: Int

  /// Padding of the four edges, in pixels.
  public init(top: Int = 0, left: Int = 0, bottom: Int = 0, right: Int = 0) {
    self.top = top
    self.left = left
    self.bottom = bottom
    self.right = right
  }

  /// No padding.
  public static let none = EdgePadding()
}

extension EdgePadding: CustomStringConvertible {
  /// The four edges, as in `0,0,1,1`: top, left, bottom, right.
  public var description: String { "\(top),\(left),\(bottom),\(right)" }
}

/// How a window slides over the rows and columns of `[N, H, W, C]`; shared by convolution and pooling.
public struct Window: Hashable, Sendable {
  /// Rows and columns of the window.
  public var height: Int, width: Int
  /// Rows and columns from one window to the next.
  public var rowStride: Int, columnStride: Int
  /// What is added around the picture first.
  public var padding: EdgePadding

  /// A window of `height × width`; strides are at least 1.
  public init(height: Int, width: Int, rowStride: Int, columnStride: Int, padding: EdgePadding = .none) {
    self.height = height
    self.width = width
    self.rowStride = rowStride
    self.columnStride = columnStride
    self.padding = padding
  }

  /// Rows and columns of windows that fit: `⌊(n + padding − k) / stride⌋ + 1` each, nil if none does.
  public func outputSize(height inputHeight: Int, width inputWidth: Int) -> (height: Int, width: Int)? {
    let rows = inputHeight + padding.top + padding.bottom - height
    let columns = inputWidth + padding.left + padding.right - width
    guard height > 0, width > 0, rows >= 0, columns >= 0, rowStride > 0, columnStride > 0 else { return nil }
    return (rows / rowStride + 1, columns / columnStride + 1)
  }
}

extension Window: CustomStringConvertible {
  /// `3×3 stride 1×1`, with the padding if there is any.
  public var description: String {
    "\(height)×\(width) stride \(rowStride)×\(columnStride)" + (padding == .none ? "" : " padding \(padding)")
  }
}

/// Settings of a two-dimensional convolution: `y = activation(x ∗ kernel + bias)`.
public struct Convolution: Hashable, Sendable {
  /// The kernel's window.
  public var window: Window
  /// Input channels are split into this many groups, each with its own kernels.
  public var groups: Int
  /// An elementwise function applied to the result in the same pass.
  public var activation: ActivationFunction?

  /// A convolution without activation unless one is given.
  public init(window: Window, groups: Int = 1, activation: ActivationFunction? = nil) {
    self.window = window
    self.groups = groups
    self.activation = activation
  }
}

/// Settings of two-dimensional pooling.
public struct Pooling: Hashable, Sendable {
  /// How the pixels are combined in a window.
  public enum Kind: String, Hashable, Sendable {
    /// The largest; padding never wins.
    case maximum
    /// The mean of those inside the picture; padding doesn't count (as in Keras).
    case average
  }

  /// How the pixels are combined in a window.
  public var kind: Kind
  /// The window and its strides.
  public var window: Window
  /// Whether negative results become 0 in the same pass (max-pooling and ReLU commute).
  public var hasReLU: Bool

  /// Pooling without ReLU unless asked for.
  public init(kind: Kind, window: Window, hasReLU: Bool = false) {
    self.kind = kind
    self.window = window
    self.hasReLU = hasReLU
  }
}
