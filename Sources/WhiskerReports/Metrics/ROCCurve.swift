public import WhiskerSystem
import WhiskerTraining

/// The receiver operating characteristic of one class against the rest: the share of the class that is found,
/// against the share of the others that is predicted as it, as the threshold of its probability falls.
public struct ROCCurve: Hashable, Sendable {
  /// The rates at one threshold, each from 0 to 1.
  public struct Point: Hashable, Sendable {
    /// The share of other samples whose probability is at or above the threshold.
    public let falsePositiveRate: Double
    /// The share of the class's samples whose probability is at or above the threshold.
    public let truePositiveRate: Double
    /// The threshold; infinite at the first point, where nothing is predicted as the class.
    public let threshold: Float
  }

  /// The points from (0, 0) to (1, 1), one for each probability that occurs: equal ones are one step.
  ///
  /// With two classes, one may distinguish what rounding made equal in the other; then both do, and steps have
  /// the same threshold.
  public let points: [Point]
  /// The area under the curve, 0 to 1, by trapezoids: the probability that a sample of the class is ranked above one of
  /// the others, ties counting half.
  public let area: Double

  /// The curve of a class; nil if all samples are of the class, or none is.
  public init?(_ samples: ClassifiedSamples, of index: Int) {
    let sweep = ThresholdSweep(samples.scores, of: index)
    guard let area = sweep.rocArea else { return nil }
    points =
      [Point(falsePositiveRate: 0, truePositiveRate: 0, threshold: .infinity)]
      + sweep.steps.map { step in
        Point(
          falsePositiveRate: step.falsePositives / sweep.negatives,
          truePositiveRate: step.truePositives / sweep.positives, threshold: step.threshold)
      }
    self.area = area
  }

  /// The area of each class against the rest, nil for those without samples or without others; for two classes both
  /// are the same.
  public static func areas(_ samples: ClassifiedSamples) -> [Double?] {
    (0..<samples.classCount).map { ROCCurve(samples, of: $0)?.area }
  }

  /// The mean area of the classes that have one, each counting the same; nil if none has.
  public static func meanArea(_ areas: [Double?]) -> Double? { classMean(areas) }
}

extension ROCCurve: ShortDescription {
  /// The area, and how many points the curve has.
  public var description: String { "ROCCurve(area: \(area), \(points.count) points)" }
}
