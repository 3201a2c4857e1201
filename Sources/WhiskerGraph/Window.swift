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
  /// Rows and columns from one pixel of a window to the next; 1 for neighbours.
  public var rowDilation: Int, columnDilation: Int
  /// What is added around the picture first.
  public var padding: EdgePadding

  /// A window of `height × width`; strides and dilations are at least 1.
  public init(
    height: Int, width: Int, rowStride: Int, columnStride: Int, rowDilation: Int = 1, columnDilation: Int = 1,
    padding: EdgePadding = .none
  ) {
    self.height = height
    self.width = width
    self.rowStride = rowStride
    self.columnStride = columnStride
    self.rowDilation = rowDilation
    self.columnDilation = columnDilation
    self.padding = padding
  }

  /// Rows and columns from the first pixel of a window to the last, both included: `(k − 1) · dilation + 1`.
  public var reach: (height: Int, width: Int) {
    ((height - 1) * rowDilation + 1, (width - 1) * columnDilation + 1)
  }

  /// Whether the pixels of a window aren't neighbours.
  public var isDilated: Bool { rowDilation != 1 || columnDilation != 1 }

  /// Rows and columns of windows that fit: `⌊(n + padding − reach) / stride⌋ + 1` each, nil if none does.
  public func outputSize(height inputHeight: Int, width inputWidth: Int) -> (height: Int, width: Int)? {
    guard height > 0, width > 0, rowStride > 0, columnStride > 0, rowDilation > 0, columnDilation > 0 else {
      return nil
    }
    let rows = inputHeight + padding.top + padding.bottom - reach.height
    let columns = inputWidth + padding.left + padding.right - reach.width
    guard rows >= 0, columns >= 0 else { return nil }
    return (rows / rowStride + 1, columns / columnStride + 1)
  }
}

extension Window: CustomStringConvertible {
  /// `3×3 stride 1×1`, with the dilation and the padding if there are any.
  public var description: String {
    "\(height)×\(width) stride \(rowStride)×\(columnStride)"
      + (isDilated ? " dilation \(rowDilation)×\(columnDilation)" : "")
      + (padding == .none ? "" : " padding \(padding)")
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
