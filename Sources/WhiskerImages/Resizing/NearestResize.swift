extension PixelView {
  /// The picture at another size, each new pixel the old one under its centre.
  func nearest(height: Int, width: Int) -> Photo {
    let sourceRows = Self.nearestSources(of: self.height, at: height)
    // Byte offsets, so that the inner loop only adds and copies.
    let sourceOffsets = Self.nearestSources(of: self.width, at: width).map { $0 * channels }
    let stride = self.width * channels
    let wholeReads = min(width - 1, sourceOffsets.firstIndex { $0 + 4 > stride } ?? width)
    return Photo(height: height, width: width, channels: channels) { output in
      guard let outputBase = output.baseAddress, let inputBase = pixels.baseAddress else { return }
      var target = outputBase
      for (row, sourceRow) in sourceRows.enumerated() {
        if row > 0 && sourceRow == sourceRows[row - 1] {
          target.update(from: target - width * channels, count: width * channels)
          target += width * channels
          continue
        }
        let source = inputBase + sourceRow * stride
        if channels == 3 {
          // Four bytes at a time, of which the next pixel overwrites the fourth.
          for offset in sourceOffsets[..<wholeReads] {
            let pixel = UnsafeRawPointer(source + offset).loadUnaligned(as: UInt32.self)
            UnsafeMutableRawPointer(target).storeBytes(of: pixel, as: UInt32.self)
            target += 3
          }
          for offset in sourceOffsets[wholeReads...] {
            target.update(from: source + offset, count: 3)
            target += 3
          }
        } else {
          for offset in sourceOffsets {
            for channel in 0..<channels { target[channel] = source[offset + channel] }
            target += channels
          }
        }
      }
    }
  }

  /// The source index of every target index: `⌊(i + ½) · in / out⌋`.
  ///
  /// The position is summed up step by step in Double rather than multiplied: where it should meet a whole
  /// number, rounding decides which pixel is taken, and Pillow sums.
  static func nearestSources(of count: Int, at targetCount: Int) -> [Int] {
    let step = Double(count) / Double(targetCount)
    var position = step * 0.5
    return (0..<targetCount).map { _ in
      defer { position += step }
      return min(Int(position), count - 1)
    }
  }
}
