package import WhiskerGraph
package import WhiskerLayers

/// What ``Model/compile(loss:optimizer:metrics:engine:)`` chose: nothing that is done with the model changes it.
package struct Compilation: Sendable {
  package let loss: Loss
  package let optimizer: Optimizer
  /// The optimizer that `compile` was told; that of a phase of training takes its place in ``optimizer``.
  package var base: Optimizer
  /// The factor on the rate of each weight that has one, by the weight's name.
  package let rateFactors: [String: Float]
  package let metrics: [Metric]
  package let engine: any Engine

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
}
