public import Foundation
public import WhiskerSystem
public import WhiskerTensors

extension Photo {
  /// Reads a photo of any supported format; see ``PhotoDecoder``.
  ///
  /// - Parameters:
  ///   - url: The file.
  ///   - channels: 3 for RGB, 1 for gray.
  ///   - size: What to resize it to; nil keeps its own size.
  /// - Throws: ``WhiskerSystem/WhiskerError``, which names the file.
  public init(contentsOf url: URL, channels: Int = 3, resizedTo size: PhotoSize? = nil) throws(WhiskerError) {
    self = try PhotoDecoder(channels: channels).decode(contentsOf: url, resizedTo: size)
  }

  /// The input values that the pixels make, `[height, width, channels]`.
  ///
  /// - Parameter rescale: What each level, 0 to 255, is multiplied by.
  public func tensor(rescale: Float = 1 / 255) -> Tensor {
    Tensor(shape: shape, values: pixels.map { Float($0) * rescale })
  }
}
