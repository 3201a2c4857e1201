public import WhiskerImages

extension HeatMap {
  /// The map over a photo, in RGB: cold places show the photo as it is, hot ones are covered by up to one half.
  public func overlay(on photo: Photo) -> Photo {
    let map = resized(height: photo.height, width: photo.width)
    var result = photo.rgb
    for (index, value) in map.values.enumerated() {
      let color = Self.color(of: value)
      let opacity = Self.largestOpacity * value
      for (channel, part) in color.enumerated() {
        let place = index * 3 + channel
        let mixed = Float(result.pixels[place]) * (1 - opacity) + 255 * part * opacity
        result.pixels[place] = UInt8(max(0, min(255, mixed.rounded())))
      }
    }
    return result
  }

  private static let largestOpacity: Float = 0.5

  /// The colour of a value from 0 to 1: blue, cyan, yellow, red.
  ///
  /// Each part is a trapezoid `1.5 − |3x + ½ − c|` held to 0…1, with centres c of 3 (red), 2 (green) and 1 (blue).
  static func color(of value: Float) -> [Float] {
    [3, 2, 1].map { center in min(max(1.5 - abs(3 * value + 0.5 - center), 0), 1) }
  }
}
