public import WhiskerDatasets
public import WhiskerImages
public import WhiskerLayers
import WhiskerSystem

/// How a network of `keras.applications` wants the bytes of photos: what `preprocess_input` does to them, by the names
/// of its modes (`keras.src.applications.imagenet_utils`).
public enum Preprocessing: String, Hashable, Sendable, CaseIterable, Codable {
  /// `byte`, 0 to 255: the network scales them itself.
  case bytes
  /// `byte / 255`, 0 to 1.
  case unit
  /// `byte / 127.5 − 1`, −1 to 1.
  case tf
  /// `(byte / 255 − mean) / deviation` with ImageNet's mean and deviation of each channel.
  case torch
  /// Blue, green, red: `byte − mean`, with ImageNet's mean of each channel.
  case caffe

  /// ImageNet's means, red, green, blue, of bytes over 255.
  private static let means: [Float] = [0.485, 0.456, 0.406]
  /// Its standard deviations.
  private static let deviations: [Float] = [0.229, 0.224, 0.225]

  /// How photos of a size are prepared; for ``torch`` together with ``layer``.
  ///
  /// - Parameters:
  ///   - height: Rows.
  ///   - width: Columns.
  ///   - channels: 3, or 1 for gray; ``caffe`` and ``torch`` are for 3.
  ///   - interpolation: How photos are resized.
  public func preparation(
    height: Int, width: Int, channels: Int = 3, interpolation: Interpolation = .bilinear
  ) -> PhotoPreparation {
    var preparation = PhotoPreparation(
      height: height, width: width, channels: channels, interpolation: interpolation, rescale: 1)
    switch self {
    case .bytes, .torch: break
    case .unit: preparation.rescale = 1 / 255
    case .tf:
      preparation.rescale = 1 / 127.5
      preparation.offsets = [Float](repeating: -1, count: channels)
    case .caffe:
      preparation.offsets = [-123.68, -116.779, -103.939]
      preparation.channelOrder = .bgr
    }
    return preparation
  }

  /// A layer that goes before the network, for what no preparation does; nil for all but ``torch``.
  public var layer: Rescaling? {
    guard self == .torch else { return nil }
    let scales = Self.deviations.map { 1 / (255 * $0) }
    return Rescaling(
      channels: scales, offsets: zip(Self.means, Self.deviations).map { -$0 / $1 }, name: "preprocess_input")
  }

  /// Whether a network that takes photos of so many channels can want this.
  public func fits(channels: Int) -> Bool { channels == 3 || (self != .caffe && self != .torch) }
}

extension Preprocessing {
  /// Reads a name.
  public init(from decoder: any Decoder) throws { self = try decodeChoice(from: decoder) }
}

extension Preprocessing: CustomStringConvertible {
  /// "byte / 127.5 − 1".
  public var description: String {
    switch self {
    case .bytes: "bytes as they are"
    case .unit: "byte / 255"
    case .tf: "byte / 127.5 − 1"
    case .torch: "(byte / 255 − ImageNet's mean) / deviation"
    case .caffe: "byte − ImageNet's mean, blue first"
    }
  }
}
