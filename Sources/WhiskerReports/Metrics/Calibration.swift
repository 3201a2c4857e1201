/// How far a model's probabilities can be trusted: of all predictions with 80 % confidence, 80 % should be
/// correct.
///
/// Samples are put into 10 bins of equal width, `((m − 1)/10, m/10]`, by the probability of the class that was predicted.
/// The expected calibration error is the mean distance between the accuracy and that probability, weighted by
/// the samples of each bin:
///
///     ECE = Σ nₘ/N · |accuracyₘ − confidenceₘ|
///
/// Guo, Pleiss, Sun and Weinberger: On Calibration of Modern Neural Networks, 2017.
public struct Calibration: Hashable, Sendable {
  /// The samples of like confidence.
  public struct Bin: Hashable, Sendable {
    /// The probabilities that it takes: those above `lower`, up to `upper`.
    public let lower: Double, upper: Double
    /// How many samples it holds.
    public let count: Int
    /// The mean probability of the predicted class; 0 in an empty bin.
    public let confidence: Double
    /// The accuracy; 0 in an empty bin.
    public let accuracy: Double
  }

  /// The number of bins.
  public static let binCount = 10

  /// All bins, from unsure to sure.
  public let bins: [Bin]
  /// The expected calibration error, 0 to 1; 0 is perfect.
  public let expectedError: Double

  /// The calibration on some samples.
  public init(_ samples: ClassifiedSamples) {
    let bounds = (0...Self.binCount).map { Double($0) / Double(Self.binCount) }
    var sums = Array(repeating: (count: 0, right: 0, confidence: 0.0), count: Self.binCount)
    for sample in 0..<samples.count {
      let confidence = Double(samples.confidence(sample: sample))
      // A probability beyond 1 by a rounding belongs to the last.
      let bin = bounds.dropFirst().firstIndex { confidence <= $0 }.map { $0 - 1 } ?? Self.binCount - 1
      sums[bin].count += 1
      sums[bin].right += samples.isRight(sample: sample) ? 1 : 0
      sums[bin].confidence += confidence
    }
    bins = sums.enumerated().map { index, sum in
      let count = Double(max(1, sum.count))
      return Bin(
        lower: bounds[index], upper: bounds[index + 1], count: sum.count,
        confidence: sum.confidence / count, accuracy: Double(sum.right) / count)
    }
    expectedError = bins.reduce(0) {
      $0 + Double($1.count) / Double(samples.count) * abs($1.accuracy - $1.confidence)
    }
  }
}
