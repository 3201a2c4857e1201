import Testing
import WhiskerGraph
import WhiskerLayers
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Layers, losses and update rules against Keras, one at a time.
@Suite struct KerasPartsTests {
  /// Output, and the gradients of `Σ output·cotangent` with the layer's own penalty.
  @Test(arguments: try KerasFixtures.layers(), EngineKind.allCases)
  func layersAgree(example: KerasFixtures.LayerCase, kind: EngineKind) async throws {
    let layer = example.layer.layer
    let connection = Network.Connection(layer, reads: example.inputNames.map { _ in .input })
    // The network's shapes and weights serve for several inputs too; they are one and the same only in it.
    let network = try Network(
      input: example.inputShape.withoutBatch, connections: [connection], output: .layer(0))
    let entry = network.layers[0]
    #expect(entry.weights.map(\.name).sorted() == example.weights.keys.sorted())

    var graph = Graph()
    var inputs: [Value] = []
    for name in example.inputNames { inputs.append(try graph.input(name, example.shape(name))) }
    let cotangent = try graph.input("cotangent", example.output.shape)
    let phase: Phase =
      example.isTraining == true ? .training(seed: try graph.input("seed", [4])) : .inference
    let output: Value
    if let merging = layer as? any MergingLayer {
      var context = LayerContext(graph: graph, phase: phase)
      output = try merging(inputs, in: &context)
      graph = context.graph
    } else {
      output = try network.append(to: &graph, input: inputs[0], phase: phase)
    }
    graph.output("output", output)
    var total = try graph.append(.sum, graph.append(.multiply, output, cotangent))
    var variables = inputs
    let learned = entry.weights.filter(\.isTrainable)
    for weight in learned {
      let state = try graph.state(entry.stateName(of: weight), weight.shape)
      variables.append(state)
      guard case .l2(let factor) = weight.regularizer else { continue }
      let squares = try graph.append(.sum, graph.append(.multiply, state, state))
      total = try graph.append(.add, total, graph.append(.scale(factor), squares))
    }
    let gradients = try graph.gradients(of: total, for: variables)
    for (name, gradient) in zip(example.inputNames + learned.map(\.name), gradients) {
      graph.output("gradient of \(name)", gradient)
    }

    let engine = kind.make()
    var states: [String: Tensor] = [:]
    for (name, weight) in example.firstWeights { states["\(entry.name)/\(name)"] = weight }
    try await engine.load(states)
    var tensors = ["cotangent": example.cotangent, "seed": RandomKey(seed: 0).tensor]
    for name in example.inputNames { tensors[name] = example.input(name) }
    let results = try await engine.run(engine.compile(graph), inputs: tensors)
    #expect(example.output.distance(to: try #require(results["output"])) < 1e-5)
    #expect(example.gradients.count == gradients.count)
    for (name, digest) in example.gradients {
      #expect(digest.distance(to: try #require(results["gradient of \(name)"])) < 1e-5, "\(name)")
    }
    for (name, digest) in example.moved ?? [:] {
      let state = "\(entry.name)/\(name)"
      #expect(digest.distance(to: try #require(try await engine.read([state])[state])) < 1e-6, "\(name)")
    }
  }

  @Test(arguments: try KerasFixtures.losses(), EngineKind.allCases)
  func lossesAgree(example: KerasFixtures.LossCase, kind: EngineKind) async throws {
    let settings = Crossentropy(
      kind: try #require(Crossentropy.Kind(rawValue: example.kind)), isFromLogits: example.isFromLogits,
      labelSmoothing: example.labelSmoothing)
    var graph = Graph()
    let targetShape: Shape = settings.kind == .sparseCategorical ? [example.shape[0]] : example.shape
    let (x, y) = (try graph.input("x", example.shape), try graph.input("y", targetShape))
    let losses = try graph.append(.crossentropy(settings), x, y)
    let mean = try graph.append(.mean, losses)
    graph.output("losses", losses)
    graph.output("mean", mean)
    graph.output("gradient", try graph.gradients(of: mean, for: [x])[0])
    let engine = kind.make()
    let results = try await engine.run(
      engine.compile(graph),
      inputs: [
        "x": Tensor(shape: example.shape, values: example.predictions),
        "y": Tensor(shape: targetShape, values: example.targets),
      ])
    for (name, expected) in [
      ("losses", example.losses), ("mean", [example.mean]), ("gradient", example.gradient),
    ] {
      let values = try #require(results[name]).values
      #expect(values.count == expected.count)
      for (value, expected) in zip(values, expected) {
        // Keras computed in single precision.
        #expect(abs(value - expected) <= 1e-6 + 1e-5 * abs(expected), "\(name)")
      }
    }
  }

  private func optimizer(_ example: KerasFixtures.Optimizers.Case) -> Optimizer {
    let settings = example.settings
    return switch example.optimizer {
    case "SGD":
      .sgd(
        learningRate: settings.learning_rate, momentum: settings.momentum ?? 0,
        isNesterov: settings.nesterov ?? false, weightDecay: settings.weight_decay ?? 0)
    case "RMSprop":
      .rmsprop(
        learningRate: settings.learning_rate, rho: settings.rho ?? 0.9, momentum: settings.momentum ?? 0,
        epsilon: settings.epsilon ?? 1e-7, isCentered: settings.centered ?? false,
        weightDecay: settings.weight_decay ?? 0)
    default:
      .adamW(
        learningRate: settings.learning_rate, weightDecay: settings.weight_decay ?? 0,
        beta1: settings.beta_1 ?? 0.9, beta2: settings.beta_2 ?? 0.999, epsilon: settings.epsilon ?? 1e-7,
        isAMSGrad: settings.amsgrad ?? false)
    }
  }

  @Test(arguments: EngineKind.allCases) func updateRulesAgree(kind: EngineKind) async throws {
    let fixture = try KerasFixtures.optimizers()
    for example in fixture.cases {
      let optimizer = optimizer(example)
      var graph = Graph()
      let gradient = try graph.input("gradient", fixture.shape)
      let rate = try graph.input("rate", [])
      let number = optimizer.rule.countsSteps ? [try graph.input("step", [])] : []
      try graph.append(
        .update(optimizer.rule, weightDecay: optimizer.weightDecay, state: "w"), [gradient, rate] + number)
      let engine = kind.make()
      try await engine.load(["w": Tensor(shape: fixture.shape, values: fixture.initial)])
      let program = try await engine.compile(graph)
      for (step, values) in fixture.gradients.enumerated() {
        _ = try await engine.run(
          program,
          inputs: [
            "gradient": Tensor(shape: fixture.shape, values: values), "rate": Tensor(optimizer.learningRate),
            "step": Tensor(Float(step + 1)),
          ])
        let found = try #require(try await engine.read(["w"])["w"]).values
        for (value, expected) in zip(found, example.weights[step]) {
          // A rate of 0.1 makes steps of that size of what single precision leaves of 1 − β₂.
          let tolerance = 1e-6 + 3e-5 * optimizer.learningRate
          #expect(abs(value - expected) < tolerance, "\(example), step \(step)")
        }
      }
    }
  }
}
