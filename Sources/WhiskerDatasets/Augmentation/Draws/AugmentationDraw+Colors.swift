import WhiskerImages

extension AugmentationDraw {
  /// All changes of colours in one; nil if there are none.
  ///
  /// - Parameter mean: The photo's mean colour, which the contrast keeps.
  func colorMap(mean: () -> SIMD3<Float>) -> ColorMap? {
    guard channelShift != nil || brightness != nil || jitter != nil || isGray else { return nil }
    var map = ColorMap.identity
    if let channelShift { map = .channelOffsets(SIMD3(repeating: channelShift)) }
    if let brightness { map = ColorMap.brightness(brightness).composed(with: map) }
    if let jitter { map = jitter.colorMap(after: map, mean: mean) }
    return isGray ? ColorMap.grayscale.composed(with: map) : map
  }
}

extension AugmentationDraw.Jitter {
  /// The four steps after a change of colours.
  fileprivate func colorMap(after map: ColorMap, mean: () -> SIMD3<Float>) -> ColorMap {
    var map = map
    for place in Step.allCases.indices {
      switch step(at: place) {
      case .brightness:
        if brightness != 1 { map = ColorMap.brightness(brightness).composed(with: map) }
      case .contrast:
        if contrast != 1 {
          let level = (map(mean()) * ColorMap.luma).sum()
          map = ColorMap.contrast(contrast, mean: level).composed(with: map)
        }
      case .saturation:
        if saturation != 1 { map = ColorMap.saturation(saturation).composed(with: map) }
      case .hue:
        if hue != 0 { map = ColorMap.hue(degrees: hue).composed(with: map) }
      }
    }
    return map
  }
}

extension PixelView {
  /// The mean colour, 0 to 255; a gray photo's three channels are alike.
  var meanColor: SIMD3<Float> {
    var sums = SIMD3<Int>.zero
    for place in stride(from: 0, to: pixels.count, by: channels) {
      for channel in 0..<channels { sums[channel] += Int(pixels[place + channel]) }
    }
    if channels == 1 { sums = SIMD3(repeating: sums.x) }
    let count = Float(max(1, height * width))
    return SIMD3(Float(sums.x) / count, Float(sums.y) / count, Float(sums.z) / count)
  }
}
