public import Foundation
public import WhiskerTensors

extension Photo {
  /// Reads a photo of any supported format; see ``PhotoDecoder``.
  ///
  /// - Parameters:
  ///   - url: The file.
  ///   - channels: 3 for RGB, 1 for gray.
  ///   - size: What to resize it to; nil keeps its own size.
  /// - Throws: ``ImageError``, which names the file.
  public init(contentsOf url: URL, channels: Int = 3, resizedTo size: PhotoSize? = nil) throws(ImageError) {
    self = try PhotoDecoder(channels: channels).decode(contentsOf: url, resizedTo: size)
  }

  /// The pixels as numbers 0 to 255, `[height, width, channels]`.
  public var tensor: Tensor { Tensor(shape: shape, values: pixels.map(Float.init)) }

  /// The picture that a tensor holds; numbers are rounded, and those outside 0 to 255 become the nearest.
  ///
  /// - Parameters:
  ///   - tensor: `[height, width, channels]` with 1 or 3 channels, or a batch of one such.
  ///   - rescale: What the pixels were multiplied with to become these numbers, as in a preparation.
  /// - Throws: ``ImageError`` with code `unsupportedFormat` for another shape, or numbers that are none.
  public init(_ tensor: Tensor, rescale: Float = 1) throws(ImageError) {
    let sizes = tensor.shape.sizes
    let axes = sizes.count == 4 && sizes[0] == 1 ? Array(sizes.dropFirst()) : sizes
    guard axes.count == 3, axes[2] == 1 || axes[2] == 3 else {
      throw ImageError(
        .unsupportedFormat, "expected a tensor [height, width, 1 or 3], got \(tensor.shape)")
    }
    guard tensor.values.allSatisfy({ ($0 / rescale).isFinite }) else {
      throw ImageError(.unsupportedFormat, "expected finite numbers as pixels, got infinity or no number")
    }
    self.init(
      height: axes[0], width: axes[1], channels: axes[2],
      pixels: tensor.values.map { UInt8(min(max(($0 / rescale).rounded(), 0), 255)) })
  }
}
