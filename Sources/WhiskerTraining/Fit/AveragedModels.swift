import Foundation
package import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
package import WhiskerSystem
package import WhiskerTensors

/// Several compiled models as one: the probability of a class is the mean of what they say (Lakshminarayanan, Pritzel and
/// Blundell, "Simple and scalable predictive uncertainty estimation using deep ensembles", 2017); of one model
/// everything is as it is.
package struct AveragedModels {
  /// What was measured.
  package struct Result {
    /// All of them as one.
    package let average: Evaluation
    /// Each by itself; none where there is only one.
    package let members: [Evaluation]
  }

  private let models: [CompiledModel]
  /// Which preparation of the photos each model takes.
  private let places: [Int]
  /// Whether all have the same outputs, with the same meaning.
  package let areAlike: Bool

  /// Some models, at least one, each compiled with an engine of its own.
  ///
  /// - Parameter places: Which preparation of the photos each takes.
  /// - Throws: ``WhiskerSystem/WhiskerError`` if one isn't compiled.
  package init(_ models: [Model], places: [Int]) throws(WhiskerError) {
    precondition(
      !models.isEmpty && models.count == places.count, "\(models.count) models, \(places.count) places")
    var compiled: [CompiledModel] = []
    for model in models { compiled.append(try CompiledModel(model)) }
    self.models = compiled
    self.places = places
    areAlike = compiled.allSatisfy {
      $0.output == compiled[0].output && $0.lossKind == compiled[0].lossKind
    }
  }

  /// Measures them on photos that are decoded once for each preparation.
  ///
  /// The losses of one model are its own, penalties included. Those of several, and of each of them, are the
  /// cross-entropy of the probabilities, without penalties and smoothed labels: `−Σ wᵢ log pᵢ / N` with the probability pᵢ
  /// of a sample's class, and for a sigmoid for each of several outputs the mean over the outputs.
  ///
  /// - Parameters:
  ///   - photos: The photos, labelled with the models' class mode, or with class numbers where they aren't ``areAlike``.
  ///   - augmentation: How photos are shown; nil for as they are.
  ///   - isStrict: Whether a photo that can't be read is an error.
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the photos don't fit a model; `unreadablePhotos`, `emptyClass`;
  ///   `CancellationError`.
  package func evaluate(
    _ photos: PhotoPass, augmentation: TestTimeAugmentation? = nil, isStrict: Bool = false
  ) async throws -> Result {
    let preparations = photos.preparations
    for (model, place) in zip(models, places) {
      let samples = preparations[place].sampleShape
      if areAlike {
        try model.check(samples: samples, labels: photos.labelShape)
      } else {
        try model.check(samples: samples)
      }
      try augmentation?.check(samples: samples, preparations[place])
    }
    let source = try augmentation.map { augmentation throws(WhiskerError) in
      try photos.decoding(by: preparations.map { augmentation.source(of: $0) })
    }
    var average = measuring(photos, of: models)
    var members = models.count > 1 ? models.map { measuring(photos, of: [$0]) } : []
    var batches = (source ?? photos).makeAsyncIterator()
    while let views = try await batches.nextBatches() {
      try Task.checkCancellation()
      guard models.count > 1 else {
        let result = try await models[0].evaluate(
          views[0], augmentation: augmentation, preparations[places[0]])
        average.add(result, of: views[0])
        continue
      }
      var outputs: [Tensor] = []
      for (index, model) in models.enumerated() {
        let predictions = try await model.predict(
          views[places[index]], augmentation: augmentation, preparations[places[index]])
        outputs.append(areAlike ? predictions : Self.classProbabilities(predictions))
        members[index].add(result(outputs[index], of: views[0]), of: views[0])
      }
      average.add(result(Self.mean(outputs), of: views[0]), of: views[0])
    }
    try photos.check(isStrict: isStrict)
    return Result(average: average.evaluation, members: members.map(\.evaluation))
  }

  /// Each model's outputs for photos that were decoded by ``sources(_:augmentation:)``.
  package func predict(
    _ batches: [Batch], preparations: [PhotoPreparation], augmentation: TestTimeAugmentation?
  ) async throws -> [Tensor] {
    var outputs: [Tensor] = []
    for (index, model) in models.enumerated() {
      let place = places[index]
      outputs.append(
        try await model.predict(batches[place], augmentation: augmentation, preparations[place]))
    }
    return outputs
  }

  /// How photos are decoded for models that take them in these preparations.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` if they can't be shown so.
  package static func sources(
    _ preparations: [PhotoPreparation], augmentation: TestTimeAugmentation?
  ) throws(WhiskerError) -> [PhotoPreparation] {
    guard let augmentation else { return preparations }
    for preparation in preparations { try augmentation.check(samples: preparation.sampleShape, preparation) }
    return preparations.map { augmentation.source(of: $0) }
  }

  /// The mean of tensors of one shape, summed in double precision; of one the tensor itself.
  package static func mean(_ tensors: [Tensor]) -> Tensor {
    guard tensors.count > 1 else { return tensors[0] }
    let values = tensors[0].values.indices.map { place in
      Float(tensors.reduce(0) { $0 + Double($1.values[place]) } / Double(tensors.count))
    }
    return Tensor(shape: tensors[0].shape, values: values)
  }

  private func measuring(_ photos: PhotoPass, of models: [CompiledModel]) -> Measuring {
    let metrics = models.flatMap(\.metrics).reduce(into: [Metric]()) { all, metric in
      if !all.contains(metric) { all.append(metric) }
    }
    return Measuring(
      outputs: areAlike ? models[0].output : [photos.folder.classNames.count], metrics: metrics,
      classNames: photos.folder.classNames)
  }

  /// Outputs as the probability of each class.
  private static func classProbabilities(_ outputs: Tensor) -> Tensor {
    guard outputs.shape[1] == 1 else { return outputs }
    return Tensor(shape: [outputs.shape[0], 2], values: outputs.values.flatMap { [1 - $0, $0] })
  }

  // MARK: Figures

  private func result(_ predictions: Tensor, of batch: Batch) -> CompiledModel.BatchResult {
    let kind = areAlike ? models[0].lossKind : .sparseCategorical
    return CompiledModel.BatchResult(
      count: batch.count, loss: Self.loss(predictions, of: batch, kind),
      score: Metric.accuracy.score(predictions: predictions, targets: batch.labels, kind: kind),
      predictions: predictions)
  }

  /// Below it a probability counts as this, and above 1 less it as that, as in Keras.
  private static let least = 1e-7

  private static func loss(_ predictions: Tensor, of batch: Batch, _ kind: Crossentropy.Kind) -> Double {
    let columns = predictions.shape[1]
    func logarithm(_ probability: Double) -> Double { log(min(max(probability, least), 1 - least)) }
    var sum = 0.0
    for row in 0..<batch.count {
      let outputs = predictions.values[row * columns..<(row + 1) * columns].map(Double.init)
      var loss = 0.0
      switch kind {
      case .sparseCategorical: loss = -logarithm(outputs[Int(batch.labels.values[row])])
      case .categorical:
        for (output, target) in zip(outputs, batch.labels.values[row * columns..<(row + 1) * columns])
        where target != 0 { loss -= Double(target) * logarithm(output) }
      case .binary:
        for (output, target) in zip(outputs, batch.labels.values[row * columns..<(row + 1) * columns]) {
          let target = Double(target)
          loss -= (target * logarithm(output) + (1 - target) * logarithm(1 - output)) / Double(columns)
        }
      }
      sum += loss * Double(batch.weights?.values[row] ?? 1)
    }
    return sum / Double(batch.count)
  }
}
