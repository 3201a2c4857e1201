/// Pixels that someone else owns, for the length of one call: what resizers, converters and warps read.
package struct PixelView {
  package let height: Int
  package let width: Int
  package let channels: Int
  /// `height × width × channels` bytes.
  package let pixels: UnsafeBufferPointer<UInt8>

  package init(height: Int, width: Int, channels: Int, pixels: UnsafeBufferPointer<UInt8>) {
    precondition(pixels.count == height * width * channels, "the view doesn't fit its pixels")
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
  }

  /// A new photo with the same pixels.
  package var copied: Photo { Photo(height: height, width: width, channels: channels, pixels: Array(pixels)) }
}

extension Photo {
  package func withPixelView<Result>(_ body: (PixelView) -> Result) -> Result {
    pixels.withUnsafeBufferPointer {
      body(PixelView(height: height, width: width, channels: channels, pixels: $0))
    }
  }

  /// A photo whose pixels are written once, in place, by `fill`, which must write all of them.
  init(
    height: Int, width: Int, channels: Int,
    filledBy fill: (UnsafeMutableBufferPointer<UInt8>) -> Void
  ) {
    let count = height * width * channels
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      fill(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
      initialized = count
    }
    self.init(height: height, width: width, channels: channels, pixels: pixels)
  }
}
