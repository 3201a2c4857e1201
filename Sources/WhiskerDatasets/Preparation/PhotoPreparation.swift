public import Foundation
public import WhiskerImages
public import WhiskerSystem
public import WhiskerTensors

/// How a photo becomes a network's input: size, channels, the factor that its bytes are multiplied by, what is
/// added then, and how the numbers are standardized.
///
/// It is saved with the model and used again at prediction, so that both see the same inputs. The value of a
/// pixel is `Float(byte) * rescale`, one single-precision multiplication, as in Keras, plus the channel's
/// offset where published networks have one, unless it is standardized.
public struct PhotoPreparation: Hashable, Sendable, Codable {
  /// Rows after resizing.
  public var height: Int
  /// Columns after resizing.
  public var width: Int
  /// 3 for RGB, 1 for gray.
  public var channels: Int
  /// How photos are resized; proportions aren't kept.
  public var interpolation: Interpolation
  /// What each byte, 0 to 255, is multiplied by.
  public var rescale: Float
  /// What is added to each channel's scaled numbers, in RGB's order: `[−1, −1, −1]`; nil adds nothing.
  ///
  /// A value is `byte · rescale + offset`.
  public var offsets: [Float]?
  /// The order in which a network takes the channels.
  public var channelOrder: ChannelOrder
  /// How the scaled numbers are standardized, with what was learned for it; nil leaves them.
  ///
  /// ``PhotoDataset/standardized(_:progress:)`` learns it.
  public var standardization: FittedStandardization?

  /// The largest `height` and `width`.
  public static let largestSide = 16_384

  /// A preparation to the given size.
  public init(
    height: Int, width: Int, channels: Int = 3, interpolation: Interpolation = .nearest,
    rescale: Float = 1 / 255, offsets: [Float]? = nil, channelOrder: ChannelOrder = .rgb,
    standardization: FittedStandardization? = nil
  ) {
    self.height = height
    self.width = width
    self.channels = channels
    self.interpolation = interpolation
    self.rescale = rescale
    self.offsets = offsets
    self.channelOrder = channelOrder
    self.standardization = standardization
  }

  /// `[height, width, channels]`.
  public var sampleShape: Shape { [height, width, channels] }

  /// Checks the numbers, and that all learned numbers are there.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`.
  public func validate() throws(WhiskerError) {
    try checkNumbers()
    try standardization?.validate(for: self)
  }

  private func checkNumbers() throws(WhiskerError) {
    let sides = 1...Self.largestSide
    guard sides.contains(height), sides.contains(width) else {
      throw WhiskerError(
        .invalidSetting, "image size",
        expected: "1 to \(Self.largestSide) pixels a side", got: "\(height) × \(width)")
    }
    guard channels == 1 || channels == 3 else {
      throw WhiskerError(.invalidSetting, "channels", expected: "3 (RGB) or 1 (gray)", got: "\(channels)")
    }
    guard rescale.isFinite, rescale != 0 else {
      throw WhiskerError(
        .invalidSetting, "rescale", expected: "a finite factor other than 0", got: "\(rescale)")
    }
    if let offsets, offsets.count != channels || !offsets.allSatisfy(\.isFinite) {
      throw WhiskerError(
        .invalidSetting, "offsets", expected: "a number for each of \(channels) channels", got: "\(offsets)")
    }
    guard channelOrder == .rgb || channels == 3 else {
      throw WhiskerError(.invalidSetting, "channel order", expected: "3 channels to swap", got: "\(channels)")
    }
  }

  /// Reads a photo and prepares it.
  ///
  /// - Returns: A tensor of ``sampleShape``.
  /// - Throws: `WhiskerError` if the file can't be decoded.
  public func prepare(contentsOf url: URL) throws(WhiskerError) -> Tensor {
    prepare(try decode(url, reusing: nil))
  }

  /// Prepares a photo: colours, size and scale.
  ///
  /// - Returns: A tensor of ``sampleShape``.
  public func prepare(_ photo: Photo) -> Tensor {
    let values = [Float](unsafeUninitializedCapacity: sampleShape.count) { values, count in
      fitted(photo).pixels.withUnsafeBufferPointer { convert($0, into: values) }
      count = sampleShape.count
    }
    return Tensor(shape: sampleShape, values: values)
  }

  /// Gives a photo the colours and the size; its numbers remain bytes.
  func fitted(_ photo: Photo) -> Photo {
    let coloured = channels == 1 ? photo.gray : photo.rgb
    return coloured.resized(height: height, width: width, interpolation: interpolation)
  }

  /// Decodes and resizes a photo; its numbers remain bytes.
  func decode(_ url: URL, reusing decompressor: JPEGDecompressor?) throws(WhiskerError) -> Photo {
    try PhotoDecoder(channels: channels).decode(
      contentsOf: url, resizedTo: PhotoSize(height: height, width: width, interpolation: interpolation),
      reusing: decompressor)
  }

  /// Writes the input values of a whole photo's bytes.
  func convert(_ bytes: UnsafeBufferPointer<UInt8>, into values: UnsafeMutableBufferPointer<Float>) {
    scale(bytes, into: values)
    finish(values)
  }

  /// Writes the scaled values of as many bytes as `values` holds places, not standardized yet.
  func scale(_ bytes: UnsafeBufferPointer<UInt8>, into values: UnsafeMutableBufferPointer<Float>) {
    precondition(bytes.count == values.count, "\(bytes.count) bytes for \(values.count) values")
    guard let source = bytes.baseAddress, let target = values.baseAddress else { return }
    // Plain pointers in a plain loop: the compiler turns it into SIMD.
    let factor = rescale
    for index in 0..<bytes.count { target[index] = Float(source[index]) * factor }
  }

  /// Makes input values of a whole photo's scaled ones: offsets, order of channels, standardization.
  package func finish(_ values: UnsafeMutableBufferPointer<Float>) {
    if let target = values.baseAddress {
      if let offsets { add(offsets, to: target, count: values.count) }
      if channelOrder == .bgr {
        for pixel in stride(from: 0, to: values.count, by: 3) {
          (target[pixel], target[pixel + 2]) = (target[pixel + 2], target[pixel])
        }
      }
    }
    standardization?.apply(to: values)
  }

  private func add(_ offsets: [Float], to target: UnsafeMutablePointer<Float>, count: Int) {
    if offsets.count == 3 {
      let (red, green, blue) = (offsets[0], offsets[1], offsets[2])
      for pixel in stride(from: 0, to: count, by: 3) {
        target[pixel] += red
        target[pixel + 1] += green
        target[pixel + 2] += blue
      }
    } else {
      for index in 0..<count { target[index] += offsets[0] }
    }
  }
}

extension PhotoPreparation {
  private enum CodingKeys: String, CodingKey {
    case height, width, channels, interpolation, rescale, offsets, standardization
    case channelOrder = "channel_order"
  }

  /// Reads the values and checks them; a whitening matrix is kept elsewhere.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      height: try container.decode(Int.self, forKey: .height),
      width: try container.decode(Int.self, forKey: .width),
      channels: try container.decode(Int.self, forKey: .channels),
      interpolation: try container.decode(Interpolation.self, forKey: .interpolation),
      rescale: try container.decode(Float.self, forKey: .rescale),
      offsets: try container.decodeIfPresent([Float].self, forKey: .offsets),
      channelOrder: try container.decodeIfPresent(ChannelOrder.self, forKey: .channelOrder) ?? .rgb,
      standardization: try container.decodeIfPresent(FittedStandardization.self, forKey: .standardization))
    do throws(WhiskerError) {
      try checkNumbers()
    } catch {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "\(error)"))
    }
  }
  /// Writes the values; offsets and the order of channels only if they aren't the plain ones.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(height, forKey: .height)
    try container.encode(width, forKey: .width)
    try container.encode(channels, forKey: .channels)
    try container.encode(interpolation, forKey: .interpolation)
    try container.encode(rescale, forKey: .rescale)
    try container.encodeIfPresent(offsets, forKey: .offsets)
    if channelOrder != .rgb { try container.encode(channelOrder, forKey: .channelOrder) }
    try container.encodeIfPresent(standardization, forKey: .standardization)
  }
}

/// The order in which a network takes a photo's channels.
public enum ChannelOrder: String, Codable, Hashable, Sendable, CaseIterable {
  /// Red, green, blue.
  case rgb
  /// Blue, green, red, as Caffe's networks were trained.
  case bgr
}

extension ChannelOrder {
  /// Reads a name.
  public init(from decoder: any Decoder) throws { self = try decodeChoice(from: decoder) }
}
