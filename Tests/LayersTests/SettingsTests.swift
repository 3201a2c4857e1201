import Testing
import WhiskerGraph
import WhiskerLayers
import WhiskerReferenceEngine
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

@Suite struct SettingsTests {
  static let wrongOptimizers: [(Optimizer, String)] = [
    (.rmsprop(learningRate: 0), "learning rate"), (.rmsprop(learningRate: -1), "learning rate"),
    (.sgd(learningRate: .nan), "learning rate"), (.sgd(learningRate: .infinity), "learning rate"),
    (.rmsprop(rho: -0.1), "rho"), (.rmsprop(rho: 1.1), "rho"), (.rmsprop(momentum: 1), "momentum"),
    (.rmsprop(epsilon: 0), "epsilon"), (.rmsprop(epsilon: .nan), "epsilon"),
    (.sgd(momentum: -0.5), "momentum"),
    (.sgd(momentum: .nan), "momentum"), (.adam(beta1: 1), "beta 1"), (.adam(beta2: -0.1), "beta 2"),
    (.adam(epsilon: 0), "epsilon"), (.adamW(weightDecay: -0.1), "weight decay"),
    (.sgd(weightDecay: .infinity), "weight decay"),
  ]

  @Test(arguments: wrongOptimizers.indices) func optimizersAreChecked(index: Int) {
    let (optimizer, setting) = SettingsTests.wrongOptimizers[index]
    let model = Sequential(input: [3]) { Dense(1, activation: .sigmoid) }
    let error = #expect(throws: WhiskerError.self) {
      try model.compile(loss: .binaryCrossentropy, optimizer: optimizer, engine: ReferenceEngine())
    }
    #expect(error?.code == .invalidSetting)
    #expect(error?.place == setting)
    #expect(error?.message.hasPrefix("expected") == true)
  }

  @Test func optimizersHaveKerasDefaults() {
    #expect(
      Optimizer.rmsprop()
        == Optimizer(
          .rmsprop(rho: 0.9, momentum: 0, epsilon: 1e-7, isCentered: false), learningRate: 1e-3))
    #expect(Optimizer.sgd() == Optimizer(.sgd(momentum: 0, isNesterov: false), learningRate: 0.01))
    #expect(
      Optimizer.adam()
        == Optimizer(.adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-7, isAMSGrad: false), learningRate: 1e-3))
    #expect(Optimizer.adamW() == Optimizer(Optimizer.adam().rule, learningRate: 1e-3, weightDecay: 0.004))
    #expect(Optimizer.adam().name == "Adam")
    #expect(Optimizer.adamW().name == "AdamW")
    #expect(Optimizer.rmsprop().name == "RMSprop")
    #expect(Optimizer.sgd().name == "SGD")
  }

  @Test func lossesAreChecked() {
    func error(_ loss: Loss, _ layers: [any Layer]) -> WhiskerError? {
      let model = Sequential(input: [4, 4, 3]) { layers }
      return #expect(throws: WhiskerError.self) { try model.compile(loss: loss, engine: ReferenceEngine()) }
    }
    #expect(error(.binaryCrossentropy, [])?.message.contains("(4, 4, 3)") == true)
    #expect(error(.binaryCrossentropy(labelSmoothing: 1), [Flatten(), Dense(1)])?.code == .invalidSetting)
    #expect(error(.categoricalCrossentropy(labelSmoothing: -0.1), [Flatten(), Dense(2)])?.place == "loss")
    #expect(error(.sparseCategoricalCrossentropy, [Flatten(), Dense(1)])?.code == .shapeMismatch)
    #expect(error(.binaryCrossentropy, [Dense(1)])?.message.contains("Flatten") == true)
  }

  @Test func targetsHaveTheShapeOfTheLoss() {
    #expect(Loss.binaryCrossentropy.targetShape(output: [1]) == [])
    #expect(Loss.binaryCrossentropy.targetShape(output: [3]) == [3])
    #expect(Loss.categoricalCrossentropy.targetShape(output: [3]) == [3])
    #expect(Loss.sparseCategoricalCrossentropy.targetShape(output: [3]) == [])
  }

  /// Exactly ½ means no; on a tie the first class counts.
  @Test func accuracyCountsAsKeras() {
    let metric = Metric.accuracy
    let binary = Tensor(shape: [4, 1], values: [0.5, 0.51, 0.2, 0.9])
    #expect(
      metric.score(predictions: binary, targets: Tensor(shape: [4], values: [0, 1, 0, 0]), kind: .binary) == 3
    )
    let several = Tensor(shape: [3, 3], values: [0.4, 0.4, 0.2, 0.1, 0.2, 0.7, 0.3, 0.4, 0.3])
    #expect(
      metric.score(
        predictions: several, targets: Tensor(shape: [3], values: [0, 2, 0]), kind: .sparseCategorical) == 2)
    let oneHot = Tensor(shape: [3, 3], values: [0, 1, 0, 0, 0, 1, 0, 1, 0])
    #expect(metric.score(predictions: several, targets: oneHot, kind: .categorical) == 2)
    let units = Tensor(shape: [1, 4], values: [0.9, 0.1, 0.9, 0.5])
    #expect(
      metric.score(predictions: units, targets: Tensor(shape: [1, 4], values: [1, 0, 0, 0]), kind: .binary)
        == 0.75)
  }

  @Test func compilingAgainStartsTheOptimizerAfresh() async throws {
    let model = Sequential(input: [3]) { Dense(1, activation: .sigmoid) }
    let weights = try await model.weights()
    var state = try await model.state()
    state.slots["dense/kernel:velocity"] = Tensor(shape: [3, 1], repeating: 7)
    try model.setState(state)
    try model.compile(loss: .binaryCrossentropy, engine: ReferenceEngine())
    #expect(try await model.state().slots.isEmpty)
    #expect(try await model.weights() == weights)
  }
}
