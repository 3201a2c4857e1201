import Foundation
import WhiskerDatasets
import WhiskerLayers
public import WhiskerRuns
import WhiskerSystem
import WhiskerTraining

extension Advice {
  /// What is known about a run besides its curves; the more is known, the more advice is possible.
  public struct Circumstances: Sendable {
    /// The recipe; nil if it isn't known.
    public var recipe: Recipe?
    /// The number of training photos; nil if that isn't known.
    public var trainingCount: Int?
    /// The number of training photos of each class, by the classes' names; empty if that isn't known.
    public var trainingCounts: [String: Int] = [:]
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
      trainingCounts = run.trainingCounts
      let all = Double(max(1, run.validationCounts.values.reduce(0, +)))
      classShares = run.validationCounts.values.sorted().map { Double($0) / all }
      validationCount = run.validationCount
    }

    /// The accuracy and the training loss of giving every photo the same probabilities, the shares of the classes; nil if
    /// those aren't known.
    var chance: (accuracy: Double, loss: Double)? {
      classShares.max().map { accuracy in
        let weights = countedShares ?? classShares
        let total = weights.reduce(0, +)
        return (accuracy, weights.filter { $0 > 0 }.reduce(0) { $0 - $1 * log($1 / total) })
      }
    }

    /// How much the photos of each class count in the mean training loss where the recipe changes that; nil elsewhere.
    private var countedShares: [Double]? {
      guard let recipe, recipe.classDescription != nil, !trainingCounts.isEmpty else { return nil }
      let training = recipe.training
      let all = Double(max(1, trainingCounts.values.reduce(0, +)))
      let even = 1 / Double(trainingCounts.count)
      return trainingCounts.sorted { $0.key < $1.key }.map { name, count in
        let drawn = training.sampling == .balanced ? even : Double(count) / all
        switch training.classWeight {
        case nil: return drawn
        case .balanced: return even
        case .numbers(let numbers): return drawn * (numbers[name] ?? 1)
        }
      }
    }

    /// What to say where the training classes are uneven, the recipe does nothing about it, and the model isn't good all the
    /// same; nil elsewhere.
    func unevenClasses(_ history: History) -> (evidence: String, remedy: String)? {
      guard !history.epochs.isEmpty, let recipe, recipe.classDescription == nil,
        ClassBalance(Array(trainingCounts.values)).isUneven,
        let most = trainingCounts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
        let least = trainingCounts.min(by: { ($0.value, $0.key) < ($1.value, $1.key) })
      else { return nil }
      let score = history.epochs.last?.validation
      let balanced = score?.metrics[.balancedAccuracy]
      if let balanced, balanced >= 0.95 { return nil }
      let figures = balanced.map { balanced in
        String(
          format: ", and balanced accuracy is %.1f %% where accuracy is %.1f %%", balanced * 100,
          (score?.accuracy ?? 0) * 100)
      }
      return (
        "Uneven classes: \(most.key.quoted) has \(most.value.counted("training photo")), \(least.key.quoted) "
          + "\(least.value)\(figures ?? "")",
        "Try class_weight: balanced or sampling: balanced in the recipe's training, which make each count the same"
      )
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
      recipe?.network.contains { $0.allLayers.contains { $0 is Dropout } } ?? false
    }
  }
}
