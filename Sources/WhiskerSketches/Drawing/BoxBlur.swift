/// A blur by repeated averaging over squares, close to a bell curve after two or three passes.
struct BoxBlur {
  /// Pixels to each side of the middle one.
  var radius: Int
  /// How often the picture is averaged.
  var passes: Int

  /// Blurs interleaved 8-bit pixels in place; beyond the edge lies the edge's own pixel.
  func apply(
    to pixels: UnsafeMutableBufferPointer<UInt8>, width: Int, height: Int, channels: Int, rowBytes: Int
  ) {
    precondition(pixels.count >= rowBytes * (height - 1) + width * channels, "the buffer is too small")
    var line = [UInt8](repeating: 0, count: max(width, height))
    for _ in 0..<passes {
      for channel in 0..<channels {
        for row in 0..<height {
          average(
            pixels, from: row * rowBytes + channel, step: channels, count: width, scratch: &line)
        }
        for column in 0..<width {
          average(
            pixels, from: column * channels + channel, step: rowBytes, count: height, scratch: &line)
        }
      }
    }
  }

  /// Replaces each of `count` bytes, `step` apart, by the mean of its `2·radius + 1` neighbours.
  private func average(
    _ pixels: UnsafeMutableBufferPointer<UInt8>, from start: Int, step: Int, count: Int,
    scratch: inout [UInt8]
  ) {
    let last = count - 1
    let window = 2 * radius + 1
    // Rounded division by a fixed number, as a multiplication.
    let reciprocal = (1 << 24) / window + 1
    scratch.withUnsafeMutableBufferPointer { line in
      for index in 0..<count { line[index] = pixels[start + index * step] }
      var sum = 0
      for offset in -radius...radius { sum += Int(line[min(max(offset, 0), last)]) }
      for index in 0..<count {
        let mean = min(((sum + radius) * reciprocal) >> 24, 255)
        pixels[start + index * step] = UInt8(truncatingIfNeeded: mean)
        sum += Int(line[min(index + radius + 1, last)]) - Int(line[max(index - radius, 0)])
      }
    }
  }
}
