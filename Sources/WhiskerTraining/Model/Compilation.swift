package import WhiskerGraph
package import WhiskerLayers
package import WhiskerSystem
package import WhiskerTensors

/// What ``Model/compile(loss:optimizer:metrics:engine:)`` chose; it never changes afterwards.
package struct Compilation: Sendable {
  package let loss: Loss
  package let optimizer: Optimizer
  /// The optimizer passed to `compile`; that of a training phase takes its place in ``optimizer``.
  package var base: Optimizer
  /// The factor on the rate of each weight that has one, by the weight's name.
  package let rateFactors: [String: Float]
  /// The names of the weights that don't decay.
  package let undecayed: Set<String>
  package let metrics: [Metric]
  package let engine: any Engine

  /// The averages of weights that training keeps, as slots; none without averaging.
  package let averages: [(name: String, shape: Shape)]
  /// The weights that are averaged.
  package let averaged: Set<String>

  package init(
    loss: Loss, optimizer: Optimizer, network: Network, metrics: [Metric], engine: any Engine
  ) throws(WhiskerError) {
    self.loss = loss
    self.optimizer = optimizer
    base = optimizer
    rateFactors = try optimizer.rateFactors(in: network)
    undecayed = try optimizer.undecayedWeights(of: network)
    // What is frozen is its own average.
    let weights =
      optimizer.averaging == nil
      ? []
      : network.layers.filter(\.layer.isTrainable).flatMap { entry in
        entry.weights.map { (entry.stateName(of: $0), $0.shape) }
      }
    averages = weights.map { (WeightAveraging.name(for: $0.0), $0.1) }
    averaged = Set(weights.map(\.0))
    self.metrics = metrics
    self.engine = engine
  }
}
