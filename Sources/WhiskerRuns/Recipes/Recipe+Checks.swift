package import WhiskerLayers
public import WhiskerSystem

extension Recipe {
  /// Checks every number, so that a wrong one is named before anything is read or written.
  public func check(_ source: String) throws(WhiskerError) {
    func require(_ isValid: Bool, _ key: String, expected: String, got: Any) throws(WhiskerError) {
      guard !isValid else { return }
      throw WhiskerError(.badRecipe, "\(source): \(key)", expected: expected, got: "\(got)")
    }
    do {
      try image.validate()
    } catch {
      let key = error.place == "image size" ? "image" : "image.\(error.place)"
      throw error.with(.badRecipe, at: "\(source): \(key)")
    }
    do {
      try standardization?.validate(for: image)
    } catch {
      throw error.with(.badRecipe, at: "\(source): standardization.\(error.place)")
    }
    do {
      try augmentation?.validate()
    } catch {
      throw error.with(.badRecipe, at: "\(source): augmentation.\(error.place)")
    }
    do {
      try optimizer.check()
    } catch {
      let key = error.place.split(separator: " ").joined(separator: "_")
      throw error.with(.badRecipe, at: "\(source): optimizer.\(key)")
    }
    if from != nil {
      try require(base == nil && head == nil, "from", expected: "no base or head with it", got: "one")
      let isAlone = network.count == 1 && network.allSatisfy { if case .output = $0 { true } else { false } }
      try require(
        isAlone, "network", expected: "none with \"from\": the layers are the model file's", got: "layers")
    }
    if let fault = headFault { throw fault.inside(source) }
    do {
      try training.earlyStopping?.check()
      try training.reduceOnPlateau?.check()
      try TrainingPhase.check(phases)
    } catch {
      throw error.inside(source).with(.badRecipe)
    }
    do {
      try checkMetrics()
    } catch {
      throw error.inside(source)
    }
    if let fault = classFault { throw fault.inside(source) }
    if let fault = stageFault { throw fault.inside(source) }
    try require(
      phases.isEmpty || (training.earlyStopping == nil && training.reduceOnPlateau == nil), "training",
      expected: "early_stopping and reduce_on_plateau in each of the phases", got: "them for all")
    try require(
      training.reduceOnPlateau == nil || optimizer.schedule == nil, "training.reduce_on_plateau",
      expected: "none together with the optimizer's schedule", got: "both")
    try require(!network.isEmpty, "network", expected: "at least one layer", got: "none")
    try require(
      training.batchSize >= 1, "training.batch_size", expected: "at least 1", got: training.batchSize)
    try require(training.epochs >= 1, "training.epochs", expected: "at least 1", got: training.epochs)
    try require(
      (0..<1).contains(training.labelSmoothing), "training.label_smoothing",
      expected: "at least 0 and below 1",
      got: training.labelSmoothing)
    let steps = training.stepsPerEpoch ?? 1
    try require(steps >= 1, "training.steps_per_epoch", expected: "at least 1", got: steps)
    let validation = training.validationSteps ?? 1
    try require(validation >= 1, "training.validation_steps", expected: "at least 1", got: validation)
    try require(
      training.validationFrequency >= 1, "training.validation_freq", expected: "at least 1",
      got: training.validationFrequency)
  }

  /// Checks that the phases fit a network of the recipe's, for any number of classes.
  package func check(_ network: Network) throws(WhiskerError) {
    try TrainingPhase.check(phases(in: network), in: network)
    try checkStages(of: network)
  }

  /// What is wrong with the head; nil if nothing is.
  private var headFault: WhiskerError? {
    guard let head else { return nil }
    if base == nil {
      return WhiskerError(.badRecipe, "head", expected: "a base whose features it is fitted to", got: "none")
    }
    if standardization != nil {
      return WhiskerError(
        .badRecipe, "standardization", expected: "none for a published network's features", got: "one")
    }
    let passes = head.augmentedPasses
    guard passes >= 0 else {
      return WhiskerError(.badRecipe, "head.augmented_passes", expected: "at least 0", got: "\(passes)")
    }
    if passes > 0 && augmentation == nil {
      return WhiskerError(.badRecipe, "head.augmented_passes", expected: "an augmentation", got: "none")
    }
    if passes > 0 && mixesLabels {
      return WhiskerError(
        .badRecipe, "augmentation", expected: "none that mixes labels for features", got: "mixup or cutmix")
    }
    if passes == 0 && augmentation != nil && !isFineTuned {
      return WhiskerError(
        .badRecipe, "augmentation", expected: "none for features of photos as they are (augmented_passes)",
        got: "one")
    }
    switch head.method {
    case .steps:
      return phases.isEmpty
        ? nil
        : WhiskerError(
          .badRecipe, "phases", expected: "none for layers that learn from features", got: "\(phases.count)")
    case .logisticRegression(let penalties):
      guard !penalties.isEmpty && penalties.allSatisfy({ $0 > 0 && $0.isFinite }) else {
        return WhiskerError(
          .badRecipe, "head.logistic_regression.l2", expected: "numbers above 0", got: "\(penalties)")
      }
      let isOneLayer = network.enumerated().allSatisfy { index, layer in
        switch layer {
        case .output: index == network.count - 1
        case .block, .blurPooling: false
        case .layer(let layer): index < network.count - 1 && layer is Dropout
        }
      }
      return isOneLayer
        ? nil
        : WhiskerError(
          .badRecipe, "network", expected: "Output, and nothing before it but Dropout, for a regression",
          got: "other layers")
    }
  }
}
