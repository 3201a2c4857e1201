import WhiskerGraph
import WhiskerTensors

extension OpExample {
  static var matrixProduct: [OpExample] {
    var random = RandomStream(RandomKey(seed: 2))
    var examples: [OpExample] = []
    for (rows, inner, columns) in [(1, 1, 1), (3, 5, 4), (4, 37, 1), (5, 16, 32), (2, 70, 10)] {
      let (x, w) = (random.numbers([rows, inner]), random.numbers([inner, columns]))
      examples.append(OpExample(.matrixProduct(MatrixProduct()), x, w, varying: [0, 1]))
      examples.append(
        OpExample(.matrixProduct(MatrixProduct()), x, w, random.numbers([columns]), varying: [0, 1, 2]))
      for (left, right) in [(true, false), (false, true), (true, true)] {
        examples.append(
          OpExample(
            .matrixProduct(MatrixProduct(transposesLeft: left, transposesRight: right)),
            random.numbers(left ? [inner, rows] : [rows, inner]),
            random.numbers(right ? [columns, inner] : [inner, columns])))
      }
    }
    for activation in ActivationFunction.allCases where activation.isFusible {
      let op = Op.matrixProduct(MatrixProduct(activation: activation))
      let x = random.oddMultiples([4, 7], of: 0.125, levels: 4)
      let w = random.oddMultiples([7, 5], of: 0.25, levels: 2)
      // An odd number of odd products is never 0.
      examples.append(OpExample(op, x, w, varying: [0, 1]))
      let bias = random.oddMultiples([5], of: 1 / 64, levels: 16)
      examples.append(OpExample(op, x, w, bias, varying: [0, 1, 2]))
    }
    return examples
  }

  /// Convolutions to try in all three directions, with the shapes of input and kernel.
  private static let convolutions: [(Convolution, Shape, Shape)] = {
    func entry(
      _ input: Shape, _ kernel: Shape, strides: (Int, Int) = (1, 1), dilations: (Int, Int) = (1, 1),
      padding: EdgePadding = .none, groups: Int = 1
    ) -> (Convolution, Shape, Shape) {
      let window = Window(
        height: kernel[0], width: kernel[1], rowStride: strides.0, columnStride: strides.1,
        rowDilation: dilations.0, columnDilation: dilations.1, padding: padding)
      return (Convolution(window: window, groups: groups), input, kernel)
    }
    let around = EdgePadding(top: 1, left: 1, bottom: 1, right: 1)
    return [
      entry([1, 1, 1, 1], [1, 1, 1, 1]),
      entry([2, 4, 5, 3], [1, 1, 3, 4]),
      entry([2, 5, 5, 3], [3, 3, 3, 4]),
      entry([1, 6, 7, 2], [3, 3, 2, 5]),
      entry([2, 5, 4, 3], [3, 3, 3, 2], padding: around),
      entry([2, 6, 6, 3], [3, 3, 3, 4], strides: (2, 2), padding: EdgePadding(bottom: 1, right: 1)),
      entry([1, 7, 7, 2], [3, 3, 2, 3], strides: (2, 2)),
      entry([2, 8, 7, 3], [3, 3, 3, 2], strides: (3, 3)),
      entry([1, 6, 8, 2], [3, 3, 2, 3], strides: (3, 2), padding: around),
      entry([2, 5, 6, 2], [2, 3, 2, 3], strides: (2, 1), padding: EdgePadding(top: 1, right: 2)),
      entry([1, 5, 5, 2], [2, 2, 2, 2], padding: EdgePadding(bottom: 1, right: 1)),
      entry([1, 6, 6, 2], [5, 5, 2, 3], padding: EdgePadding(top: 2, left: 2, bottom: 2, right: 2)),
      entry([1, 2, 2, 2], [3, 3, 2, 2], padding: around),
      entry([1, 5, 5, 2], [1, 1, 2, 3], strides: (2, 2)),
      entry([2, 5, 5, 4], [3, 3, 2, 6], groups: 2),
      entry([2, 5, 6, 4], [3, 3, 1, 4], padding: around, groups: 4),
      entry(
        [1, 6, 6, 3], [3, 3, 1, 6], strides: (2, 2), padding: EdgePadding(bottom: 1, right: 1), groups: 3),
      // Depthwise ones in blocks of eight channels, windows over every edge.
      entry(
        [2, 6, 7, 16], [5, 5, 1, 16], padding: EdgePadding(top: 2, left: 2, bottom: 2, right: 2), groups: 16),
      entry(
        [3, 7, 6, 8], [5, 5, 1, 8], strides: (2, 2),
        padding: EdgePadding(top: 1, left: 2, bottom: 2, right: 1), groups: 8),
      entry([1, 5, 7, 24], [3, 3, 1, 24], strides: (2, 3), groups: 24),
      entry([2, 6, 6, 16], [3, 3, 16, 16]),
      entry([1, 8, 8, 16], [3, 3, 16, 32], padding: around),
      entry([3, 5, 5, 17], [3, 3, 17, 19]),
      entry([1, 4, 4, 32], [1, 1, 32, 16]),
      // Rows of a kernel for few channels that three weights at a time don't fill.
      entry([2, 20, 7, 3], [3, 3, 3, 8]),
      entry([1, 11, 9, 4], [5, 4, 4, 40], strides: (2, 1)),
      entry([2, 6, 8, 1], [2, 5, 1, 24], strides: (1, 2)),
      // Tiles of Winograd's algorithm that the picture ends in, at every edge; halves of blocks of 16 channels.
      entry([2, 6, 7, 8], [3, 3, 8, 8]),
      entry([2, 9, 8, 8], [3, 3, 8, 24], padding: around),
      entry([1, 5, 13, 24], [3, 3, 24, 16], padding: EdgePadding(top: 1, right: 2)),
      entry([3, 9, 9, 32], [3, 3, 32, 64]),
      entry([1, 10, 9, 64], [3, 3, 64, 40], padding: EdgePadding(top: 2, left: 2, bottom: 2, right: 2)),
      // Windows with gaps: where the algorithms for dense ones would fit too.
      entry([2, 7, 8, 3], [3, 3, 3, 8], dilations: (2, 2)),
      entry(
        [1, 9, 9, 16], [3, 3, 16, 32], dilations: (2, 2),
        padding: EdgePadding(top: 2, left: 2, bottom: 2, right: 2)),
      entry([2, 9, 8, 8], [3, 3, 8, 8], dilations: (3, 2), padding: EdgePadding(top: 1, right: 3)),
      entry(
        [2, 9, 8, 16], [3, 3, 1, 16], dilations: (2, 3),
        padding: EdgePadding(top: 2, left: 3, bottom: 2, right: 3), groups: 16),
      entry([1, 9, 9, 4], [2, 3, 2, 6], strides: (2, 1), dilations: (3, 2), groups: 2),
      // Kernels of one row or one column, and many groups.
      entry([2, 5, 9, 8], [1, 7, 8, 16], padding: EdgePadding(left: 3, right: 3)),
      entry([2, 9, 5, 8], [7, 1, 8, 16], padding: EdgePadding(top: 3, bottom: 3)),
      entry(
        [1, 8, 8, 16], [7, 7, 1, 16], padding: EdgePadding(top: 3, left: 3, bottom: 3, right: 3), groups: 16),
      entry([2, 6, 6, 32], [3, 3, 4, 32], padding: around, groups: 8),
      // Pictures that are smaller than the kernel, so that some of it never meets them.
      entry(
        [2, 2, 2, 16], [7, 7, 1, 16], padding: EdgePadding(top: 3, left: 3, bottom: 3, right: 3), groups: 16),
      entry(
        [2, 1, 3, 8], [5, 5, 1, 8], strides: (2, 2),
        padding: EdgePadding(top: 2, left: 2, bottom: 2, right: 2), groups: 8),
      entry([2, 1, 1, 16], [3, 3, 1, 16], padding: around, groups: 16),
      entry([2, 1, 1, 16], [3, 3, 16, 16], padding: around),
      entry([1, 2, 1, 32], [3, 3, 32, 64], padding: around),
      entry([2, 2, 3, 8], [7, 7, 8, 16], padding: EdgePadding(top: 3, left: 3, bottom: 3, right: 3)),
      entry(
        [2, 1, 2, 3], [5, 5, 3, 8], strides: (2, 2),
        padding: EdgePadding(top: 2, left: 2, bottom: 2, right: 2)),
      entry(
        [2, 2, 2, 16], [3, 3, 1, 16], dilations: (2, 2),
        padding: EdgePadding(top: 2, left: 2, bottom: 2, right: 2), groups: 16),
    ]
  }()

  static var convolution: [OpExample] {
    var random = RandomStream(RandomKey(seed: 3))
    var examples: [OpExample] = []
    for (convolution, input, kernel) in convolutions {
      let (x, w) = (random.numbers(input), random.numbers(kernel))
      examples.append(OpExample(.convolution(convolution), x, w, varying: [0, 1]))
      examples.append(
        OpExample(.convolution(convolution), x, w, random.numbers([kernel[3]]), varying: [0, 1, 2]))
    }
    for activation in ActivationFunction.allCases where activation.isFusible {
      for (convolution, input, kernel) in [
        convolutions[2], convolutions[5], convolutions[14], convolutions[17],
      ] {
        var convolution = convolution
        convolution.activation = activation
        examples.append(
          OpExample(
            .convolution(convolution), random.oddMultiples(input, of: 0.125, levels: 4),
            random.oddMultiples(kernel, of: 0.25, levels: 2),
            random.oddMultiples([kernel[3]], of: 1 / 64, levels: 16), varying: [0, 1, 2]))
      }
      // Without padding an odd number of odd products is never 0.
      var convolution = convolutions[2].0
      convolution.activation = activation
      examples.append(
        OpExample(
          .convolution(convolution), random.oddMultiples(convolutions[2].1, of: 0.125, levels: 4),
          random.oddMultiples(convolutions[2].2, of: 0.25, levels: 2), varying: [0, 1]))
    }
    return examples
  }

  static var convolutionInputGradient: [OpExample] {
    var random = RandomStream(RandomKey(seed: 4))
    return convolutions.map { convolution, input, kernel in
      OpExample(
        .convolutionInputGradient(convolution, input), random.numbers(kernel),
        random.numbers(resultShape(convolution, input, kernel)), varying: [0, 1], note: "of \(input)")
    }
  }

  static var convolutionKernelGradient: [OpExample] {
    var random = RandomStream(RandomKey(seed: 5))
    return convolutions.map { convolution, input, kernel in
      OpExample(
        .convolutionKernelGradient(convolution, kernel), random.numbers(input),
        random.numbers(resultShape(convolution, input, kernel)), note: "of \(kernel)")
    }
  }

  static var biasGradient: [OpExample] {
    var random = RandomStream(RandomKey(seed: 6))
    return ([[5], [4, 1], [4, 7], [2, 3, 4, 5], [2, 3, 3, 16]] as [Shape]).map { shape in
      OpExample(.biasGradient, random.numbers(shape))
    }
  }

  private static func resultShape(_ convolution: Convolution, _ input: Shape, _ kernel: Shape) -> Shape {
    let size = convolution.window.outputSize(height: input[1], width: input[2]) ?? (0, 0)
    return [input[0], size.height, size.width, kernel[3]]
  }
}
