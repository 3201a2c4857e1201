import WhiskerGraph
import WhiskerSystem
import WhiskerTensors

extension OpExample {
  /// Shapes to normalise: few and many channels, whole and cut blocks of 16, and no pictures.
  private static let shapes: [Shape] = [
    [6, 3], [4, 16], [2, 3, 4, 3], [2, 4, 3, 8], [3, 5, 2, 16], [2, 2, 3, 32],
  ]

  /// One number for each channel.
  private static func vector(
    _ shape: Shape, _ random: inout RandomStream, in range: ClosedRange<Float> = -1...1
  )
    -> Tensor
  { random.numbers([shape[shape.rank - 1]], in: range) }

  static var channelMean: [OpExample] {
    var random = RandomStream(RandomKey(seed: 50))
    return shapes.map { OpExample(.channelMean, random.numbers($0)) }
  }

  static var channelVariance: [OpExample] {
    var random = RandomStream(RandomKey(seed: 51))
    return shapes.map { OpExample(.channelVariance, random.numbers($0)) }
      + [OpExample(.channelVariance, random.numbers([50, 2], in: 99...101), note: "far from 0")]
  }

  static var normalization: [OpExample] {
    var random = RandomStream(RandomKey(seed: 52))
    return shapes.map { shape in
      OpExample(
        .normalization(epsilon: 1e-3), random.numbers(shape), vector(shape, &random),
        vector(shape, &random, in: 0.2...2), vector(shape, &random), vector(shape, &random),
        varying: [0, 3, 4])
    }
  }

  static var batchNormalization: [OpExample] {
    var random = RandomStream(RandomKey(seed: 53))
    let op = Op.batchNormalization(epsilon: 1e-3)
    return shapes.map { shape in
      OpExample(
        op, random.numbers(shape), vector(shape, &random), vector(shape, &random), varying: [0, 1, 2])
    } + [
      OpExample(
        op,
        [
          random.numbers([2, 6, 5, 3]), random.numbers([3, 3, 3, 32]), random.numbers([32]),
          random.numbers([32]),
        ],
        varying: [0, 1, 2, 3], note: "behind a convolution"
      ) { graph, x throws(WhiskerError) in
        let window = Window(height: 3, width: 3, rowStride: 1, columnStride: 1)
        let y = try graph.append(.convolution(Convolution(window: window)), x[0], x[1])
        let normalized = try graph.append(op, y, x[2], x[3])
        graph.output("mean", try graph.append(.channelMean, y))
        graph.output("variance", try graph.append(.channelVariance, y))
        return normalized
      },
      OpExample(
        op, [random.numbers([8, 3]), random.numbers([3])], varying: [0, 1], note: "read by others"
      ) { graph, x throws(WhiskerError) in
        let y = try graph.append(op, x[0], x[1], x[1])
        return try graph.append(.add, y, graph.append(.multiply, y, x[0]))
      },
    ]
  }

  static var batchNormalizationGradient: [OpExample] {
    var random = RandomStream(RandomKey(seed: 54))
    return shapes.map { shape in
      OpExample(
        .batchNormalizationGradient(epsilon: 1e-3), random.numbers(shape), vector(shape, &random),
        random.numbers(shape))
    }
  }

  static var batchNormalizationScaleGradient: [OpExample] {
    var random = RandomStream(RandomKey(seed: 55))
    return shapes.map { shape in
      OpExample(.batchNormalizationScaleGradient(epsilon: 1e-3), random.numbers(shape), random.numbers(shape))
    }
  }

  static var layerNormalization: [OpExample] {
    var random = RandomStream(RandomKey(seed: 59))
    let op = Op.layerNormalization(epsilon: 1e-3)
    return (shapes + [[2, 3, 5]]).map { shape in
      OpExample(
        op, random.numbers(shape), vector(shape, &random), vector(shape, &random), varying: [0, 1, 2])
    } + [
      OpExample(
        op, random.numbers([3, 40], in: 99...101), random.numbers([40]), random.numbers([40]),
        note: "far from 0"),
      OpExample(
        op,
        [
          random.numbers([2, 6, 5, 3]), random.numbers([3, 3, 3, 32]), random.numbers([32]),
          random.numbers([32]),
        ],
        varying: [0, 1, 2, 3], note: "behind a convolution"
      ) { graph, x throws(WhiskerError) in
        let window = Window(height: 3, width: 3, rowStride: 1, columnStride: 1)
        let y = try graph.append(.convolution(Convolution(window: window)), x[0], x[1])
        return try graph.append(op, y, x[2], x[3])
      },
    ]
  }

  static var layerNormalizationGradient: [OpExample] {
    var random = RandomStream(RandomKey(seed: 60))
    return shapes.map { shape in
      OpExample(
        .layerNormalizationGradient(epsilon: 1e-3), random.numbers(shape), vector(shape, &random),
        random.numbers(shape))
    }
  }

  static var layerNormalizationScaleGradient: [OpExample] {
    var random = RandomStream(RandomKey(seed: 61))
    return shapes.map { shape in
      OpExample(.layerNormalizationScaleGradient(epsilon: 1e-3), random.numbers(shape), random.numbers(shape))
    }
  }

  /// Below the bound, at it, above it, and of the norm 0.
  static var clipNorm: [OpExample] {
    var random = RandomStream(RandomKey(seed: 63))
    return ([([1], 0.5), ([7], 4), ([3, 3, 8, 16], 100), ([2], 0)] as [(Shape, Float)]).map { shape, square in
      OpExample(.clipNorm(2), random.numbers(shape), Tensor(square))
    }
  }

  static var movingAverage: [OpExample] {
    var random = RandomStream(RandomKey(seed: 56))
    return ([[1], [7], [2, 3, 3, 16]] as [Shape]).map { shape in
      let op = Op.movingAverage(momentum: 0.9, state: "average")
      return OpExample(
        name: "\(op) \(shape)", kind: .movingAverage,
        graph: .built { graph throws(WhiskerError) in try graph.append(op, graph.input("x", shape)) },
        states: ["average": random.numbers(shape)], runs: (0..<3).map { _ in ["x": random.numbers(shape)] })
    }
  }

  static var blend: [OpExample] {
    var random = RandomStream(RandomKey(seed: 62))
    return ([[1], [7], [3, 3, 8, 16]] as [Shape]).map { shape in
      let op = Op.blend(state: "average")
      return OpExample(
        name: "\(op) \(shape)", kind: .blend,
        graph: .built { graph throws(WhiskerError) in
          try graph.append(op, graph.input("x", shape), graph.input("share", []))
        },
        states: ["average": random.numbers(shape)],
        runs: [Float(1), 0.25, 0.002].map { ["x": random.numbers(shape), "share": Tensor($0)] })
    }
  }

  private static let rectifiers = [
    Rectifier(), Rectifier(maximum: 1), Rectifier(slope: 0.25), Rectifier(threshold: 0.5),
    Rectifier(maximum: 1, slope: 0.25, threshold: 0.5), Rectifier(maximum: 0.5, threshold: 1),
  ]

  /// No element is where a rectifier is bent.
  static var rectifier: [OpExample] {
    var random = RandomStream(RandomKey(seed: 57))
    return rectifiers.flatMap { rectifier in
      ([[9], [2, 3, 5, 3]] as [Shape]).map { shape in
        OpExample(.rectifier(rectifier), random.oddMultiples(shape, of: 0.25, levels: 4), varying: [0])
      }
    } + [
      OpExample(
        .rectifier(rectifiers[4]), [random.numbers([1, 5, 5, 3]), random.numbers([3, 3, 3, 5])],
        note: "behind a convolution"
      ) { graph, x throws(WhiskerError) in
        let window = Window(height: 3, width: 3, rowStride: 1, columnStride: 1)
        return try graph.append(
          .rectifier(rectifiers[4]), graph.append(.convolution(Convolution(window: window)), x))
      },
      OpExample(.rectifier(rectifiers[4]), Tensor(shape: [3], values: [0, 0.5, 1]), note: "at its kinks"),
    ]
  }

  static var rectifierGradient: [OpExample] {
    var random = RandomStream(RandomKey(seed: 58))
    return rectifiers.map { rectifier in
      OpExample(
        .rectifierGradient(rectifier), random.oddMultiples([2, 3, 5, 3], of: 0.25, levels: 4),
        random.numbers([2, 3, 5, 3]))
    } + [
      OpExample(
        .rectifierGradient(rectifiers[4]), Tensor(shape: [3], values: [0, 0.5, 1]), random.numbers([3]),
        note: "at its kinks")
    ]
  }
}
