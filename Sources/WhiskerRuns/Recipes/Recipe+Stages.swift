package import WhiskerDatasets
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// A stage of training with everything that holds in it.
package struct SettledStage: Hashable {
  /// How many epochs are over when it begins.
  package var epochsBefore: Int
  /// The size of training photos, and that of validation photos.
  package var height: Int, width: Int, validationHeight: Int, validationWidth: Int
  package var augmentation: Augmentation?
  package var dropoutFactor: Float

  /// What distinguishes it from the one before, in words: `photos of 96 × 96, half the dropout`.
  package func name(after last: SettledStage?) -> String {
    var parts: [String] = []
    if last.map({ ($0.height, $0.width) != (height, width) }) ?? true {
      parts.append("photos of \(height) × \(width)")
    }
    if let last, last.augmentation != augmentation {
      parts.append(augmentation == nil ? "no augmentation" : "other augmentation")
    }
    if (last?.dropoutFactor ?? 1) != dropoutFactor {
      parts.append(dropoutFactor == 1 ? "dropout as it is" : "\(dropoutFactor) × dropout")
    }
    return parts.isEmpty ? "as before" : parts.joined(separator: ", ")
  }
}

extension Recipe {
  /// The stages of a training of so many epochs, in order; none for a recipe without stages.
  package func settledStages(epochs: Int) -> [SettledStage] {
    var current = SettledStage(
      epochsBefore: 0, height: image.height, width: image.width, validationHeight: 0, validationWidth: 0,
      augmentation: augmentation, dropoutFactor: 1)
    var settled: [SettledStage] = []
    for stage in stages {
      current.epochsBefore = stage.start.steps(in: TrainingLength(stepsPerEpoch: 1, epochs: epochs))
      if let size = stage.size { (current.height, current.width) = (size.height, size.width) }
      if case .to(let other) = stage.augmentation { current.augmentation = other }
      if let factor = stage.dropoutFactor { current.dropoutFactor = factor }
      // In a short training several may begin at once: the last of them holds.
      if settled.last?.epochsBefore == current.epochsBefore { settled.removeLast() }
      settled.append(current)
    }
    settled.removeAll { $0.epochsBefore >= epochs }
    guard let last = settled.last else { return [] }
    for index in settled.indices {
      func scaled(_ side: Int, _ own: Int, _ last: Int) -> Int {
        max(1, Int((Double(side) * Double(own) / Double(last)).rounded()))
      }
      settled[index].validationHeight = scaled(image.height, settled[index].height, last.height)
      settled[index].validationWidth = scaled(image.width, settled[index].width, last.width)
    }
    return settled
  }

  /// Whether steps depend on how long the whole training lasts.
  var dependsOnLength: Bool {
    optimizer.dependsOnLength || stages.contains { $0.start.isShare || $0.size != nil }
      || phases.contains { $0.optimizer?.dependsOnLength == true }
  }

  /// What is wrong with the stages by themselves; nil if nothing is.
  var stageFault: WhiskerError? {
    func fault(_ index: Int, _ key: String, expected: String, got: String) -> WhiskerError {
      WhiskerError(.badRecipe, "stages[\(index)].\(key)", expected: expected, got: got)
    }
    guard stages.isEmpty || (trainsInSteps && !learnsFromFeatures) else {
      return WhiskerError(
        .badRecipe, "stages", expected: "none for layers that learn from features", got: "\(stages.count)")
    }
    for (index, stage) in stages.enumerated() {
      if case .share(let share) = stage.start, !(0..<1).contains(share) {
        return fault(index, "after_share", expected: "at least 0 and below 1", got: "\(share)")
      }
      if case .epochs(let epochs) = stage.start, !(0...1e9).contains(epochs) {
        return fault(index, "after_epochs", expected: "at least 0", got: "\(Int(epochs))")
      }
      if let size = stage.size {
        var preparation = image
        (preparation.height, preparation.width) = (size.height, size.width)
        do {
          try preparation.validate()
        } catch {
          return error.with(.badRecipe, at: "stages[\(index)].image_size")
        }
        if standardization?.zcaWhitening == true {
          return fault(index, "image_size", expected: "none for photos that are whitened", got: "one")
        }
      }
      if case .to(let augmentation?) = stage.augmentation {
        do {
          try augmentation.validate()
        } catch {
          return error.with(.badRecipe, at: "stages[\(index)].augmentation.\(error.place)")
        }
      }
      if let factor = stage.dropoutFactor, !(factor >= 0 && factor.isFinite) {
        return fault(index, "dropout_factor", expected: "at least 0", got: "\(factor)")
      }
    }
    let starts = stages.map { $0.start.steps(in: TrainingLength(stepsPerEpoch: 1, epochs: training.epochs)) }
    for (index, (before, after)) in zip(starts, starts.dropFirst()).enumerated() where before > after {
      return fault(
        index + 1, stages[index + 1].start.isShare ? "after_share" : "after_epochs",
        expected: "stages in order (epoch \(before) or later)", got: "epoch \(after)")
    }
    return nil
  }

  /// Checks that a network takes the photos of every stage.
  func checkStages(of network: Network) throws(WhiskerError) {
    for (index, stage) in stages.enumerated() {
      do {
        if let size = stage.size { _ = try network.taking([size.height, size.width, image.channels]) }
        if let factor = stage.dropoutFactor { _ = try network.scalingDropout(by: factor) }
      } catch {
        throw error.inside("\(name): stages[\(index)]").with(.badRecipe)
      }
    }
  }
}
