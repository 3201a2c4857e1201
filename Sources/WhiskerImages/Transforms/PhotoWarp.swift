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
  /// What every level, 0…255, is multiplied by in the end.
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
    guard let pixels = source.pixels.baseAddress, let target = output.baseAddress else { return }
    if source.width > 1 || source.channels == 1 {
      let source = SamplerSource(source, fill: fill, pixels: pixels, stride: source.width * source.channels)
      return write(source, height, width, into: target)
    }
    // The samplers read words of four bytes, for which a single column of colours is too narrow.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 6 * source.height) { widened in
      for index in widened.indices { widened[index] = pixels[index / 6 * 3 + index % 3] }
      guard let widened = widened.baseAddress else { return }
      write(SamplerSource(source, fill: fill, pixels: widened, stride: 6), height, width, into: target)
    }
  }

  private func write(
    _ source: SamplerSource, _ height: Int, _ width: Int, into target: UnsafeMutablePointer<Float>
  ) {
    switch sampling {
    case .nearest:
      WarpPass(self, source: source, sampler: NearestSampler(source: source))
        .write(height: height, width: width, into: target)
    case .bilinear:
      WarpPass(self, source: source, sampler: BilinearSampler(source: source))
        .write(height: height, width: width, into: target)
    case .bicubic:
      WarpPass(self, source: source, sampler: BicubicSampler(source: source))
        .write(height: height, width: width, into: target)
    }
  }
}
