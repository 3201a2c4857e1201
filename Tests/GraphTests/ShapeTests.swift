import Testing
import WhiskerGraph
import WhiskerSystem
import WhiskerTensors
import _TestSupport

@Suite struct ShapeTests {
  private static let three = Window(height: 3, width: 3, rowStride: 1, columnStride: 1)
  private static let two = Window(height: 2, width: 2, rowStride: 2, columnStride: 2)

  @Test(arguments: [
    // Keras: valid ⌊(n − k)/s⌋ + 1.
    (Window(height: 3, width: 3, rowStride: 1, columnStride: 1), (150, 150), (148, 148)),
    (Window(height: 2, width: 2, rowStride: 2, columnStride: 2), (17, 17), (8, 8)),
    (Window(height: 3, width: 2, rowStride: 2, columnStride: 3), (10, 10), (4, 3)),
    (
      Window(
        height: 3, width: 3, rowStride: 2, columnStride: 2, padding: EdgePadding(bottom: 1, right: 1)),
      (10, 10), (5, 5)
    ),
    (Window(height: 4, width: 1, rowStride: 5, columnStride: 1), (4, 1), (1, 1)),
  ])
  func windowsCountTheirPlaces(window: Window, size: (Int, Int), expected: (Int, Int)) throws {
    let result = try #require(window.outputSize(height: size.0, width: size.1))
    #expect(result.height == expected.0)
    #expect(result.width == expected.1)
  }

  @Test(arguments: [
    Window(height: 5, width: 1, rowStride: 1, columnStride: 1),
    Window(height: 1, width: 1, rowStride: 0, columnStride: 1),
    Window(height: 0, width: 1, rowStride: 1, columnStride: 1),
  ])
  func windowsThatDoNotFitHaveNoSize(window: Window) {
    #expect(window.outputSize(height: 4, width: 4) == nil)
  }

  @Test func convolutionSeesItsShapes() throws {
    let op = Op.convolution(Convolution(window: Self.three))
    #expect(try op.outputShape(for: [[20, 150, 150, 3], [3, 3, 3, 32], [32]]) == [20, 148, 148, 32])
    let grouped = Op.convolution(Convolution(window: Self.three, groups: 2))
    #expect(try grouped.outputShape(for: [[1, 5, 5, 4], [3, 3, 2, 6]]) == [1, 3, 3, 6])
  }

  /// The verifier and the check of inputs throw, which fails the test.
  @Test(arguments: OpExample.all) func examplesAreWellFormed(example: OpExample) throws {
    #expect(!example.runs.isEmpty)
    try example.graph.verify()
    for inputs in example.runs { try example.graph.check(inputs: inputs) }
  }

  /// Ops given what they can't take, with the message.
  private static let misuses: [(Op, [Shape], String)] = [
    (.input("x"), [], "input: expected a declared shape, got none"),
    (.add, [[2]], "add: expected 2 to 2 operands, got 1"),
    (.add, [[2], [3]], "add: expected a shape that goes with (2), got (3)"),
    (.multiply, [[2, 3], [3, 2]], "multiply: expected a shape that goes with (2, 3), got (3, 2)"),
    (.scale(2), [], "scale: expected 1 to 1 operands, got 0"),
    (.broadcast([2]), [[3]], "broadcast: expected a shape that repeats to (2), got (3)"),
    (.broadcast([3]), [[2, 3]], "broadcast: expected a shape that repeats to (3), got (2, 3)"),
    (.reduce([3]), [[3, 2]], "reduce: expected a shape that (3) repeats to, got (3, 2)"),
    (.noise([2], salt: 0), [[3]], "noise: expected (4), got (3)"),
    (.reshape([7]), [[2, 3]], "reshape: expected 6 elements (2, 3), got (7)"),
    (.activation(.softmax), [[]], "activation: expected at least one axis for softmax, got a scalar"),
    (.activationGradient(.relu), [[2], [3]], "activationGradient: expected (2), got (3)"),
    (
      .matrixProduct(MatrixProduct()), [[2, 3], [3]],
      "matrixProduct: expected two matrices, got (2, 3) and (3)"
    ),
    (
      .matrixProduct(MatrixProduct()), [[2, 3], [4, 5]],
      "matrixProduct: expected equal inner sizes, got (2, 3) and (4, 5)"
    ),
    (
      .matrixProduct(MatrixProduct(transposesLeft: true)), [[2, 3], [3, 5]],
      "matrixProduct: expected equal inner sizes, got (2, 3) and (3, 5)"
    ),
    (
      .matrixProduct(MatrixProduct(activation: .softmax)), [[2, 3], [3, 5]],
      "matrixProduct: expected an elementwise activation, got softmax"
    ),
    (
      .convolution(Convolution(window: three, activation: .softmax)), [[1, 5, 5, 3], [3, 3, 3, 1]],
      "convolution: expected an elementwise activation, got softmax"
    ),
    (.matrixProduct(MatrixProduct()), [[2, 3], [3, 5], [3]], "matrixProduct: expected (5), got (3)"),
    (
      .convolution(Convolution(window: three)), [[5, 5, 3], [3, 3, 3, 1]],
      "convolution: expected [N, H, W, C] and [h, w, I, O], got (5, 5, 3) and (3, 3, 3, 1)"
    ),
    (
      .convolution(Convolution(window: three)), [[1, 5, 5, 3], [3, 3, 4, 1]],
      "convolution: expected a kernel (3, 3, 3, O), got (3, 3, 4, 1) for input (1, 5, 5, 3)"
    ),
    (
      .convolution(Convolution(window: three, groups: 2)), [[1, 5, 5, 4], [3, 3, 2, 3]],
      "convolution: expected a kernel (3, 3, 2, O), got (3, 3, 2, 3) for input (1, 5, 5, 4)"
    ),
    (
      .convolution(Convolution(window: three, groups: 0)), [[1, 5, 5, 4], [3, 3, 2, 3]],
      "convolution: expected at least 1 group, got 0"
    ),
    (
      .convolution(Convolution(window: three)), [[1, 2, 5, 3], [3, 3, 3, 1]],
      "convolution: expected at least 3 × 3 pixels, got (1, 2, 5, 3)"
    ),
    (
      .convolution(Convolution(window: three)), [[1, 5, 5, 3], [3, 3, 3, 2], [3]],
      "convolution: expected (2), got (3)"
    ),
    (
      .convolutionInputGradient(Convolution(window: three), [1, 5, 5, 3]), [[3, 3, 3, 2], [1, 2, 3, 2]],
      "convolutionInputGradient: expected (1, 3, 3, 2), got (1, 2, 3, 2)"
    ),
    (
      .convolutionKernelGradient(Convolution(window: three), [3, 3, 3, 2]), [[1, 5, 5, 3], [1, 3, 3, 1]],
      "convolutionKernelGradient: expected (1, 3, 3, 2), got (1, 3, 3, 1)"
    ),
    (.biasGradient, [[]], "biasGradient: expected at least one axis, got a scalar"),
    (
      .pooling(Pooling(kind: .maximum, window: two)), [[4, 4, 1]],
      "pooling: expected [N, H, W, C], got (4, 4, 1)"
    ),
    (
      .pooling(Pooling(kind: .average, window: two)), [[1, 1, 4, 1]],
      "pooling: expected at least 2 × 2 pixels, got (1, 1, 4, 1)"
    ),
    (
      .pooling(
        Pooling(
          kind: .average,
          window: Window(
            height: 2, width: 2, rowStride: 2, columnStride: 2, padding: EdgePadding(bottom: 2)))),
      [[1, 4, 4, 1]],
      "pooling: expected padding smaller than the window, got 2×2 stride 2×2 padding 0,0,2,0 for (1, 4, 4, 1)"
    ),
    (
      .poolingGradient(Pooling(kind: .maximum, window: two)), [[1, 4, 4, 1], [1, 2, 2, 1], [1, 2, 1, 1]],
      "poolingGradient: expected (1, 2, 2, 1), got (1, 2, 1, 1)"
    ),
    (.dropout(rate: 0.5, salt: 0), [[4], [2]], "dropout: expected (4), got (2)"),
    (
      .crossentropy(Crossentropy(kind: .binary, isFromLogits: true)), [[4], [4]],
      "crossentropy: expected predictions [N, K], got (4)"
    ),
    (
      .crossentropy(Crossentropy(kind: .categorical, isFromLogits: true)), [[4, 3], [4]],
      "crossentropy: expected (4, 3), got (4)"
    ),
    (
      .crossentropy(Crossentropy(kind: .sparseCategorical, isFromLogits: true)), [[4, 3], [4, 3]],
      "crossentropy: expected (4), got (4, 3)"
    ),
    (
      .crossentropyGradient(Crossentropy(kind: .binary, isFromLogits: true)), [[4, 1], [4, 1], []],
      "crossentropyGradient: expected (4), got ()"
    ),
    (.update(.sgd(momentum: 0, isNesterov: false), state: "w"), [[4], [1]], "update: expected (), got (1)"),
  ]

  @Test(arguments: misuses.indices) func misusesAreNamed(number: Int) throws {
    let (op, shapes, message) = Self.misuses[number]
    let error = try #require(throws: WhiskerError.self) { try op.outputShape(for: shapes) }
    #expect(error.description == message)
  }

  @Test func namesAreDeclaredOnce() throws {
    var graph = Graph()
    _ = try graph.input("x", [2])
    #expect(throws: WhiskerError(.malformed, "x", expected: "one input of this name", got: "a second")) {
      try graph.input("x", [2])
    }
    let state = try graph.state("w", [2])
    #expect(try graph.state("w", [2]) == state)
    #expect(throws: WhiskerError(.operandMismatch, "w", expected: "the declared (2)", got: "(3)")) {
      try graph.state("w", [3])
    }
  }
}
