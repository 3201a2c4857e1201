import WhiskerGraph
import WhiskerSystem
import WhiskerTensors

extension OpExample {
  private static let edges: [(EdgePadding, Shape)] = [
    (EdgePadding(top: 1, left: 1, bottom: 1, right: 1), [2, 3, 4, 2]),
    (EdgePadding(bottom: 1, right: 2), [1, 4, 3, 16]), (EdgePadding(top: 3), [2, 2, 2, 1]),
    (.none, [1, 2, 3, 3]),
  ]

  static var transpose: [OpExample] {
    var random = RandomStream(RandomKey(seed: 43))
    let orders: [([Int], Shape)] = [
      ([1, 0], [3, 5]), ([0, 2, 1], [2, 3, 4]), ([0, 3, 1, 2], [2, 3, 4, 5]), ([0, 2, 1, 3], [2, 5, 3, 2]),
      ([3, 1, 0, 2], [2, 3, 4, 5]), ([0, 1, 2, 3], [1, 2, 3, 4]), ([0, 4, 2, 1, 3], [2, 3, 2, 4, 3]),
    ]
    return orders.map { order, shape in OpExample(.transpose(order), random.numbers(shape), varying: [0]) }
      + [blocked(.transpose([0, 2, 1, 3]), &random)]
  }

  static var pad: [OpExample] {
    var random = RandomStream(RandomKey(seed: 40))
    return edges.map { edges, shape in OpExample(.pad(edges), random.numbers(shape), varying: [0]) } + [
      blocked(.pad(EdgePadding(top: 1, left: 2, bottom: 3, right: 4)), &random)
    ]
  }

  static var crop: [OpExample] {
    var random = RandomStream(RandomKey(seed: 41))
    return edges.map { edges, shape in
      let whole: Shape = [
        shape[0], shape[1] + edges.top + edges.bottom, shape[2] + edges.left + edges.right, shape[3],
      ]
      return OpExample(.crop(edges), random.numbers(whole), varying: [0])
    } + [blocked(.crop(EdgePadding(top: 1, right: 2)), &random)]
  }

  static var concatenate: [OpExample] {
    var random = RandomStream(RandomKey(seed: 42))
    let settings: [(Int, [Shape])] = [
      (0, [[3]]), (0, [[2], [3], [1]]), (1, [[2, 3], [2, 4]]), (3, [[2, 3, 3, 2], [2, 3, 3, 5]]),
      (3, [[1, 2, 3, 16], [1, 2, 3, 32]]), (1, [[2, 3, 4, 2], [2, 1, 4, 2]]),
      (2, [[2, 3, 1, 8], [2, 3, 4, 8], [2, 3, 2, 8]]),
    ]
    return settings.map { axis, shapes in
      OpExample(
        .concatenate(axis: axis), shapes.map { random.numbers($0) }, varying: Array(shapes.indices)
      ) { graph, x throws(WhiskerError) in try graph.append(.concatenate(axis: axis), x) }
    } + [
      OpExample(.concatenate(axis: 1), [random.numbers([2, 3])], varying: [0], note: "with itself") {
        graph, x throws(WhiskerError) in try graph.append(.concatenate(axis: 1), x[0], x[0])
      }
    ]
  }

  static var slice: [OpExample] {
    var random = RandomStream(RandomKey(seed: 43))
    let settings: [(Int, Int, Int, Shape)] = [
      (0, 1, 2, [4]), (1, 0, 2, [2, 5]), (3, 1, 2, [2, 3, 3, 4]), (3, 16, 16, [1, 3, 2, 48]),
      (3, 5, 20, [1, 3, 2, 48]), (1, 2, 1, [2, 3, 4, 2]), (2, 0, 4, [2, 3, 4, 2]),
    ]
    return settings.map { axis, start, count, shape in
      OpExample(.slice(axis: axis, start: start, count: count), random.numbers(shape), varying: [0])
    } + [
      blocked(.slice(axis: 3, start: 16, count: 16), &random),
      blocked(.slice(axis: 3, start: 3, count: 9), &random),
    ]
  }

  /// Smaller, larger and oblong, in each way.
  private static let resamplings: [(Resampling, Shape)] = Resampling.Interpolation.allCases.flatMap {
    interpolation in
    [(3, 9, [2, 7, 5, 3]), (8, 4, [1, 4, 9, 2]), (12, 15, [1, 4, 5, 8]), (4, 5, [1, 4, 5, 3])].flatMap {
      (height: Int, width: Int, shape: Shape) in
      [false, true].map { isAntialiased in
        (
          Resampling(
            height: height, width: width, interpolation: interpolation, isAntialiased: isAntialiased), shape
        )
      }
    }
  }

  static var resample: [OpExample] {
    var random = RandomStream(RandomKey(seed: 44))
    return resamplings.map { OpExample(.resample($0), random.numbers($1), varying: [0]) } + [
      blocked(.resample(Resampling(height: 9, width: 3)), &random)
    ]
  }

  static var resampleGradient: [OpExample] {
    var random = RandomStream(RandomKey(seed: 45))
    return resamplings.map { resampling, shape in
      OpExample(
        .resampleGradient(resampling, shape),
        random.numbers([shape[0], resampling.height, resampling.width, shape[3]]), note: "of \(shape)")
    }
  }

  /// An op on the result of a convolution, which engines like to keep in a layout of their own.
  private static func blocked(_ op: Op, _ random: inout RandomStream) -> OpExample {
    let window = Window(height: 3, width: 3, rowStride: 1, columnStride: 1)
    return OpExample(
      op, [random.numbers([2, 6, 7, 3]), random.numbers([3, 3, 3, 32])], varying: [0, 1],
      note: "behind a convolution"
    ) { graph, x throws(WhiskerError) in
      try graph.append(op, graph.append(.convolution(Convolution(window: window)), x))
    }
  }
}
