public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// A convnet in small, as a graph before any pass: two convolutions with ReLU and max-pooling, two dense layers.
public enum SmallConvnet {
  /// The shape of its input `photos`.
  public static let photos: Shape = [4, 10, 10, 3]

  /// Its weights, by the names of their states.
  public static var weights: [String: Tensor] {
    var random = RandomStream(RandomKey(seed: 20))
    var weights: [String: Tensor] = [:]
    for (name, kernel) in [
      ("first", [3, 3, 3, 8]), ("second", [3, 3, 8, 16]), ("dense", [64, 12]), ("last", [12, 1]),
    ] as [(String, Shape)] {
      let inputs = Float(kernel.sizes.dropLast().reduce(1, *))
      let limit = (3 / inputs).squareRoot()
      weights["\(name)/kernel"] = random.numbers(kernel, in: -limit...limit)
      weights["\(name)/bias"] = random.numbers([kernel.sizes[kernel.rank - 1]], in: -0.1...0.1)
    }
    return weights
  }

  /// The inputs of one run: photos, labels, a seed for dropout and a learning rate.
  public static func inputs(run: UInt64) -> [String: Tensor] {
    var random = RandomStream(RandomKey(seed: 21).derived(run))
    return [
      "photos": random.numbers(photos, in: 0...1),
      "labels": random.classes(photos[0], below: 2).reshaped([photos[0], 1]),
      "seed": RandomKey(seed: run).tensor,
      "learning rate": Tensor(0.05),
    ]
  }

  /// Photos to logits; with `dropoutRate`, dropout before the dense layers.
  public static func logits(_ graph: inout Graph, dropoutRate: Float = 0) throws(WhiskerError) -> Value {
    var x = try graph.input("photos", photos)
    let padding = EdgePadding(top: 1, left: 1, bottom: 1, right: 1)
    let three = Window(height: 3, width: 3, rowStride: 1, columnStride: 1)
    let threePadded = Window(height: 3, width: 3, rowStride: 1, columnStride: 1, padding: padding)
    let two = Window(height: 2, width: 2, rowStride: 2, columnStride: 2)
    for (name, window, kernel) in [
      ("first", three, [3, 3, 3, 8]), ("second", threePadded, [3, 3, 8, 16]),
    ] as [(String, Window, Shape)] {
      let kernelState = try graph.state("\(name)/kernel", kernel)
      let bias = try graph.state("\(name)/bias", [kernel[3]])
      x = try graph.append(.convolution(Convolution(window: window)), x, kernelState, bias)
      x = try graph.append(.activation(.relu), x)
      x = try graph.append(.pooling(Pooling(kind: .maximum, window: two)), x)
    }
    x = try graph.append(.reshape([photos[0], 64]), x)
    if dropoutRate > 0 {
      x = try graph.append(.dropout(rate: dropoutRate, salt: 1), x, try graph.input("seed", [4]))
    }
    let product = Op.matrixProduct(MatrixProduct())
    x = try graph.append(
      product, x, try graph.state("dense/kernel", [64, 12]), try graph.state("dense/bias", [12]))
    x = try graph.append(.activation(.relu), x)
    return try graph.append(
      product, x, try graph.state("last/kernel", [12, 1]), try graph.state("last/bias", [1]))
  }

  /// Appends loss, gradients and updates to a graph whose output `y` is logits.
  public static func appendTraining(_ graph: inout Graph, rule: UpdateRule) throws(WhiskerError) {
    guard let logits = graph.outputs["y"] else { preconditionFailure("the graph has no output y") }
    let labels = try graph.input("labels", [photos[0], 1])
    let losses = try graph.append(
      .crossentropy(Crossentropy(kind: .binary, isFromLogits: true)), logits, labels)
    let loss = try graph.append(.mean, losses)
    graph.output("loss", loss)
    let names = weights.keys.sorted()
    var states: [Value] = []
    for name in names { states.append(try graph.state(name, weights[name]?.shape ?? [])) }
    let gradients = try graph.gradients(of: loss, for: states)
    let learningRate = try graph.input("learning rate", [])
    for (name, gradient) in zip(names, gradients) {
      graph.output("gradient \(name)", gradient)
      try graph.append(.update(rule, state: name), gradient, learningRate)
    }
  }
}

extension OpExample {
  static var networks: [OpExample] { convnets + [smoothNetwork, residual] }

  /// The small convnet as it is and after the passes, predicting and training.
  private static var convnets: [OpExample] {
    var examples: [OpExample] = []
    for isFused in [false, true] {
      let prefix = isFused ? "fused" : "plain"
      func add(_ name: String, _ build: (inout Graph) throws(WhiskerError) -> Void) {
        let graph = Graph.built(build)
        let runs = (0..<3).map { run in
          SmallConvnet.inputs(run: run).filter { graph.inputs[$0.key] != nil }
        }
        examples.append(
          OpExample(
            name: "\(prefix) \(name)", kind: nil, graph: graph, states: SmallConvnet.weights, runs: runs))
      }
      func forward(_ graph: inout Graph, dropoutRate: Float = 0) throws(WhiskerError) {
        graph.output("y", try SmallConvnet.logits(&graph, dropoutRate: dropoutRate))
        if isFused { graph = try graph.fused() }
      }
      add("convnet predicting") { graph throws(WhiskerError) in try forward(&graph) }
      for rule in [
        UpdateRule.sgd(momentum: 0.9, isNesterov: true),
        .rmsprop(rho: 0.9, momentum: 0, epsilon: 1e-2, isCentered: false),
      ] {
        for rate: Float in [0, 0.5] {
          add("convnet training with \(rule), dropout \(rate)") { graph throws(WhiskerError) in
            try forward(&graph, dropoutRate: rate)
            try SmallConvnet.appendTraining(&graph, rule: rule)
            if isFused { graph = try graph.simplified() }
          }
        }
      }
    }
    return examples
  }

  /// Weights as inputs, and no kink anywhere: for the gradient check.
  private static var smoothNetwork: OpExample {
    var random = RandomStream(RandomKey(seed: 22))
    let three = Window(height: 3, width: 3, rowStride: 1, columnStride: 1)
    let two = Window(height: 2, width: 2, rowStride: 2, columnStride: 2)
    let convolution = Op.convolution(Convolution(window: three, activation: .tanh))
    return OpExample(
      convolution,
      [
        random.numbers([2, 6, 6, 2]), random.numbers([3, 3, 2, 4], in: -0.5...0.5), random.numbers([4]),
        random.numbers([16, 3]), RandomKey(seed: 5).tensor, random.classes(2, below: 3),
      ],
      varying: [0, 1, 2, 3], note: "in a network"
    ) { graph, x throws(WhiskerError) in
      var y = try graph.append(convolution, x[0], x[1], x[2])
      y = try graph.append(.pooling(Pooling(kind: .average, window: two)), y)
      y = try graph.append(.reshape([2, 16]), y)
      y = try graph.append(.dropout(rate: 0.3, salt: 2), y, x[4])
      y = try graph.append(.matrixProduct(MatrixProduct()), y, x[3])
      let loss = Crossentropy(kind: .sparseCategorical, isFromLogits: true)
      return try graph.append(.mean, try graph.append(.crossentropy(loss), y, x[5]))
    }
  }

  /// `x + tanh(x ∗ kernel)`, and the kernel used twice: gradients accumulate.
  private static var residual: OpExample {
    var random = RandomStream(RandomKey(seed: 23))
    let padding = EdgePadding(top: 1, left: 1, bottom: 1, right: 1)
    let three = Window(height: 3, width: 3, rowStride: 1, columnStride: 1, padding: padding)
    let convolution = Op.convolution(Convolution(window: three, activation: .tanh))
    return OpExample(
      convolution, [random.numbers([2, 4, 4, 3]), random.numbers([3, 3, 3, 3], in: -0.5...0.5)],
      varying: [0, 1], note: "twice around a shortcut"
    ) { graph, x throws(WhiskerError) in
      let once = try graph.append(.add, x[0], try graph.append(convolution, x[0], x[1]))
      return try graph.append(.add, once, try graph.append(convolution, once, x[1]))
    }
  }
}
