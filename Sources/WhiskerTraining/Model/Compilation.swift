package import WhiskerGraph
package import WhiskerLayers

/// What ``Model/compile(loss:optimizer:metrics:engine:)`` chose, and the programs made so far.
package struct Compilation: Sendable {
  package let loss: Loss
  /// How, as it was chosen: nothing that is done with the model changes it.
  package let optimizer: Optimizer
  /// The optimizer that `compile` was told; that of a phase of training takes its place in ``optimizer``.
  package var base: Optimizer
  /// The factor on the rate of each weight that has one, by the weight's name.
  package let rateFactors: [String: Float]
  package let metrics: [Metric]
  package let engine: any Engine
  /// The learning rate where a plateau has lowered it; nil for the optimizer's own.
  package var loweredRate: Float?
  /// Steps in an epoch of the last training, by which it counted spans of epochs; nil before the first.
  package var stepsPerEpoch: Int?
  /// Programs by what they are for.
  package var programs: [ProgramKey: Program] = [:]
  /// What the engine holds of the model's state as it is now.
  package var engineContents = EngineContents.nothing

  package init(
    loss: Loss, optimizer: Optimizer, rateFactors: [String: Float], metrics: [Metric], engine: any Engine
  ) {
    self.loss = loss
    self.optimizer = optimizer
    base = optimizer
    self.rateFactors = rateFactors
    self.metrics = metrics
    self.engine = engine
  }

  /// The optimizer as the last training had it: at the rate that it came to, its schedule in steps.
  package var trainedOptimizer: Optimizer {
    var optimizer = optimizer
    if let loweredRate { optimizer.learningRate = loweredRate }
    if let stepsPerEpoch {
      optimizer.schedule = optimizer.schedule?.resolved(stepsPerEpoch: stepsPerEpoch)
    }
    return optimizer
  }

  /// How much of a model's state an engine holds; prediction needs no slots.
  package enum EngineContents: Int, Comparable, Sendable {
    case nothing, weights, weightsAndSlots

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// What a program is for.
  package struct ProgramKey: Hashable, Sendable {
    package let purpose: Purpose
    package let batchSize: Int
    /// Whether each sample counts in the loss with a weight of its own.
    package let isWeighted: Bool

    package init(_ purpose: Purpose, batchSize: Int, isWeighted: Bool) {
      self.purpose = purpose
      self.batchSize = batchSize
      self.isWeighted = isWeighted
    }
  }

  /// The graphs made of a model.
  package enum Purpose: Hashable, Sendable {
    case training, evaluation, prediction
    /// What a layer, by its position, has to do with a score.
    case attention(layer: Int)
  }
}
