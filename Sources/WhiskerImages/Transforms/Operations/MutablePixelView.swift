/// Pixels that someone else owns and that are changed in place, for the length of one call.
package struct MutablePixelView {
  package let height: Int
  package let width: Int
  package let channels: Int
  /// `height × width × channels` bytes.
  package let bytes: UnsafeMutableBufferPointer<UInt8>

  package init(height: Int, width: Int, channels: Int, bytes: UnsafeMutableBufferPointer<UInt8>) {
    precondition(bytes.count == height * width * channels, "the view doesn't fit its pixels")
    precondition(channels == 1 || channels == 3, "expected 1 or 3 channels, got \(channels)")
    self.height = height
    self.width = width
    self.channels = channels
    self.bytes = bytes
  }

  /// The same pixels to be read.
  package var view: PixelView {
    PixelView(height: height, width: width, channels: channels, pixels: UnsafeBufferPointer(bytes))
  }
}

/// Memory that pixel operations work in, kept from one photo to the next.
package struct PixelScratch: ~Copyable {
  private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  package init() {}

  deinit { memory.deallocate() }

  /// Room for this many numbers, of no particular value; it is valid until the next call.
  mutating func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    grown(to: count * MemoryLayout<Float>.stride).bindMemory(to: Float.self, capacity: count)
  }

  /// Room for this many bytes, of no particular value; it is valid until the next call.
  mutating func bytes(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    grown(to: count).bindMemory(to: UInt8.self, capacity: count)
  }

  private mutating func grown(to byteCount: Int) -> UnsafeMutableRawPointer {
    if let start = memory.baseAddress, memory.count >= byteCount { return start }
    memory.deallocate()
    let start = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
    memory = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
    return start
  }
}
