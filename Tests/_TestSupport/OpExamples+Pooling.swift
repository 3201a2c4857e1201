import WhiskerGraph
import WhiskerSystem
import WhiskerTensors

extension OpExample {
  private static let poolings: [(Pooling, Shape)] = {
    let around = EdgePadding(top: 1, left: 1, bottom: 1, right: 1)
    let windows: [(Window, Shape)] = [
      (Window(height: 1, width: 1, rowStride: 1, columnStride: 1), [2, 3, 3, 2]),
      (Window(height: 2, width: 2, rowStride: 2, columnStride: 2), [2, 4, 6, 3]),
      (Window(height: 2, width: 2, rowStride: 2, columnStride: 2), [1, 5, 7, 3]),
      (Window(height: 2, width: 2, rowStride: 2, columnStride: 2), [2, 4, 4, 16]),
      (Window(height: 2, width: 2, rowStride: 2, columnStride: 2), [1, 5, 3, 32]),
      (Window(height: 2, width: 2, rowStride: 2, columnStride: 2), [2, 5, 7, 24]),
      (Window(height: 2, width: 2, rowStride: 1, columnStride: 1), [1, 4, 4, 2]),
      (Window(height: 3, width: 3, rowStride: 2, columnStride: 2, padding: around), [1, 5, 6, 2]),
      (
        Window(height: 3, width: 3, rowStride: 3, columnStride: 3, padding: EdgePadding(bottom: 2, right: 1)),
        [2, 7, 8, 2]
      ),
      (
        Window(height: 2, width: 3, rowStride: 1, columnStride: 2, padding: EdgePadding(top: 1)),
        [1, 4, 7, 3]
      ),
      (Window(height: 4, width: 5, rowStride: 1, columnStride: 1), [2, 4, 5, 3]),
      (Window(height: 3, width: 3, rowStride: 2, columnStride: 2, padding: around), [2, 1, 1, 16]),
      (Window(height: 3, width: 3, rowStride: 1, columnStride: 1, padding: around), [1, 2, 1, 8]),
    ]
    return windows.flatMap { window, shape in
      [
        (Pooling(kind: .maximum, window: window), shape),
        (Pooling(kind: .maximum, window: window, hasReLU: true), shape),
        (Pooling(kind: .average, window: window), shape),
        (Pooling(kind: .average, window: window, hasReLU: true), shape),
      ]
    }
  }()

  /// Equal largest elements in every window: the first wins.
  private static let tied = Tensor(
    shape: [1, 4, 4, 1], values: [1, 1, 0, 2, 1, 1, 2, 2, -1, -3, 0, 0, -1, -1, 0, 0])

  private static let two = Window(height: 2, width: 2, rowStride: 2, columnStride: 2)

  static var pooling: [OpExample] {
    var random = RandomStream(RandomKey(seed: 7))
    return poolings.map { pooling, shape in
      OpExample(.pooling(pooling), random.poolingInput(shape, pooling), varying: [0])
    } + [
      OpExample(.pooling(Pooling(kind: .maximum, window: two)), tied, note: "with ties"),
      OpExample(
        .pooling(
          Pooling(
            kind: .maximum,
            window: Window(
              height: 2, width: 2, rowStride: 1, columnStride: 1,
              padding: EdgePadding(top: 1, left: 1, bottom: 1, right: 1)))),
        random.numbers([1, 3, 3, 2], in: -2 ... -1), note: "all negative"),
    ]
  }

  static var poolingGradient: [OpExample] {
    var random = RandomStream(RandomKey(seed: 8))
    func example(_ pooling: Pooling, _ x: Tensor, note: String = "") -> OpExample {
      let size = pooling.window.outputSize(height: x.shape[1], width: x.shape[2]) ?? (0, 0)
      let g = random.numbers([x.shape[0], size.height, size.width, x.shape[3]])
      return OpExample(.poolingGradient(pooling), [x, g], note: note) { graph, x throws(WhiskerError) in
        let y = try graph.append(.pooling(pooling), x[0])
        return try graph.append(.poolingGradient(pooling), x[0], y, x[1])
      }
    }
    return poolings.map { pooling, shape in example(pooling, random.poolingInput(shape, pooling)) } + [
      example(Pooling(kind: .maximum, window: two), tied, note: "with ties"),
      example(Pooling(kind: .maximum, window: two, hasReLU: true), tied, note: "with ties"),
    ]
  }
}

extension RandomStream {
  /// Pixels whose pooling is smooth nearby: clear maxima, or means that aren't 0.
  fileprivate mutating func poolingInput(_ shape: Shape, _ pooling: Pooling) -> Tensor {
    switch pooling.kind {
    case .maximum: distinct(shape)
    case .average: pooling.hasReLU ? meanAwayFromZero(shape) : numbers(shape)
    }
  }

  /// Pictures that are all positive or all negative.
  private mutating func meanAwayFromZero(_ shape: Shape) -> Tensor {
    let channels = shape[3]
    let signs = (0..<channels).map { Float($0 % 2 == 0 ? 1 : -1) }
    var tensor = numbers(shape, in: 0.1...1)
    for index in tensor.values.indices { tensor.values[index] *= signs[index % channels] }
    return tensor
  }
}
