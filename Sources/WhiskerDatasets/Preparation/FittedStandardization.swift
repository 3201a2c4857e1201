import WhiskerSystem
public import WhiskerTensors

/// A ``Standardization`` with the statistics of the training photos.
///
///     x ← (x − mean of x) / (deviation of x + 10⁻⁶)          samplewise, over all numbers of the photo
///     x ← (x − mean) / (deviation + 10⁻⁶)                    featurewise, for each channel
///     x ← x · whitening                                      the photo as a row of numbers
public struct FittedStandardization: Hashable, Sendable {
  /// What is done.
  public let settings: Standardization
  /// The mean of each channel of the training photos; empty if channels aren't centred.
  public let mean: [Float]
  /// The standard deviation of each channel of the training photos; empty if channels aren't scaled.
  public let deviation: [Float]
  /// The symmetric matrix that whitens, `[numbers, numbers]`; nil if photos aren't whitened.
  public var whitening: Tensor?

  /// Keras's guard against division by zero.
  private static let epsilon: Float = 1e-6

  /// A standardization with its numbers.
  public init(
    _ settings: Standardization, mean: [Float] = [], deviation: [Float] = [], whitening: Tensor? = nil
  ) {
    self.settings = settings
    self.mean = mean
    self.deviation = deviation
    self.whitening = whitening
  }

  /// Checks that all learned numbers are there and fit the photos of a preparation.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`.
  func validate(for preparation: PhotoPreparation) throws(WhiskerError) {
    try settings.validate(for: preparation)
    let channels = preparation.channels
    func check(_ numbers: [Float], _ isNeeded: Bool, _ name: String) throws(WhiskerError) {
      let count = isNeeded ? channels : 0
      try requireSetting(
        numbers.count == count && numbers.allSatisfy(\.isFinite), "standardization \(name)",
        expected: "\(count) finite numbers", got: "\(numbers)")
    }
    try check(mean, settings.centersFeatures, "mean")
    try check(deviation, settings.featurewiseStdNormalization, "deviation")
    let count = preparation.sampleShape.count
    let expected: Shape? = settings.zcaWhitening ? [count, count] : nil
    func text(_ shape: Shape?) -> String { shape.map { "\($0)" } ?? "none" }
    try requireSetting(
      whitening?.shape == expected, "standardization whitening",
      expected: "\(text(expected))", got: "\(text(whitening?.shape))")
  }

  /// Standardizes the rescaled numbers of one photo in place.
  func apply(to values: UnsafeMutableBufferPointer<Float>) {
    if settings.centersSamples { standardizeSample(values) }
    if !mean.isEmpty { standardizeChannels(values) }
    if let whitening { whiten(values, whitening) }
  }

  private func standardizeSample(_ values: UnsafeMutableBufferPointer<Float>) {
    let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
    var divisor: Float = 1
    if settings.samplewiseStdNormalization {
      let squares = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      divisor = Float((squares / Double(values.count)).squareRoot()) + Self.epsilon
    }
    let center = Float(mean)
    for index in values.indices { values[index] = (values[index] - center) / divisor }
  }

  private func standardizeChannels(_ values: UnsafeMutableBufferPointer<Float>) {
    let channels = mean.count
    for channel in 0..<channels {
      let center = mean[channel]
      let divisor = deviation.isEmpty ? 1 : deviation[channel] + Self.epsilon
      for index in stride(from: channel, to: values.count, by: channels) {
        values[index] = (values[index] - center) / divisor
      }
    }
  }

  private func whiten(_ values: UnsafeMutableBufferPointer<Float>, _ whitening: Tensor) {
    let count = values.count
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { photo in
      _ = photo.initialize(fromContentsOf: values)
      whitening.values.withUnsafeBufferPointer { matrix in
        guard let matrix = matrix.baseAddress, let target = values.baseAddress else { return }
        // The matrix is symmetric: adding up its rows reads memory in order and vectorises.
        values.update(repeating: 0)
        for row in 0..<count {
          let (level, line) = (photo[row], matrix + row * count)
          for column in 0..<count { target[column] += level * line[column] }
        }
      }
    }
  }
}

extension FittedStandardization: Codable {
  private enum CodingKeys: String, CodingKey { case settings, mean, deviation }

  /// Reads all but the whitening matrix, which is kept as a tensor.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try container.decode(Standardization.self, forKey: .settings),
      mean: try container.decodeIfPresent([Float].self, forKey: .mean) ?? [],
      deviation: try container.decodeIfPresent([Float].self, forKey: .deviation) ?? [])
  }

  /// Writes all but the whitening matrix.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(settings, forKey: .settings)
    if !mean.isEmpty { try container.encode(mean, forKey: .mean) }
    if !deviation.isEmpty { try container.encode(deviation, forKey: .deviation) }
  }
}
