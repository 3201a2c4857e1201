package import WhiskerGraph
package import WhiskerLayers
package import WhiskerSystem

/// The graphs made of a network: for training, for evaluation, for prediction and for explanation.
package struct ModelGraphs {
  /// The names of the graphs' inputs and outputs.
  package enum Name {
    /// `[N, …]`.
    package static let images = "images"
    /// `[N]` or `[N, K]`.
    package static let labels = "labels"
    /// How much each sample counts, `[N]`; only in graphs that are weighted.
    package static let weights = "weights"
    /// A key for dropout, `[4]`.
    package static let seed = "seed"
    /// A scalar.
    package static let learningRate = "learning_rate"
    /// The number of the optimizer's step, from 1; a scalar, only in graphs of rules that count them.
    package static let step = "step"
    /// How far averages of weights move, a scalar.
    package static let share = "share"
    /// The mean loss of the batch, `Σ wᵢlᵢ / N` with weights, and all penalties; a scalar.
    package static let loss = "loss"
    /// Probabilities, `[N, K]`.
    package static let predictions = "predictions"
    /// What each output counts in a score, `[N, K]`.
    package static let selection = "selection"
    /// A layer's result, `[N, …]`.
    package static let features = "features"
    /// The gradient of the score with respect to it, of the same shape.
    package static let featureGradients = "feature_gradients"
  }

  private let network: Network
  private let isWeighted: Bool
  private let foldsNormalizations: Bool
  private let verifies: Bool
  /// The weights in whose place averages serve, except in training.
  private let averaged: Set<String>

  /// - Parameters:
  ///   - isWeighted: whether the loss takes a weight for each sample.
  ///   - foldsNormalizations: whether normalisation by known statistics is folded into the kernels of
  ///     convolutions, in inference and where it is frozen in training.
  ///   - verifies: whether every pass is followed by the verifier.
  ///   - averaged: the weights whose averages are used, except in training.
  package init(
    _ network: Network, isWeighted: Bool = false, foldsNormalizations: Bool = true, verifies: Bool = false,
    averaged: Set<String> = []
  ) {
    self.averaged = averaged
    self.network = network
    self.isWeighted = isWeighted
    self.foldsNormalizations = foldsNormalizations
    self.verifies = verifies
  }

  /// Predictions from images.
  package func prediction(batchSize: Int) throws(WhiskerError) -> Graph {
    var graph = Graph()
    let images = try graph.input(Name.images, network.input.batched(batchSize))
    graph.output(
      Name.predictions, try network.append(to: &graph, input: images, phase: .inference, state: measured))
    return try simplified(fused(folded(graph)))
  }

  /// Predictions and loss from images and labels.
  package func evaluation(batchSize: Int, loss: Loss) throws(WhiskerError) -> Graph {
    try simplified(fused(folded(forward(batchSize: batchSize, loss: loss, isTraining: false))))
  }

  /// One optimizer step; gives the predictions and the loss from before it.
  ///
  /// - Parameters:
  ///   - rateFactors: the factor on the learning rate for a weight by name, if it has one.
  ///   - undecayed: the names of weights that don't decay.
  ///   - clipping: what keeps gradients from being too large.
  ///   - accumulationSteps: how many batches the step is for; the sums of the others' gradients are taken up, and begin anew.
  package func training(
    batchSize: Int, loss: Loss, rule: UpdateRule, weightDecay: Float = 0, rateFactors: [String: Float] = [:],
    undecayed: Set<String> = [], clipping: GradientClipping? = nil, accumulationSteps: Int = 1
  ) throws(WhiskerError) -> Graph {
    var (graph, gradients) = try differentiated(batchSize: batchSize, loss: loss)
    if accumulationSteps > 1 { try average(&gradients, over: accumulationSteps, in: &graph) }
    if let clipping { try clip(&gradients, by: clipping, in: &graph) }
    let rate = try graph.input(Name.learningRate, [])
    let step = rule.countsSteps ? [try graph.input(Name.step, [])] : []
    for (name, gradient) in gradients {
      let rate = if let factor = rateFactors[name] { try graph.append(.scale(factor), rate) } else { rate }
      let decay = undecayed.contains(name) ? 0 : weightDecay
      try graph.append(.update(rule, weightDecay: decay, state: name), [gradient, rate] + step)
    }
    return try simplified(graph)
  }

  /// Adds the gradients of a batch to the sums that a later step takes up; gives the predictions and the loss.
  package func accumulation(batchSize: Int, loss: Loss) throws(WhiskerError) -> Graph {
    var (graph, gradients) = try differentiated(batchSize: batchSize, loss: loss)
    // A plain step down the gradient at the rate −1 adds it.
    let rate = try graph.append(.constant(-1, []))
    for (name, gradient) in gradients {
      let sum = Optimizer.slot(Optimizer.accumulator, of: name)
      try graph.append(.update(.sgd(momentum: 0, isNesterov: false), state: sum), gradient, rate)
    }
    return try simplified(graph)
  }

  /// The means of gradients and of those that were summed up before, whose sums become 0.
  private func average(
    _ gradients: inout [(name: String, gradient: Value)], over count: Int, in graph: inout Graph
  ) throws(WhiskerError) {
    let all = try graph.append(.constant(1, []))
    for (index, (name, gradient)) in gradients.enumerated() {
      let sum = Optimizer.slot(Optimizer.accumulator, of: name)
      let shape = graph.shape(of: gradient)
      let total = try graph.append(.add, gradient, graph.state(sum, shape))
      gradients[index].gradient = try graph.append(.scale(1 / Float(count)), total)
      try graph.append(.blend(state: sum), graph.append(.constant(0, shape)), all)
    }
  }

  private func clip(
    _ gradients: inout [(name: String, gradient: Value)], by clipping: GradientClipping, in graph: inout Graph
  ) throws(WhiskerError) {
    func squares(_ gradient: Value) throws(WhiskerError) -> Value {
      try graph.append(.sum, graph.append(.multiply, gradient, gradient))
    }
    var all: Value?
    if case .globalNorm = clipping {
      for (_, gradient) in gradients {
        let own = try squares(gradient)
        all = if let sum = all { try graph.append(.add, sum, own) } else { own }
      }
    }
    for (index, (_, gradient)) in gradients.enumerated() {
      switch clipping {
      case .value(let bound):
        let inUnits = try graph.append(.scale(1 / bound), gradient)
        gradients[index].gradient = try graph.append(
          .scale(bound), graph.append(.activation(.hardTanh), inUnits))
      case .norm(let bound), .globalNorm(let bound):
        let norm = if let all { all } else { try squares(gradient) }
        gradients[index].gradient = try graph.append(.clipNorm(bound), gradient, norm)
      }
    }
  }

  /// Moves the averages of some weights towards them, by the share that is fed.
  package func averaging(of names: Set<String>) throws(WhiskerError) -> Graph {
    var graph = Graph()
    let share = try graph.input(Name.share, [])
    for (name, specification) in network.weights where names.contains(name) {
      let weight = try graph.state(name, specification.shape)
      try graph.append(.blend(state: WeightAveraging.name(for: name)), [weight, share])
    }
    return graph
  }

  /// The sum of the squares of every weight, under its name.
  package func magnitudes() throws(WhiskerError) -> Graph {
    var graph = Graph()
    for (name, specification) in network.weights {
      let weight = try graph.state(name, specification.shape)
      graph.output(name, try graph.append(.sum, graph.append(.multiply, weight, weight)))
    }
    return try simplified(graph)
  }

  /// The mean and the variance of a batch in training, under the names of the moving statistics that would follow them,
  /// changing nothing.
  package func statistics(batchSize: Int) throws(WhiskerError) -> Graph {
    var graph = Graph()
    let images = try graph.input(Name.images, network.input.batched(batchSize))
    let seed = try graph.input(Name.seed, [4])
    _ = try network.append(to: &graph, input: images, phase: .training(seed: seed))
    for node in graph.nodes {
      if case .movingAverage(_, let name) = node.op { graph.output(name, node.operands[0]) }
    }
    return try simplified(graph.pruned(keepingEffects: false))
  }

  /// Loss, predictions and the gradient of every trainable weight (an output under the weight's name), changing nothing.
  package func gradients(batchSize: Int, loss: Loss) throws(WhiskerError) -> Graph {
    var (graph, gradients) = try differentiated(batchSize: batchSize, loss: loss)
    for (name, gradient) in gradients { graph.output(name, gradient) }
    return try simplified(graph.pruned(keepingEffects: false))
  }

  /// A layer's result, and the gradient of `Σ selection · score` with respect to it, for inference and not for
  /// training.
  ///
  /// The scores are what a final sigmoid or softmax is taken of, otherwise the outputs themselves.
  package func attention(batchSize: Int, layer index: Int) throws(WhiskerError) -> Graph {
    var graph = Graph()
    let images = try graph.input(Name.images, network.input.batched(batchSize))
    let results = try network.appendLayers(to: &graph, input: images, phase: .inference, state: measured)
    guard case .layer(let last) = network.outputSource, results.indices.contains(index) else {
      throw WhiskerError(.malformed, Name.features, expected: "a layer", got: "position \(index)")
    }
    let predictions = results[last]
    let hasLogits = [.activation(.sigmoid), .activation(.softmax)].contains(graph[predictions].op)
    let scores = hasLogits ? graph[predictions].operands[0] : predictions
    let selection = try graph.input(Name.selection, graph.shape(of: scores))
    let total = try graph.append(.sum, graph.append(.multiply, scores, selection))
    graph.output(Name.loss, total)
    graph.output(Name.features, results[index])

    var differentiated = try fused(graph)
    guard let score = differentiated.outputs[Name.loss],
      let features = differentiated.outputs[Name.features]
    else { throw WhiskerError(.malformed, Name.features, expected: "an output", got: "none") }
    let gradients = try differentiated.gradients(of: score, for: [features])
    differentiated.output(Name.featureGradients, gradients[0])
    return try simplified(differentiated.pruned(keepingEffects: false))
  }

  private func differentiated(
    batchSize: Int, loss: Loss
  ) throws(WhiskerError) -> (Graph, [(name: String, gradient: Value)]) {
    var graph = try fused(folded(forward(batchSize: batchSize, loss: loss, isTraining: true)))
    guard let total = graph.outputs[Name.loss] else {
      throw WhiskerError(.malformed, Name.loss, expected: "an output", got: "none")
    }
    let weights = network.trainableWeights
    var states: [Value] = []
    for weight in weights { states.append(try graph.state(weight.name, weight.specification.shape)) }
    let gradients = try graph.gradients(of: total, for: states)
    return (graph, Array(zip(weights.map(\.name), gradients)))
  }

  /// Loss and predictions.
  ///
  /// The loss is computed from the logits where the last activation matches the loss.
  private func forward(batchSize: Int, loss: Loss, isTraining: Bool) throws(WhiskerError) -> Graph {
    var graph = Graph()
    let images = try graph.input(Name.images, network.input.batched(batchSize))
    let labels = try graph.input(Name.labels, loss.targetShape(output: network.output).batched(batchSize))
    let phase: Phase = isTraining ? .training(seed: try graph.input(Name.seed, [4])) : .inference
    let state = isTraining ? { $0 } : measured
    let predictions = try network.append(to: &graph, input: images, phase: phase, state: state)
    graph.output(Name.predictions, predictions)

    let own: ActivationFunction = loss.kind == .binary ? .sigmoid : .softmax
    let hasLogits = graph[predictions].op == .activation(own)
    let source = hasLogits ? graph[predictions].operands[0] : predictions
    let settings = Crossentropy(
      kind: loss.kind, isFromLogits: hasLogits, labelSmoothing: loss.labelSmoothing)
    let targets =
      loss.kind == .binary && graph.shape(of: labels).rank == 1
      ? try graph.append(.reshape([batchSize, 1]), labels) : labels
    var losses = try graph.append(.crossentropy(settings), source, targets)
    if isWeighted {
      losses = try graph.append(.multiply, losses, graph.input(Name.weights, [batchSize]))
    }
    var total = try graph.append(.mean, losses)
    // As in Keras, penalties of frozen weights aren't part of the loss.
    for weight in network.trainableWeights {
      guard case .l2(let factor) = weight.specification.regularizer else { continue }
      let state = try graph.state(state(weight.name), weight.specification.shape)
      let squares = try graph.append(.sum, graph.append(.multiply, state, state))
      total = try graph.append(.add, total, graph.append(.scale(factor), squares))
    }
    graph.output(Name.loss, total)
    return graph
  }

  /// What is measured of a weight: its average, if there is one.
  private func measured(_ weight: String) -> String {
    averaged.contains(weight) ? WeightAveraging.name(for: weight) : weight
  }

  private func folded(_ graph: Graph) throws(WhiskerError) -> Graph {
    foldsNormalizations ? try verified(graph.foldingNormalizations()) : graph
  }

  private func fused(_ graph: Graph) throws(WhiskerError) -> Graph { try verified(graph.fused()) }

  private func simplified(_ graph: Graph) throws(WhiskerError) -> Graph { try verified(graph.simplified()) }

  private func verified(_ graph: Graph) throws(WhiskerError) -> Graph {
    if verifies { try graph.verify() }
    return graph
  }
}
