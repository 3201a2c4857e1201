extension MutablePixelView {
  /// The mean of the pixels' lumas, each rounded, and rounded: what Pillow's contrast is measured from.
  var meanLuma: Int {
    var sum = 0
    if channels == 1 {
      for byte in bytes { sum &+= Int(byte) }
    } else {
      for index in 0..<(height * width) { sum &+= Int(luma(at: 3 &* index)) }
    }
    return Int(Double(sum) / Double(height * width) + 0.5)
  }

  /// Mixes each pixel with its luma.
  func saturate(_ factor: Float) {
    if channels == 1 { return }
    for index in 0..<(height * width) {
      let place = 3 &* index
      let luma = luma(at: place)
      for channel in 0..<3 {
        bytes[place &+ channel] = mixed(Int(bytes[place &+ channel]), over: luma, factor)
      }
    }
  }

  /// Mixes the photo with its smoothed self.
  func sharpen(_ factor: Float, scratch: inout PixelScratch) {
    guard height >= 3, width >= 3, let target = bytes.baseAddress else { return }
    let stride = width * channels
    // The row above and the row itself as they were; the row below hasn't changed yet.
    var above = scratch.bytes(2 * stride)
    var current = above + stride
    above.update(from: target, count: stride)
    for row in 1..<(height - 1) {
      let line = target + row * stride
      current.update(from: line, count: stride)
      let below = UnsafePointer(line + stride)
      for index in channels..<(stride - channels) {
        let (left, right) = (index &- channels, index &+ channels)
        let top = Int32(above[left]) &+ Int32(above[index]) &+ Int32(above[right])
        let middle = Int32(current[left]) &+ 5 &* Int32(current[index]) &+ Int32(current[right])
        let bottom = Int32(below[left]) &+ Int32(below[index]) &+ Int32(below[right])
        // (2·sum + 13) / 26 by multiplication: the thirteenth part, rounded.
        let smooth = ((2 &* (top &+ middle &+ bottom) &+ 13) &* 40330) >> 20
        line[index] = mixed(Int(current[index]), over: Int(smooth), factor)
      }
      swap(&above, &current)
    }
  }

  /// The luma of the RGB pixel that begins at a byte.
  @inline(__always)
  private func luma(at place: Int) -> Int {
    Int(PixelView.luma(bytes[place], bytes[place &+ 1], bytes[place &+ 2]))
  }
}
