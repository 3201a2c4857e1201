import WhiskerGraph
import WhiskerSystem
import WhiskerTensors

extension OpExample {
  private static func stream(_ number: UInt64) -> RandomStream {
    RandomStream(RandomKey(seed: 1).derived(number))
  }

  static var input: [OpExample] {
    var random = stream(0)
    return [[], [5], [2, 3, 4, 5]].map { shape in
      OpExample(.input("x0"), [random.numbers(shape)], varying: [0]) { _, x in x[0] }
    }
  }

  static var state: [OpExample] {
    var random = stream(1)
    return ([[], [7], [3, 3, 2, 4]] as [Shape]).map { shape in
      OpExample(
        name: "state \(shape)", kind: .state,
        graph: .built { graph throws(WhiskerError) in graph.output("y", try graph.state("w", shape)) },
        states: ["w": random.numbers(shape)], runs: [[:], [:]])
    } + [
      OpExample(
        name: "state never loaded", kind: .state,
        graph: .built { graph throws(WhiskerError) in graph.output("y", try graph.state("w", [2, 3])) },
        runs: [[:]])
    ]
  }

  static var constant: [OpExample] {
    ([[], [3], [2, 3, 3, 2]] as [Shape]).map { shape in
      OpExample(.constant(-1.5, shape), [], note: "\(shape)") { graph, _ in graph.constant(-1.5, shape) }
    }
  }

  static var add: [OpExample] {
    var random = stream(3)
    return ([[], [7], [4, 5], [2, 3, 5, 3]] as [Shape]).map { shape in
      OpExample(.add, random.numbers(shape), random.numbers(shape), varying: [0, 1])
    } + repeated(.add, &random) + [
      OpExample(.add, [random.numbers([2, 3])], varying: [0], note: "with itself") {
        graph, x throws(WhiskerError) in try graph.append(.add, x[0], x[0])
      }
    ]
  }

  static var multiply: [OpExample] {
    var random = stream(4)
    return ([[], [7], [4, 5], [2, 3, 5, 3]] as [Shape]).map { shape in
      OpExample(.multiply, random.numbers(shape), random.numbers(shape), varying: [0, 1])
    } + repeated(.multiply, &random) + [
      OpExample(.multiply, [random.numbers([2, 3])], varying: [0], note: "with itself") {
        graph, x throws(WhiskerError) in try graph.append(.multiply, x[0], x[0])
      }
    ]
  }

  static var scale: [OpExample] {
    var random = stream(5)
    return [
      OpExample(.scale(0), random.numbers([3]), varying: [0]),
      OpExample(.scale(-0.3), random.numbers([]), varying: [0]),
      OpExample(.scale(2.5), random.numbers([2, 3, 5, 3]), varying: [0]),
    ]
  }

  static var rescale: [OpExample] {
    var random = stream(6)
    return [
      OpExample(
        .rescale(factor: 1 / 255, offset: 0), random.numbers([2, 4, 5, 3], in: 0...255), varying: [0]),
      OpExample(.rescale(factor: -2, offset: 0.7), random.numbers([5, 7]), varying: [0]),
      OpExample(.rescale(factor: 3, offset: -1), random.numbers([]), varying: [0]),
    ]
  }

  static var broadcast: [OpExample] {
    var random = stream(7)
    return ([[], [5], [2, 3, 3, 4]] as [Shape]).map { shape in
      OpExample(.broadcast(shape), random.numbers([]), varying: [0], note: "to \(shape)")
    }
      + repetitions.map { small, shape in
        OpExample(.broadcast(shape), random.numbers(small), varying: [0], note: "to \(shape)")
      }
  }

  static var reduce: [OpExample] {
    var random = stream(13)
    return repetitions.map { small, shape in
      OpExample(.reduce(small), random.numbers(shape), varying: [0], note: "to \(small)")
    }
      + ([[2, 1, 1, 32], [32], [1, 4, 5, 1]] as [Shape]).map { shape in
        OpExample(
          .reduce(shape), [random.numbers([2, 6, 7, 3]), random.numbers([3, 3, 3, 32])], varying: [0, 1],
          note: "to \(shape), behind a convolution"
        ) { graph, x throws(WhiskerError) in
          let window = Window(height: 3, width: 3, rowStride: 1, columnStride: 1)
          return try graph.append(.reduce(shape), graph.append(.convolution(Convolution(window: window)), x))
        }
      }
  }

  /// Smaller shapes that are repeated to larger ones: a number for each channel, for each sample or both, and others.
  private static let repetitions: [(Shape, Shape)] = [
    ([3], [4, 3]), ([1, 3], [4, 3]), ([4, 1], [4, 3]), ([1], [5]), ([1, 1], [4, 3]), ([], [2, 3]),
    ([16], [2, 3, 4, 16]), ([1, 1, 1, 5], [2, 3, 4, 5]), ([2, 1, 1, 16], [2, 3, 4, 16]),
    ([2, 1, 1, 1], [2, 3, 4, 8]), ([3, 4, 5], [2, 3, 4, 5]), ([2, 3, 4, 1], [2, 3, 4, 5]),
    ([3, 1, 5], [2, 3, 4, 5]), ([2, 1, 4, 1], [2, 3, 4, 5]), ([1, 1, 1, 7], [1, 3, 4, 7]),
    ([6], [2, 3, 6]), ([2, 1, 6], [2, 3, 6]), ([1, 1, 1, 1], [2, 3, 4, 5]),
  ]

  /// A binary op with either operand repeated, or both, also where an engine has a layout of its own.
  private static func repeated(_ op: Op, _ random: inout RandomStream) -> [OpExample] {
    repetitions.flatMap { small, shape in
      [
        OpExample(op, random.numbers(shape), random.numbers(small), varying: [0, 1]),
        OpExample(op, random.numbers(small), random.numbers(shape), varying: [0, 1]),
      ]
    } + [
      OpExample(op, random.numbers([2, 1, 4, 1]), random.numbers([3, 1, 5]), varying: [0, 1])
    ]
      + ([[2, 1, 1, 32], [32], [2, 1, 1, 1], [4, 5, 1]] as [Shape]).map { small in
        OpExample(
          op, [random.numbers([2, 6, 7, 3]), random.numbers([3, 3, 3, 32]), random.numbers(small)],
          varying: [0, 1, 2], note: "behind a convolution"
        ) { graph, x throws(WhiskerError) in
          let window = Window(height: 3, width: 3, rowStride: 1, columnStride: 1)
          return try graph.append(
            op, x[2], graph.append(.convolution(Convolution(window: window)), x[0], x[1]))
        }
      }
  }

  static var sum: [OpExample] {
    var random = stream(8)
    return ([[], [5], [3, 4], [2, 3, 3, 4]] as [Shape]).map { shape in
      OpExample(.sum, random.numbers(shape, in: -1...2), varying: [0])
    }
  }

  static var mean: [OpExample] {
    var random = stream(9)
    return ([[], [5], [3, 4], [2, 3, 3, 4]] as [Shape]).map { shape in
      OpExample(.mean, random.numbers(shape, in: -1...2), varying: [0])
    }
  }

  static var reshape: [OpExample] {
    var random = stream(10)
    let pairs: [(Shape, Shape)] = [
      ([2, 3, 4, 5], [2, 60]), ([2, 60], [2, 3, 4, 5]), ([6], [6]), ([1], []), ([], [1, 1]),
      ([2, 3, 4, 16], [2, 192]), ([4, 1], [4]),
    ]
    return pairs.map { from, to in
      OpExample(.reshape(to), random.numbers(from), varying: [0], note: "to \(to)")
    }
  }

  static var activation: [OpExample] {
    var random = stream(11)
    return ActivationFunction.allCases.flatMap { activation in
      ([[6], [4, 5], [2, 3, 5, 3], [2, 4, 4, 16]] as [Shape]).map { shape in
        OpExample(.activation(activation), random.smooth(shape, for: activation), varying: [0])
      }
    }
      + ActivationFunction.allCases.map { activation in
        // On both sides of every bend, and where a careless formula overflows.
        OpExample(
          .activation(activation),
          Tensor(shape: [3, 4], values: [-90, -7, -4, -2, -0.7, -0.2, 0.3, 0.8, 2, 4, 7, 50]),
          note: "far and near")
      } + [
        // Far from 0, where a careless formula overflows.
        OpExample(.activation(.sigmoid), Tensor(shape: [4], values: [-100, -20, 20, 100]), note: "far out"),
        OpExample(
          .activation(.softmax), Tensor(shape: [2, 2], values: [500, 501, -800, 0]), note: "far out"),
        OpExample(.activation(.relu), Tensor(shape: [3], values: [-1, 0, 1]), note: "at its kink"),
        OpExample(
          .activation(.relu6), Tensor(shape: [4], values: [-1, 5, 7, 100]), varying: [0], note: "far out"),
        OpExample(.activation(.silu), Tensor(shape: [4], values: [-100, -20, 20, 100]), note: "far out"),
      ]
  }

  static var activationGradient: [OpExample] {
    var random = stream(12)
    return ActivationFunction.allCases.flatMap { activation in
      ([[6], [4, 5], [2, 3, 5, 3], [2, 4, 4, 16]] as [Shape]).map { shape in
        gradient(of: activation, at: random.awayFromZero(shape), random.numbers(shape))
      }
    }
      + ActivationFunction.allCases.map { activation in
        gradient(
          of: activation,
          at: Tensor(shape: [3, 4], values: [-90, -7, -4, -2, -0.7, -0.2, 0.3, 0.8, 2, 4, 7, 50]),
          random.numbers([3, 4]), note: "far and near")
      } + [
        OpExample(
          .activationGradient(.relu), Tensor(shape: [3], values: [0, 0, 1]), random.numbers([3]),
          note: "at its kink"),
        OpExample(
          .activationGradient(.relu6), Tensor(shape: [3], values: [0, 3, 6]), random.numbers([3]),
          note: "at its kinks"),
      ]
  }

  /// The gradient from what it takes: the result, or the operand.
  private static func gradient(
    of activation: ActivationFunction, at x: Tensor, _ g: Tensor, note: String = ""
  ) -> OpExample {
    OpExample(.activationGradient(activation), [x, g], note: note) { graph, x throws(WhiskerError) in
      let y = try graph.append(.activation(activation), x[0])
      let known = activation.isDifferentiatedFromResult ? y : x[0]
      return try graph.append(.activationGradient(activation), known, x[1])
    }
  }
}

extension RandomStream {
  /// Numbers where a function has no bend within a small step: at least 0.06 from 0 and 0.03 from ±0.5, and for
  /// sparsemax such that which elements stay is clear.
  fileprivate mutating func smooth(_ shape: Shape, for activation: ActivationFunction) -> Tensor {
    switch activation {
    case .softShrink, .hardShrink:
      Tensor(
        shape: shape,
        values: (0..<shape.count).map { _ in
          (chance(0.5) ? 1 : -1) * (chance(0.5) ? uniform(in: 0.06...0.47) : uniform(in: 0.53...1))
        })
    case .sparsemax: distinct(shape)
    case .sparsePlus, .sparseSigmoid, .hardSigmoid, .hardSilu, .hardTanh:
      // Some beyond the bends at 1 and 3.
      Tensor(
        shape: shape,
        values: (0..<shape.count).map { _ in
          (chance(0.5) ? 1 : -1)
            * [uniform(in: 0.06...0.95), uniform(in: 1.05...2.9), uniform(in: 3.1...4)][integer(below: 3)]
        })
    default: awayFromZero(shape)
    }
  }
}
