import WhiskerImages

/// A copy of a photo for operations that can't be part of the one pass: RandAugment's on pixels, and the blur.
///
/// Its memory is reused from photo to photo.
struct PixelStage: ~Copyable {
  private var bytes: [UInt8] = []
  private var scratch = PixelScratch()

  /// Hands `body` the photo after the operations of a draw; the photo itself if there are none.
  ///
  /// - Parameter scale: How large the photo is, as a multiple of the size that the draw is for.
  mutating func withChanged(
    _ photo: PixelView, _ draw: AugmentationDraw, scale: Float, _ body: (PixelView) -> Void
  ) {
    guard draw.blur != nil || draw.policy.contains(where: { $0.onPixels != nil }) else { return body(photo) }
    if bytes.count != photo.pixels.count { bytes = Array(repeating: 0, count: photo.pixels.count) }
    bytes.withUnsafeMutableBufferPointer { bytes in
      _ = bytes.update(fromContentsOf: photo.pixels)
      let pixels = MutablePixelView(
        height: photo.height, width: photo.width, channels: photo.channels, bytes: bytes)
      for operation in draw.policy { operation.onPixels?.apply(to: pixels, scratch: &scratch) }
      if let sigma = draw.blur {
        PixelOperation.blur(sigma: sigma * scale).apply(to: pixels, scratch: &scratch)
      }
      body(pixels.view)
    }
  }
}

extension PolicyOperation {
  /// The change of pixels; nil for geometry, which is part of the one pass.
  fileprivate var onPixels: PixelOperation? {
    switch self {
    case .identity, .shearX, .shearY, .translateX, .translateY, .rotate: nil
    case .brightness(let factor): .brightness(factor)
    case .color(let factor): .saturation(factor)
    case .contrast(let factor): .contrast(factor)
    case .sharpness(let factor): .sharpness(factor)
    case .posterize(let bits): .posterize(bits: bits)
    case .solarize(let threshold): .solarize(threshold: threshold)
    case .autoContrast: .autocontrast
    case .equalize: .equalize
    }
  }
}
