public import WhiskerSystem
public import WhiskerTensors

/// A picture of 8-bit pixels in host memory: rows from the top, `[height, width, channels]`.
///
/// Three channels are red, green, blue; one channel is gray.
public struct Photo: Hashable, Sendable {
  /// Rows.
  public let height: Int
  /// Columns.
  public let width: Int
  /// 3 for RGB, 1 for gray.
  public let channels: Int
  /// `height × width × channels` bytes, the channels of one pixel side by side.
  public var pixels: [UInt8]

  /// A picture of the given pixels, of which there must be `height × width × channels`.
  public init(height: Int, width: Int, channels: Int = 3, pixels: [UInt8]) {
    precondition(
      pixels.count == height * width * channels,
      "expected \(height * width * channels) bytes for \(height) × \(width) × \(channels), got \(pixels.count)"
    )
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
  }

  /// `[height, width, channels]`.
  public var shape: Shape { [height, width, channels] }
}

extension Photo: ShortDescription {
  /// The size and the pixels, of many the first and last three bytes.
  public var description: String {
    "Photo(height: \(height), width: \(width), channels: \(channels), pixels: \(pixels.excerpt))"
  }
}
