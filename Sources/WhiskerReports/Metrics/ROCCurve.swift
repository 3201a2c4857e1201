public import WhiskerSystem

/// The receiver operating characteristic of one class against the rest: what is found of the class, against what of the
/// others is predicted as it, as the threshold of its probability falls.
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
  /// Of two classes one may tell apart what rounding made equal in the other; then both do, and steps have the same
  /// threshold.
  public let points: [Point]
  /// The area under the curve, 0 to 1, by trapezoids: the probability that a sample of the class is ranked above one of
  /// the others, ties counting half.
  public let area: Double

  /// The curve of a class; nil if all samples are of the class, or none is.
  public init?(_ samples: ClassifiedSamples, of index: Int) {
    let ranked = (0..<samples.count).map { sample in
      (
        rank: samples.rank(of: index, sample: sample), isPositive: samples.labels[sample] == index,
        threshold: samples.probability(of: index, sample: sample)
      )
    }.sorted { $0.rank > $1.rank }
    let positives = ranked.count { $0.isPositive }
    let negatives = ranked.count - positives
    guard positives > 0, negatives > 0 else { return nil }

    var points = [Point(falsePositiveRate: 0, truePositiveRate: 0, threshold: .infinity)]
    var (falsePositives, truePositives) = (0, 0)
    // Twice the area in units of samples: whole numbers, so that nothing is rounded before the end.
    var doubleArea = 0
    var start = 0
    while start < ranked.count {
      var end = start
      let (falseBefore, trueBefore) = (falsePositives, truePositives)
      while end < ranked.count, ranked[end].rank == ranked[start].rank {
        if ranked[end].isPositive { truePositives += 1 } else { falsePositives += 1 }
        end += 1
      }
      doubleArea += (falsePositives - falseBefore) * (truePositives + trueBefore)
      points.append(
        Point(
          falsePositiveRate: Double(falsePositives) / Double(negatives),
          truePositiveRate: Double(truePositives) / Double(positives), threshold: ranked[start].threshold))
      start = end
    }
    self.points = points
    area = Double(doubleArea) / Double(2 * positives * negatives)
  }

  /// The area of each class against the rest, nil for those without samples or without others; for two classes both
  /// are the same.
  public static func areas(_ samples: ClassifiedSamples) -> [Double?] {
    (0..<samples.classCount).map { ROCCurve(samples, of: $0)?.area }
  }

  /// The mean area of the classes that have one, each counting the same; nil if none has.
  public static func meanArea(_ areas: [Double?]) -> Double? {
    let known = areas.compactMap(\.self)
    return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
  }
}

extension ROCCurve: ShortDescription {
  /// The area, and how many points the curve has.
  public var description: String { "ROCCurve(area: \(area), \(points.count) points)" }
}
