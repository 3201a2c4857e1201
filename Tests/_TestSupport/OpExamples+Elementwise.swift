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
    } + [
      OpExample(.add, [random.numbers([2, 3])], varying: [0], note: "with itself") {
        graph, x throws(WhiskerError) in try graph.append(.add, x[0], x[0])
      }
    ]
  }

  static var multiply: [OpExample] {
    var random = stream(4)
    return ([[], [7], [4, 5], [2, 3, 5, 3]] as [Shape]).map { shape in
      OpExample(.multiply, random.numbers(shape), random.numbers(shape), varying: [0, 1])
    } + [
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
        OpExample(.activation(activation), random.awayFromZero(shape), varying: [0])
      }
    } + [
      // Far from 0, where a careless formula overflows.
      OpExample(.activation(.sigmoid), Tensor(shape: [4], values: [-100, -20, 20, 100]), note: "far out"),
      OpExample(.activation(.softmax), Tensor(shape: [2, 2], values: [500, 501, -800, 0]), note: "far out"),
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
        OpExample(.activationGradient(activation), [random.awayFromZero(shape), random.numbers(shape)]) {
          graph, x throws(WhiskerError) in
          let y = try graph.append(.activation(activation), x[0])
          return try graph.append(.activationGradient(activation), y, x[1])
        }
      }
    } + [
      OpExample(
        .activationGradient(.relu), Tensor(shape: [3], values: [0, 0, 1]), random.numbers([3]),
        note: "at its kink"),
      OpExample(
        .activationGradient(.relu6), Tensor(shape: [3], values: [0, 3, 6]), random.numbers([3]),
        note: "at its kinks"),
    ]
  }
}
