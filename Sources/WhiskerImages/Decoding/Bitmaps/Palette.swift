/// The 256 colours of a picture with a palette.
///
/// An index that the file doesn't define is black, as in Pillow.
struct Palette {
  /// Red, green and blue of each index.
  private(set) var colors = [UInt8](repeating: 0, count: 768)

  /// How the bytes of a colour lie.
  enum Order { case rgb, bgr }

  /// A palette of `stride` bytes a colour, of which the first three count.
  init(colors bytes: UnsafeRawBufferPointer, order: Order, stride: Int) {
    for index in 0..<min(256, bytes.count / stride) {
      let color = stride * index
      for channel in 0..<3 {
        colors[3 * index + channel] = bytes[color + (order == .rgb ? channel : 2 - channel)]
      }
    }
  }

  /// The picture of indices, in RGB.
  func photo(ofIndices indices: [UInt8], height: Int, width: Int) -> Photo {
    colors.withUnsafeBufferPointer { colors in
      Photo(height: height, width: width, channels: 3) { output in
        for (pixel, index) in indices.enumerated() {
          let color = 3 * Int(index)
          output[3 * pixel] = colors[color]
          output[3 * pixel + 1] = colors[color + 1]
          output[3 * pixel + 2] = colors[color + 2]
        }
      }
    }
  }
}
