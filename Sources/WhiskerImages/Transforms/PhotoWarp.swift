/// One pass over a photo: where each pixel is read, how, what lies beyond the edges, its colour and its scale.
///
///     value = clamp(colour map(sample at map(row, column))) · scale
public struct PhotoWarp: Hashable, Sendable {
  /// Where each pixel of the result is read in the photo.
  public var map: AffineMap
  /// How it is made of the pixels around that point.
  public var sampling: Sampling
  /// What lies beyond the photo's edges.
  public var fill: FillMode
  /// The level of every channel beyond the edges when ``fill`` is `constant`, 0…255 as pixels are.
  public var fillValue: Float
  /// The change of colours, the fill's included, after which they are clamped to 0…255; nil for none.
  public var color: ColorMap?
  /// What every level, 0…255, is multiplied with in the end.
  public var scale: Float

  /// A pass of the given steps; by default it changes nothing.
  public init(
    map: AffineMap = .identity, sampling: Sampling = .bilinear, fill: FillMode = .nearest,
    fillValue: Float = 0,
    color: ColorMap? = nil, scale: Float = 1
  ) {
    self.map = map
    self.sampling = sampling
    self.fill = fill
    self.fillValue = fillValue
    self.color = color
    self.scale = scale
  }

  /// Writes the warped photo, `[height, width, channels]`.
  ///
  /// - Parameters:
  ///   - source: The photo, of at least one pixel, gray or RGB.
  ///   - height: Rows of the result.
  ///   - width: Columns of the result.
  ///   - output: Room for exactly `height × width × channels` values.
  package func write(
    _ source: PixelView, height: Int, width: Int, into output: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(map.isUsable, "a photo can't be warped by \(map)")
    precondition(source.height > 0 && source.width > 0, "a photo without pixels can't be warped")
    precondition(output.count == height * width * source.channels, "the output doesn't fit the result")
    for row in 0..<height {
      for column in 0..<width {
        let place = map(row: Double(row), column: Double(column))
        var levels = SIMD3<Float>.zero
        for channel in 0..<source.channels {
          levels[channel] = sample(source, place.row, place.column, channel)
        }
        if source.channels == 1 { levels = SIMD3(repeating: levels.x) }
        if let color { levels = color(levels).clamped(lowerBound: .zero, upperBound: .init(repeating: 255)) }
        for channel in 0..<source.channels {
          output[(row * width + column) * source.channels + channel] = levels[channel] * scale
        }
      }
    }
  }

  private func sample(_ source: PixelView, _ row: Double, _ column: Double, _ channel: Int) -> Float {
    guard let row = coordinate(row, source.height), let column = coordinate(column, source.width) else {
      return fillValue
    }
    func pixel(_ row: Int, _ column: Int) -> Double {
      let (row, column) = (min(row, source.height - 1), min(column, source.width - 1))
      return Double(source.pixels[(row * source.width + column) * source.channels + channel])
    }
    if sampling == .nearest { return Float(pixel(Int(row + 0.5), Int(column + 0.5))) }
    let (firstRow, firstColumn) = (Int(row), Int(column))
    let (down, right) = (row - Double(firstRow), column - Double(firstColumn))
    let top = pixel(firstRow, firstColumn) * (1 - right) + pixel(firstRow, firstColumn + 1) * right
    let bottom = pixel(firstRow + 1, firstColumn) * (1 - right) + pixel(firstRow + 1, firstColumn + 1) * right
    return Float(top * (1 - down) + bottom * down)
  }

  /// The point within `0 ... count − 1` that a coordinate stands for; nil for the fill value.
  private func coordinate(_ x: Double, _ count: Int) -> Double? {
    let last = Double(count - 1)
    switch fill {
    case .nearest: return min(max(x, 0), last)
    case .constant: return x >= 0 && x <= last ? x : nil
    case .reflect:
      let period = Double(2 * count)
      let folded = (x + 0.5) - ((x + 0.5) / period).rounded(.down) * period
      return min(max(min(folded, period - folded) - 0.5, 0), last)
    case .wrap:
      guard last > 0 else { return 0 }
      return x >= 0 && x <= last ? x : x - (x / last).rounded(.down) * last
    }
  }
}
