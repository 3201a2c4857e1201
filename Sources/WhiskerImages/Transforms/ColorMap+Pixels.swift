extension ColorMap {
  /// Changes the levels of `pixels` pixels in place, clamps them to 0…255 and multiplies them by a scale.
  ///
  /// Plain numbers in a plain loop, which the compiler turns into SIMD over the pixels.
  package func apply(
    to values: UnsafeMutablePointer<Float>, pixels: Int, channels: Int, scale: Float
  ) {
    let (redOffset, greenOffset, blueOffset) = (offset.x, offset.y, offset.z)
    if channels == 1 {
      let factor = red.x + red.y + red.z
      for index in 0..<pixels { values[index] = (values[index] * factor + redOffset).clampedToLevels * scale }
      return
    }
    let (redFromRed, redFromGreen, redFromBlue) = (red.x, red.y, red.z)
    let (greenFromRed, greenFromGreen, greenFromBlue) = (green.x, green.y, green.z)
    let (blueFromRed, blueFromGreen, blueFromBlue) = (blue.x, blue.y, blue.z)
    for index in 0..<pixels {
      let place = 3 &* index
      let (red, green, blue) = (values[place], values[place &+ 1], values[place &+ 2])
      let newRed = redFromRed * red + redFromGreen * green + redFromBlue * blue + redOffset
      let newGreen = greenFromRed * red + greenFromGreen * green + greenFromBlue * blue + greenOffset
      let newBlue = blueFromRed * red + blueFromGreen * green + blueFromBlue * blue + blueOffset
      values[place] = newRed.clampedToLevels * scale
      values[place &+ 1] = newGreen.clampedToLevels * scale
      values[place &+ 2] = newBlue.clampedToLevels * scale
    }
  }
}

extension Float {
  /// The nearest number in 0…255.
  @inline(__always)
  var clampedToLevels: Float { Swift.min(Swift.max(self, 0), 255) }
}
