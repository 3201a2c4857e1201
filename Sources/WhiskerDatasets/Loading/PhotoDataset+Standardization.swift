public import WhiskerSystem

extension PhotoDataset {
  /// These photos, standardized; the statistics are learned from them without augmentation.
  ///
  /// ```swift
  /// let train = try await PhotoDataset(directory: "photos/train")
  ///   .standardized(Standardization(featurewiseCenter: true, featurewiseStdNormalization: true))
  /// let validation = try await PhotoDataset(directory: "photos/validation").standardized(like: train)
  /// ```
  /// Only for training photos: all others are standardized ``standardized(like:)`` them. It takes a pass over the photos,
  /// two for whitening and some seconds to minutes to find its matrix.
  ///
  /// - Parameters:
  ///   - settings: What to do.
  ///   - progress: Called with the progress of the learning.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`; `unreadablePhotos` if a photo can't be read any more;
  ///   `CancellationError`.
  public func standardized(
    _ settings: Standardization, progress: (StandardizationProgress) -> Void = { _ in }
  ) async throws -> PhotoDataset {
    var result = self
    result.preparation.standardization = nil
    try settings.validate(for: preparation)
    let samplewise = Standardization(
      samplewiseCenter: settings.samplewiseCenter,
      samplewiseStdNormalization: settings.samplewiseStdNormalization)
    result.preparation.standardization = FittedStandardization(samplewise)
    if settings.centersFeatures {
      result.preparation.standardization = try await result.fitted(settings, progress)
    } else {
      result.preparation.standardization = FittedStandardization(settings)
    }
    return result
  }

  /// These photos, turned into inputs like others: standardized with their statistics, and changed by their
  /// function (``preprocessed(by:)``) if they have one; both must be of one size.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`.
  public func standardized(like training: PhotoDataset) throws(WhiskerError) -> PhotoDataset {
    var result = self
    result.preparation.standardization = training.preparation.standardization
    result.preprocessing = training.preprocessing ?? preprocessing
    try result.preparation.validate()
    return result
  }

  private func fitted(
    _ settings: Standardization, _ progress: (StandardizationProgress) -> Void
  ) async throws -> FittedStandardization {
    let total = settings.zcaWhitening ? 2 * count : count
    var done = 0
    func note(_ batch: Batch) {
      done += batch.count
      progress(.photos(done: done, total: total))
    }
    var moments = ChannelMoments(channels: preparation.channels)
    for try await batch in evaluationBatches() {
      moments.add(batch.images.values)
      note(batch)
    }
    let deviation = settings.featurewiseStdNormalization ? moments.deviation : []
    let centred = FittedStandardization(settings, mean: moments.mean, deviation: deviation)
    guard settings.zcaWhitening else { return centred }

    var whitening = Whitening(size: sampleShape.count, epsilon: settings.zcaEpsilon)
    var second = self
    second.preparation.standardization = centred
    for try await batch in second.evaluationBatches() {
      whitening.add(batch.images.values.map(Double.init))
      note(batch)
    }
    progress(.matrix(size: sampleShape.count))
    return FittedStandardization(
      settings, mean: moments.mean, deviation: deviation, whitening: try whitening.matrix())
  }
}

/// The progress of ``PhotoDataset/standardized(_:progress:)``.
public enum StandardizationProgress: Hashable, Sendable {
  /// The number of photos read so far, and of all reads.
  case photos(done: Int, total: Int)
  /// The matrix of ZCA whitening is being found, for photos of this many numbers: at 1,000 it takes a second,
  /// at 4,000 a minute.
  case matrix(size: Int)
}

/// Sums over the channels of photos, taken one after another: the same photos give the same bits.
private struct ChannelMoments {
  private var sums: [Double]
  private var squares: [Double]
  private var count = 0

  init(channels: Int) {
    sums = Array(repeating: 0, count: channels)
    squares = sums
  }

  mutating func add(_ values: [Float]) {
    let channels = sums.count
    for channel in 0..<channels {
      var (sum, square) = (0.0, 0.0)
      for place in stride(from: channel, to: values.count, by: channels) {
        let value = Double(values[place])
        sum += value
        square += value * value
      }
      sums[channel] += sum
      squares[channel] += square
    }
    count += values.count / channels
  }

  var mean: [Float] { sums.map { Float($0 / Double(count)) } }

  var deviation: [Float] {
    zip(sums, squares).map { sum, square in
      let mean = sum / Double(count)
      return Float(max(0, square / Double(count) - mean * mean).squareRoot())
    }
  }
}
