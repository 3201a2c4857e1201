import Testing
import WhiskerImages

@Suite struct ColorMapTests {
  static let maps: [ColorMap] = [
    .identity, .grayscale, .brightness(1.3), .contrast(0.6, mean: 110), .saturation(1.7), .hue(degrees: 40),
    .channelOffsets([12, -7, 3]),
  ]

  private func distance(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> Float {
    let difference = a - b
    return (difference * difference).sum().squareRoot()
  }

  @Test(arguments: maps) func composingIsApplyingOneAfterTheOther(first: ColorMap) {
    for second in Self.maps {
      let color = SIMD3<Float>(200, 31, 90)
      #expect(distance(second.composed(with: first)(color), second(first(color))) < 1e-3)
    }
    #expect(first.composed(with: .identity) == first)
  }

  @Test func everyConstructorKeepsWhatItSays() {
    let color = SIMD3<Float>(200, 31, 90)
    let luma = (color * ColorMap.luma).sum()
    let gray = SIMD3<Float>(repeating: luma)
    #expect(ColorMap.identity(color) == color)
    #expect(distance(ColorMap.grayscale(color), gray) < 1e-3)
    #expect(distance(ColorMap.saturation(0)(color), gray) < 1e-3)
    #expect(distance(ColorMap.saturation(1)(color), color) < 1e-3)
    #expect(distance(ColorMap.saturation(2)(color), color * 2 - gray) < 1e-3)
    #expect(ColorMap.contrast(0, mean: 90)(color) == [90, 90, 90])
    #expect(ColorMap.brightness(0.5)(color) == color * 0.5)
    for degrees in stride(from: Float(-360), through: 360, by: 45) {
      let turned = ColorMap.hue(degrees: degrees)
      #expect(abs((turned(color) * ColorMap.luma).sum() - luma) < 1e-3)
      #expect(distance(turned(gray), gray) < 1e-3)
    }
    #expect(distance(ColorMap.hue(degrees: 0)(color), color) < 1e-3)
    #expect(distance(ColorMap.hue(degrees: 360)(color), color) < 1e-2)
    // From red towards yellow: more green, less blue.
    let turned = ColorMap.hue(degrees: 30)([200, 50, 50])
    #expect(turned.y > 60 && turned.z < 40)
  }

  @Test(arguments: maps) func aWarpClampsThenScales(map: ColorMap) {
    for channels in [1, 3] {
      let photo = Photo.formula(height: 13, width: 90, channels: channels)
      let result = photo.warpedTensor(PhotoWarp(color: map, scale: 0.01), height: 13, width: 90)
      let colors = photo.rgb.pixels
      for pixel in 0..<(13 * 90) {
        let color = map(
          [Float(colors[3 * pixel]), Float(colors[3 * pixel + 1]), Float(colors[3 * pixel + 2])])
        for channel in 0..<channels {
          let expected = min(max(color[channel], 0), 255) * 0.01
          #expect(abs(result.values[channels * pixel + channel] - expected) < 1e-5)
        }
      }
    }
  }
}
