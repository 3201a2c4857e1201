import WhiskerGraph
import WhiskerSystem
import WhiskerTensors

extension OpExample {
  static var dropout: [OpExample] {
    var random = RandomStream(RandomKey(seed: 9))
    let shapes: [Shape] = [[1], [7], [4, 5], [2, 3, 5, 3], [2, 4, 4, 16]]
    var examples: [OpExample] = []
    for (salt, shape) in shapes.enumerated() {
      for rate: Float in [0, 0.2, 0.5, 0.9] {
        examples.append(
          OpExample(
            .dropout(rate: rate, salt: salt), random.awayFromZero(shape),
            RandomKey(seed: random.next()).tensor,
            varying: [0]))
      }
    }
    return examples
  }

  static var noise: [OpExample] {
    var random = RandomStream(RandomKey(seed: 12))
    let shapes: [Shape] = [[1], [7], [2, 3, 5, 3]]
    return shapes.enumerated().map { salt, shape in
      OpExample(.noise(shape, salt: salt), RandomKey(seed: random.next()).tensor, note: "\(shape)")
    }
  }

  /// Each kind of loss, with predictions and targets.
  private static let losses: [(Crossentropy, Tensor, Tensor)] = {
    var random = RandomStream(RandomKey(seed: 10))
    var losses: [(Crossentropy, Tensor, Tensor)] = []
    let settings: [(Crossentropy.Kind, Shape)] = [
      (.binary, [5, 1]), (.binary, [3, 4]), (.categorical, [1, 2]), (.categorical, [4, 10]),
      (.sparseCategorical, [4, 3]), (.sparseCategorical, [2, 17]),
    ]
    for (kind, shape) in settings {
      for isFromLogits in [true, false] {
        for smoothing: Float in [0, 0.2] {
          let prediction =
            switch (isFromLogits, kind) {
            case (true, _): random.numbers(shape, in: -3...3)
            case (false, .binary): random.numbers(shape, in: 0.2...0.8)
            case (false, .categorical), (false, .sparseCategorical): random.probabilities(shape)
            }
          let target =
            switch kind {
            case .binary: random.classes(shape.count, below: 2).reshaped(shape)
            case .categorical: random.oneHot(shape)
            case .sparseCategorical: random.classes(shape[0], below: shape[1])
            }
          losses.append(
            (
              Crossentropy(kind: kind, isFromLogits: isFromLogits, labelSmoothing: smoothing), prediction,
              target
            ))
        }
      }
    }
    // Soft targets, and rows of predictions that don't sum to 1.
    losses.append(
      (
        Crossentropy(kind: .binary, isFromLogits: true), random.numbers([3, 2]), random.probabilities([3, 2])
      ))
    losses.append(
      (
        Crossentropy(kind: .categorical, isFromLogits: true), random.numbers([3, 5]),
        random.probabilities([3, 5])
      ))
    losses.append(
      (
        Crossentropy(kind: .categorical, isFromLogits: false), random.numbers([3, 6], in: 0.2...0.8),
        random.probabilities([3, 6])
      ))
    losses.append(
      (
        Crossentropy(kind: .sparseCategorical, isFromLogits: false), random.numbers([3, 4], in: 0.2...0.8),
        random.classes(3, below: 4)
      ))
    return losses
  }()

  /// Predictions so sure that logarithms must be clipped or rearranged.
  private static let sureLosses: [(Crossentropy, Tensor, Tensor)] = [
    (
      Crossentropy(kind: .binary, isFromLogits: true),
      Tensor(shape: [4, 1], values: [40, 40, -40, -200]), Tensor(shape: [4, 1], values: [0, 1, 1, 0])
    ),
    (
      Crossentropy(kind: .binary, isFromLogits: false),
      Tensor(shape: [4, 1], values: [0, 0, 1, 1]), Tensor(shape: [4, 1], values: [0, 1, 0, 1])
    ),
    (
      Crossentropy(kind: .categorical, isFromLogits: true),
      Tensor(shape: [2, 3], values: [100, 0, -100, 1, 300, 2]),
      Tensor(shape: [2, 3], values: [1, 0, 0, 1, 0, 0])
    ),
    (
      Crossentropy(kind: .categorical, isFromLogits: false),
      Tensor(shape: [2, 2], values: [1, 0, 0, 1]), Tensor(shape: [2, 2], values: [1, 0, 1, 0])
    ),
    (
      Crossentropy(kind: .sparseCategorical, isFromLogits: true),
      Tensor(shape: [2, 3], values: [100, 0, -100, 1, 300, 2]), Tensor(shape: [2], values: [0, 0])
    ),
    (
      Crossentropy(kind: .sparseCategorical, isFromLogits: false),
      Tensor(shape: [2, 2], values: [1, 0, 0, 1]), Tensor(shape: [2], values: [0, 0])
    ),
  ]

  static var crossentropy: [OpExample] {
    losses.enumerated().map { number, loss in
      OpExample(.crossentropy(loss.0), loss.1, loss.2, varying: [0], note: "number \(number)")
    }
      + sureLosses.map { loss, prediction, target in
        OpExample(.crossentropy(loss), prediction, target, note: "nearly sure")
      }
  }

  static var crossentropyGradient: [OpExample] {
    var random = RandomStream(RandomKey(seed: 11))
    return losses.enumerated().map { number, loss in
      OpExample(
        .crossentropyGradient(loss.0), loss.1, loss.2, random.numbers([loss.1.shape[0]], in: 0.1...1),
        note: "number \(number)")
    }
      + sureLosses.map { loss, prediction, target in
        OpExample(
          .crossentropyGradient(loss), prediction, target, random.numbers([prediction.shape[0]]),
          note: "nearly sure")
      }
  }

  /// Three steps by each variant of each rule, with another learning rate each time.
  static var update: [OpExample] {
    var rules: [UpdateRule] = []
    for (momentum, isNesterov): (Float, Bool) in [(0, false), (0, true), (0.9, false), (0.9, true)] {
      rules.append(.sgd(momentum: momentum, isNesterov: isNesterov))
    }
    for (momentum, isCentered): (Float, Bool) in [(0, false), (0, true), (0.9, false), (0.9, true)] {
      rules.append(.rmsprop(rho: 0.9, momentum: momentum, epsilon: 1e-7, isCentered: isCentered))
    }
    rules.append(.rmsprop(rho: 0.5, momentum: 0.3, epsilon: 1e-2, isCentered: true))
    for isAMSGrad in [false, true] {
      rules.append(.adam(beta1: 0.8, beta2: 0.9, epsilon: 1e-7, isAMSGrad: isAMSGrad))
    }

    var random = RandomStream(RandomKey(seed: 12))
    var examples: [OpExample] = []
    for rule in rules {
      for shape: Shape in [[1], [5, 3], [3, 3, 4, 16]] {
        let op = Op.update(rule, weightDecay: shape == [1] ? 0 : 0.3, state: "w")
        examples.append(
          OpExample(
            name: "\(op) \(shape)", kind: .update,
            graph: .built { graph throws(WhiskerError) in
              var operands = [try graph.input("g", shape), try graph.input("learning rate", [])]
              if rule.countsSteps { operands.append(try graph.input("step", [])) }
              try graph.append(op, operands)
            },
            states: ["w": random.numbers(shape)],
            runs: ([(0.1, 1), (0.05, 2), (0.01, 1000)] as [(Float, Float)]).map { rate, step in
              ["g": random.awayFromZero(shape), "learning rate": Tensor(rate), "step": Tensor(step)]
            }))
      }
    }
    return examples
  }
}
