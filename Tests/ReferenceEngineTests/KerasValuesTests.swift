import Testing
import WhiskerGraph
import WhiskerReferenceEngine
import WhiskerTensors
import _TestSupport

/// The reference engine against numbers from Keras 3.15.1 (`Tools/reference/reference_engine.py`).
@Suite struct KerasValuesTests {
  /// `((7919·i mod 1009) / 1009 − 0.5)·scale + offset`, as the script makes them.
  private func numbers(_ shape: Shape, scale: Float = 1, offset: Float = 0) -> Tensor {
    Tensor(
      shape: shape,
      values: (0..<shape.count).map { (Float($0 * 7919 % 1009) / 1009 - 0.5) * scale + offset })
  }

  private func run(_ op: Op, _ operands: Tensor...) async throws -> Tensor {
    var graph = Graph()
    var inputs: [String: Tensor] = [:]
    var values: [Value] = []
    for (index, tensor) in operands.enumerated() {
      inputs["\(index)"] = tensor
      values.append(try graph.input("\(index)", tensor.shape))
    }
    graph.output("y", try graph.append(op, values))
    let engine = ReferenceEngine()
    return try #require(try await engine.run(try await engine.compile(graph), inputs: inputs)["y"])
  }

  struct Loss: Sendable {
    let settings: Crossentropy
    let losses: [Float]
    let gradient: [Float]
  }

  @Test(arguments: [
    Loss(
      settings: Crossentropy(kind: .binary, isFromLogits: true), losses: [1.3778037, 0.6958577],
      gradient: [
        -0.22019927, 0.20028597, 0.17179228, -0.11375693, 0.09876065, 0.065639965, -0.20935811, -0.036879178,
      ]),
    Loss(
      settings: Crossentropy(kind: .binary, isFromLogits: false), losses: [1.3763521, 0.70100826],
      gradient: [
        -2.5000002, 1.1296462, 0.72967893, -0.4663524, 0.42718038, 0.35383645, -1.4522165, -0.29382643,
      ]),
    Loss(
      settings: Crossentropy(kind: .binary, isFromLogits: true, labelSmoothing: 0.2),
      losses: [1.2778037, 0.73520362],
      gradient: [
        -0.19519928, 0.17528597, 0.14679228, -0.088756941, 0.073760651, 0.040639967, -0.18435812,
        -0.011879187,
      ]),
    Loss(
      settings: Crossentropy(kind: .binary, isFromLogits: false, labelSmoothing: 0.2),
      losses: [1.2772925, 0.73585075],
      gradient: [
        -2.2222226, 0.9845764, 0.61868149, -0.36582917, 0.32418755, 0.233262, -1.2767962, -0.096835807,
      ]),
    Loss(
      settings: Crossentropy(kind: .categorical, isFromLogits: true), losses: [0.62919796, 0.18913341],
      gradient: [
        0.01790533, -0.46698087, 0.29061988, 0.15845571, 0.09352655, 0.050993808, 0.027803529, -0.17232394,
      ]),
    Loss(
      settings: Crossentropy(kind: .categorical, isFromLogits: false), losses: [0.97872698, 0.71035409],
      gradient: [
        0.48259038, -0.8016147, 0.48259038, 0.48259038, 0.5776276, 0.5776276, 0.5776276, -0.59767812,
      ]),
    Loss(
      settings: Crossentropy(kind: .categorical, isFromLogits: true, labelSmoothing: 0.2),
      losses: [0.88985211, 0.60717106],
      gradient: [
        -0.032094672, -0.3169809, 0.24061988, 0.10845572, 0.043526549, 0.00099380687, -0.022196472,
        -0.022323966,
      ]),
    Loss(
      settings: Crossentropy(kind: .categorical, isFromLogits: false, labelSmoothing: 0.2),
      losses: [1.1084837, 0.87939692],
      gradient: [
        -0.017409682, -0.60898405, 0.40653127, 0.3893199, 0.45707807, 0.40724605, 0.28718439, -0.42138225,
      ]),
    Loss(
      settings: Crossentropy(kind: .sparseCategorical, isFromLogits: true), losses: [0.62919796, 0.18913341],
      gradient: [
        0.01790533, -0.46698087, 0.29061988, 0.15845571, 0.09352655, 0.050993808, 0.027803529, -0.17232394,
      ]),
    Loss(
      settings: Crossentropy(kind: .sparseCategorical, isFromLogits: false),
      losses: [0.97872698, 0.71035409],
      gradient: [
        0.48259044, -0.80161482, 0.48259044, 0.48259044, 0.5776276, 0.57762766, 0.5776276, -0.59767812,
      ]),
  ])
  func lossesAndTheirGradients(expected: Loss) async throws {
    let settings = expected.settings
    let prediction =
      settings.isFromLogits ? numbers([2, 4], scale: 4) : numbers([2, 4], scale: 0.8, offset: 0.5)
    let target =
      switch settings.kind {
      case .binary: Tensor(shape: [2, 4], values: [1, 0, 0, 1, 0, 0, 1, 1])
      case .categorical: Tensor(shape: [2, 4], values: [0, 1, 0, 0, 0, 0, 0, 1])
      case .sparseCategorical: Tensor(shape: [2], values: [1, 3])
      }
    let losses = try await run(.crossentropy(settings), prediction, target)
    try losses.requireClose(to: Tensor(shape: [2], values: expected.losses), 1e-6, "losses")
    let gradient = try await run(
      .crossentropyGradient(settings), prediction, target, Tensor(shape: [2], repeating: 1))
    try gradient.requireClose(to: Tensor(shape: [2, 4], values: expected.gradient), 2e-6, "gradient")
  }

  /// Probabilities of exactly 0 and 1 are clipped in 32 bits: correct costs 1.19e-7, wrong 16.1, and for a
  /// wrong 1 in binary 15.9.
  @Test func surePredictionsAreClipped() async throws {
    let (right, wrong): (Float, Float) = (1.1920929e-07, 16.118095)
    let binary = try await run(
      .crossentropy(Crossentropy(kind: .binary, isFromLogits: false)),
      Tensor(shape: [4, 1], values: [0, 0, 1, 1]), Tensor(shape: [4, 1], values: [0, 1, 0, 1]))
    try binary.requireClose(
      to: Tensor(shape: [4], values: [right, wrong, 15.942385, right]), 1e-7, "binary")
    let sure = Tensor(shape: [2, 2], values: [1, 0, 0, 1])
    let categorical = try await run(
      .crossentropy(Crossentropy(kind: .categorical, isFromLogits: false)), sure,
      Tensor(shape: [2, 2], values: [1, 0, 1, 0]))
    try categorical.requireClose(to: Tensor(shape: [2], values: [right, wrong]), 1e-7, "categorical")
    let sparse = try await run(
      .crossentropy(Crossentropy(kind: .sparseCategorical, isFromLogits: false)), sure,
      Tensor(shape: [2], values: [0, 0]))
    try sparse.requireClose(to: Tensor(shape: [2], values: [right, wrong]), 1e-7, "sparse")
  }

  @Test func convolutions() async throws {
    let x = numbers([1, 5, 6, 4])
    func convolve(_ kernel: Shape, _ padding: EdgePadding = .none, stride: Int = 1, groups: Int = 1)
      async throws
      -> Tensor
    {
      let window = Window(
        height: kernel[0], width: kernel[1], rowStride: stride, columnStride: stride, padding: padding)
      return try await run(.convolution(Convolution(window: window, groups: groups)), x, numbers(kernel))
    }
    let valid = try await convolve([3, 3, 4, 2])
    try valid.requireClose(
      to: Tensor(
        shape: [1, 3, 4, 2],
        values: [
          0.20384338, -0.17117108, 0.3584508, 0.31924275, -0.27385935, 0.022738835, 0.0036421309, 0.63604659,
          0.13099301, -0.077548347, -0.28823495, -0.16097002, 0.030396406, 0.34183234, 0.23406243,
          0.032939896,
          0.02543701, -0.016631326, 0.032373618, 0.32611158, 0.70333409, 0.33287823, -0.47010604, -0.50475556,
        ]), 1e-6, "valid")
    let same = try await convolve([3, 3, 4, 2], EdgePadding(top: 1, left: 0, bottom: 1, right: 1), stride: 2)
    try same.requireClose(
      to: Tensor(
        shape: [1, 3, 3, 2],
        values: [
          0.58653235, 0.17036118, -0.17353821, -0.42475596, -0.11190711, 0.32159135, 0.13099301, -0.077548347,
          0.030396406, 0.34183234, 0.37208238, 0.41848585, -0.28890872, -0.2200031, -0.19616809, -0.17539126,
          -0.34794188, -0.19875626,
        ]), 1e-6, "same")
    let grouped = try await convolve([2, 3, 2, 4], groups: 2)
    try Tensor(shape: [24], values: Array(grouped.values.prefix(24))).requireClose(
      to: Tensor(
        shape: [24],
        values: [
          -0.029079234, -0.27126035, 0.33374798, 0.07799381, 0.048135176, -0.36489874, -0.11111986,
          -0.14426799,
          0.16647938, 0.43095732, 0.017847791, 0.2073057, 0.24369378, 0.33731896, -0.24664345, 0.16542055,
          0.51646674, -0.05410178, -0.089175597, -0.16092876, -0.15210679, -0.045163412, 0.039792012,
          0.19064496,
        ]), 1e-6, "groups")
  }

  @Test func poolings() async throws {
    let window = Window(
      height: 3, width: 3, rowStride: 2, columnStride: 2, padding: EdgePadding(top: 1, bottom: 1, right: 1))
    let maximum = try await run(.pooling(Pooling(kind: .maximum, window: window)), numbers([1, 5, 6, 4]))
    let average = try await run(.pooling(Pooling(kind: .average, window: window)), numbers([1, 5, 6, 4]))
    #expect(maximum.shape == [1, 3, 3, 4])
    try Tensor(shape: [24], values: Array(maximum.values.prefix(24))).requireClose(
      to: Tensor(
        shape: [24],
        values: [
          0.28691775, 0.49603567, 0.34440041, 0.43855304, 0.4345887, 0.49603567, 0.37710604, 0.22547077,
          0.46729437, 0.31565908, 0.16402379, 0.37314174, 0.3691774, 0.49603567, 0.34440041, 0.40584737,
          0.4345887, 0.49603567, 0.49207136, 0.34043607, 0.4345887, 0.39791873, 0.49207136, 0.37314174,
        ]), 1e-6, "maximum")
    try Tensor(shape: [24], values: Array(average.values.prefix(24))).requireClose(
      to: Tensor(
        shape: [24],
        values: [
          -0.092831194, 0.08886686, -0.062768422, 0.11892965, 0.027419889, 0.042451266, 0.05748266,
          -0.094152622, 0.20094152, 0.049306244, -0.10232905, -0.0039643198, -0.051701348, 0.1299967,
          -0.021638583, -0.062162757, 0.068549715, 0.028025545, 0.09861248, -0.053022791, -0.0079286397,
          0.0071027428, 0.022134125, 0.037165515,
        ]), 1e-6, "average")
  }

  @Test(
    arguments: [
      (.sgd(momentum: 0, isNesterov: false), 0.1, [-0.12500001, 0.2143459, 0.15369178, 0.093037657]),
      (.sgd(momentum: 0.9, isNesterov: false), 0.1, [0.11574996, 0.15731987, 0.14988974, 0.1424596]),
      (.sgd(momentum: 0.9, isNesterov: true), 0.1, [0.42917496, 0.042405531, 0.11153604, 0.18066657]),
      (
        .rmsprop(rho: 0.9, momentum: 0, epsilon: 1e-7, isCentered: false), 0.01,
        [-0.41595674, 0.25801671, 0.16940899, 0.11049476]
      ),
      (
        .rmsprop(rho: 0.9, momentum: 0.9, epsilon: 1e-7, isCentered: false), 0.01,
        [-0.33714759, 0.17608547, 0.19663142, 0.18264294]
      ),
      (
        .rmsprop(rho: 0.9, momentum: 0, epsilon: 1e-7, isCentered: true), 0.01,
        [-0.40760875, 0.25067228, 0.16835934, 0.11658873]
      ),
      (
        .rmsprop(rho: 0.8, momentum: 0.5, epsilon: 1e-3, isCentered: true), 0.01,
        [-0.39586663, 0.25150433, 0.16759497, 0.12495142]
      ),
    ] as [(UpdateRule, Float, [Float])])
  func threeStepsOfEveryRule(rule: UpdateRule, learningRate: Float, expected: [Float]) async throws {
    var graph = Graph()
    try graph.append(.update(rule, state: "w"), try graph.input("g", [4]), graph.constant(learningRate))
    let engine = ReferenceEngine()
    try await engine.load(["w": numbers([4])])
    let program = try await engine.compile(graph)
    for step in 1...3 {
      let gradient = numbers([4], scale: Float(step), offset: -0.25)
      _ = try await engine.run(program, inputs: ["g": gradient])
    }
    let weights = try #require(try await engine.read(["w"])["w"])
    try weights.requireClose(to: Tensor(shape: [4], values: expected), 1e-6, "\(rule)")
  }
}
