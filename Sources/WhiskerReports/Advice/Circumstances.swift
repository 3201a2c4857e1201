import Foundation
import WhiskerDatasets
import WhiskerLayers
public import WhiskerRuns

extension Advice {
  /// What is known about a run besides its curves; the more is known, the more advice is possible.
  public struct Circumstances: Sendable {
    /// The recipe; nil if it isn't known.
    public var recipe: Recipe?
    /// The number of training photos; nil if that isn't known.
    public var trainingCount: Int?
    /// The share of each class among the validation photos; empty if that isn't known.
    public var classShares: [Double] = []
    /// How many photos validation looks at; nil if that isn't known.
    public var validationCount: Int?

    /// Nothing.
    public init() {}

    /// What a run's folder says.
    public init(_ run: RunRecord) {
      recipe = run.recipe
      trainingCount = run.trainingCount
      let all = Double(max(1, run.validationCounts.values.reduce(0, +)))
      classShares = run.validationCounts.values.sorted().map { Double($0) / all }
      validationCount = run.validationCount
    }

    /// The accuracy and the loss of giving every photo the same probabilities, the shares of the classes; nil if those
    /// aren't known.
    var chance: (accuracy: Double, loss: Double)? {
      classShares.max().map { accuracy in
        (accuracy, classShares.filter { $0 > 0 }.reduce(0) { $0 - $1 * log($1) })
      }
    }

    /// The standard error of an accuracy that is measured on the validation photos.
    func standardError(of accuracy: Double) -> Double? {
      validationCount.map { (accuracy * (1 - accuracy) / Double(max($0, 1))).squareRoot() }
    }

    /// The number of training photos, where those are few, in colour, and the network was trained
    /// from scratch: then a published network's features are better than what can be learned from them.
    var countForFeatures: Int? {
      guard let recipe, recipe.base == nil, recipe.image.channels == 3 else { return nil }
      return trainingCount.flatMap { $0 < 20_000 ? $0 : nil }
    }

    var isAugmented: Bool { recipe?.augmentation.map { $0 != Augmentation() } ?? false }
    var hasDropout: Bool {
      recipe?.network.contains { if case .layer(let layer) = $0 { layer is Dropout } else { false } } ?? false
    }
  }
}
