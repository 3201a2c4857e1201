package import WhiskerGraph
package import WhiskerLayers

/// What ``Model/compile(loss:optimizer:metrics:engine:)`` chose; it never changes afterwards.
package struct Compilation: Sendable {
  package let loss: Loss
  package let optimizer: Optimizer
  /// The optimizer passed to `compile`; that of a training phase takes its place in ``optimizer``.
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
