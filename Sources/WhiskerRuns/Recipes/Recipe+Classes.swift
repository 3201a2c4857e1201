package import WhiskerDatasets
import WhiskerLayers
import WhiskerSystem

extension Recipe {
  /// What is done about classes of uneven sizes, in words; nil if nothing is.
  package var classDescription: String? {
    let isBalanced = training.sampling == .balanced
    let weights: String? =
      switch training.classWeight {
      case nil: isBalanced && !trainsInSteps ? "every class weighs the same in the loss" : nil
      case .balanced: "every class weighs the same in the loss"
      case .numbers(let numbers):
        "classes weighted "
          + numbers.sorted { $0.key < $1.key }.map { "\($0.key.onOneLine) \($0.value.shortest)" }
          .joined(separator: ", ")
      }
    let drawing = isBalanced && trainsInSteps ? "every class drawn equally often" : nil
    let parts = [weights, drawing].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}

extension Double {
  /// `20`, `0.5`.
  fileprivate var shortest: String { self == rounded() && magnitude < 1e15 ? "\(Int(self))" : "\(self)" }
}

/// What a recipe does about classes of uneven sizes.
extension Recipe {
  static let classWeightKey = "training.class_weight"
  static let samplingKey = "training.sampling"

  /// What is wrong with the weights and the sampling of classes, as far as that is known without the classes; nil if nothing
  /// is.
  var classFault: WhiskerError? {
    if let fault = training.classWeight?.fault(at: Self.classWeightKey) { return fault }
    guard training.classWeight == .balanced, training.sampling == .balanced else { return nil }
    return WhiskerError(
      .badRecipe, Self.classWeightKey,
      expected:
        "none that is balanced together with sampling: balanced, of whose photos each class has as many",
      got: "balanced")
  }

  /// Checks that the weights are those of classes that there are.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `badRecipe`, naming the key.
  func checkClassWeight(classNames: [String]) throws(WhiskerError) {
    let place = "\(name): \(Self.classWeightKey)"
    if let fault = training.classWeight?.fault(at: place, for: classNames) { throw fault }
  }

  /// How much each class counts in the loss of steps, in the order of labels; nil where each counts as 1.
  func classWeights(for classNames: [String], _ balance: ClassBalance) -> [Double]? {
    Self.unlessOnes(training.classWeight?.weights(for: classNames, balance))
  }

  /// The same of a regression, which takes all features at once: there each class counting the same is what drawing each
  /// equally often comes to.
  func regressionClassWeights(for classNames: [String], _ balance: ClassBalance) -> [Double]? {
    guard training.sampling == .balanced else { return classWeights(for: classNames, balance) }
    let own = training.classWeight?.weights(for: classNames, balance)
    return Self.unlessOnes(
      balance.balancedWeights.enumerated().map { $0.element * (own?[$0.offset] ?? 1) })
  }

  /// So that even classes are trained with no weights at all, and not with ones.
  private static func unlessOnes(_ weights: [Double]?) -> [Double]? {
    weights.flatMap { $0.allSatisfy { $0 == 1 } ? nil : $0 }
  }

  /// The same recipe, which measures balanced accuracy too if the classes of some photos to train or measure on are uneven.
  ///
  /// - Parameter old: The recipe that a run to resume was started with: one from before this was so stays as it is.
  package func measuringBalance(in folders: DataFolder, resuming old: @autoclosure () -> Recipe?) -> Recipe {
    let parts = [folders.train, folders.validation, folders.measured].compactMap(\.self)
    guard !training.metrics.contains(.balancedAccuracy),
      parts.contains(where: { ClassBalance($0.countsByClass).isUneven }),
      old()?.training.metrics.contains(.balancedAccuracy) ?? true
    else { return self }
    var recipe = self
    recipe.training.metrics.append(.balancedAccuracy)
    return recipe
  }
}
