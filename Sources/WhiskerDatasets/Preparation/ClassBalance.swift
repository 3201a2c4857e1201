/// How many samples each class has, in the order of labels, and whether that is uneven.
///
/// ```swift
/// let balance = ClassBalance([1000, 50])
/// print(balance.isUneven, balance.balancedWeights)  // true [0.525, 10.5]
/// ```
public struct ClassBalance: Hashable, Sendable {
  /// The samples of each class; where samples have weights, the sums of these, at least 0.
  public let amounts: [Double]

  /// How many times as many samples the largest class may have as the smallest.
  public static let largestRatio = 3.0

  /// The samples of each class, each counting as 1.
  public init(_ counts: [Int]) { amounts = counts.map(Double.init) }

  /// Samples by their classes, each below `classCount`, and by their weights.
  package init(labels: some Sequence<Int>, weights: some Sequence<Double>, classCount: Int) {
    amounts = zip(labels, weights).reduce(into: Array(repeating: 0, count: classCount)) {
      $0[$1.0] += $1.1
    }
  }

  /// Whether one number of samples is so much larger than another (more than ``largestRatio`` times) that accuracy says
  /// little: a model that always predicts the larger class would look good.
  public static func isUneven(most: Int, least: Int) -> Bool { isUneven(Double(most), Double(least)) }

  /// Whether the classes that have samples are of uneven sizes.
  public var isUneven: Bool {
    let present = amounts.filter { $0 > 0 }
    guard let most = present.max(), let least = present.min() else { return false }
    return Self.isUneven(most, least)
  }

  private static func isUneven(_ most: Double, _ least: Double) -> Bool { most > largestRatio * least }

  /// How much each class counts when all count the same: `n / (classes · nᵢ)`, with n samples of which nᵢ are of the class,
  /// as scikit-learn's `class_weight="balanced"` has it, which counts samples by their weights.
  ///
  /// The weights of all samples add up to n. A class without samples isn't counted, and has a weight of 1.
  public var balancedWeights: [Double] {
    let total = amounts.reduce(0, +)
    let present = Double(amounts.count { $0 > 0 })
    return amounts.map { $0 > 0 ? total / (present * $0) : 1 }
  }
}
