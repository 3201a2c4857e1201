import WhiskerGraph
import WhiskerSystem
import WhiskerTensors

/// What happens at the edges when a window slides over a picture.
public enum Padding: String, Hashable, Sendable, CaseIterable, Codable {
  /// Windows stay inside: `⌊(n − k) / s⌋ + 1` of them along an axis.
  case valid
  /// Zeros around the picture, the odd one below and to the right, so that there are `⌈n / s⌉`.
  case same
}

extension Window {
  /// The window of a layer over an input of `height × width` pixels.
  init(
    size: Size2D, strides: Size2D, dilation: Size2D = 1, padding: Padding, height: Int, width: Int
  ) {
    self.init(
      height: size.height, width: size.width, rowStride: strides.height, columnStride: strides.width,
      rowDilation: dilation.height, columnDilation: dilation.width)
    guard padding == .same else { return }
    let rows = Window.missing(height, window: reach.height, stride: strides.height)
    let columns = Window.missing(width, window: reach.width, stride: strides.width)
    self.padding = EdgePadding(
      top: rows / 2, left: columns / 2, bottom: rows - rows / 2, right: columns - columns / 2)
  }

  /// Pixels to add along an axis of `size` for `⌈size / stride⌉` windows.
  private static func missing(_ size: Int, window: Int, stride: Int) -> Int {
    max(0, ((size + stride - 1) / stride - 1) * stride + window - size)
  }
}

extension Layer {
  /// The rows and columns that a window leaves of an input.
  func slidingShape(
    for input: Shape, size: Size2D, strides: Size2D, dilation: Size2D = 1, padding: Padding
  ) throws(WhiskerError) -> (height: Int, width: Int) {
    guard input.rank == 3 else {
      throw error(.shapeMismatch, expected: "an input (height, width, channels)", got: "\(input)")
    }
    guard strides == 1 || dilation == 1 else {
      throw error(
        .invalidSetting, expected: "a dilation_rate of 1 with strides of \(strides)", got: "\(dilation)")
    }
    let window = Window(
      size: size, strides: strides, dilation: dilation, padding: padding, height: input[0], width: input[1])
    guard let result = window.outputSize(height: input[0], width: input[1]), input.count > 0 else {
      throw error(
        .shapeMismatch,
        expected: "an input of at least \(window.reach.height) × \(window.reach.width) pixels",
        got: "\(input[0]) × \(input[1]): the image size is too "
          + "small for the network")
    }
    return result
  }
}

extension Padding {
  /// Reads a name.
  public init(from decoder: any Decoder) throws { self = try decodeChoice(from: decoder) }
}
