import Foundation
import Testing
import WhiskerDatasets
import WhiskerLayers
import WhiskerReferenceEngine
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

/// Models whose layers branch and meet again.
@Suite struct ModelTests {
  private func residual() -> Model {
    let input = Input([8, 8, 3])
    let shortcut = Conv2D(4, kernel: 3, padding: .same, activation: .relu)(input)
    var x = Conv2D(4, kernel: 3, padding: .same)(shortcut)
    x = Add()(x, shortcut, Conv2D(4, kernel: 1)(shortcut))
    x = GlobalAveragePooling2D()(x)
    return Model(input: input, output: Dense(1, activation: .sigmoid)(x), seed: 3)
  }

  @Test func layersAreNamedAndOrderedAsInKeras() throws {
    let network = try residual().network()
    #expect(
      network.layers.map(\.name) == [
        "conv2d", "conv2d_1", "conv2d_2", "add", "global_average_pooling2d", "dense",
      ])
    #expect(network.layers[3].sources == [.layer(1), .layer(0), .layer(2)])
    #expect(network.layers[0].sources == [.input])
    #expect(network.output == [1])
    #expect(!network.isSequential)
  }

  /// As Keras orders `Model.layers`: the farthest from the end first, though it was written last.
  @Test func layersAreOrderedByTheirWayToTheEnd() throws {
    let input = Input([4])
    let short = Dense(2, name: "short")(input)
    let long = Dense(2, name: "long")(Dense(3, name: "longer")(input))
    let network = try Model(input: input, output: Add()(short, long)).network()
    #expect(network.layers.map(\.name) == ["longer", "short", "long", "add"])
  }

  @Test func aChainIsWhatSequentialMakes() async throws {
    let input = Input([4])
    let model = Model(input: input, output: Dense(2)(Dense(3)(input)), seed: 7)
    let chain = Sequential(input: [4], seed: 7) {
      Dense(3); Dense(2)
    }
    #expect(try await model.weights() == chain.weights())
    #expect(try chain.network().isSequential)
  }

  @Test func aNetworkCanBeGivenAsAGraph() throws {
    let connections: [Network.Connection] = [
      .init(Dense(2), reads: [.input]), .init(Dense(2), reads: [.input]),
      .init(Add(), reads: [.layer(0), .layer(1)]),
    ]
    let network = try Network(input: [4], inputName: "x", connections: connections, output: .layer(2))
    let model = Model(network)
    #expect(try model.summary().rows.map(\.name) == ["x", "dense", "dense_1", "add"])
    #expect(try model.summary().rows.map(\.sources) == [[], ["x"], ["x"], ["dense", "dense_1"]])
  }

  private func shared() throws -> Network {
    try Network(
      input: [3],
      connections: [
        .init(Dense(3, activation: .tanh, name: "a"), reads: [.input]),
        .init(Dense(3, activation: .tanh, name: "again"), reads: [.layer(0)], sharing: 0),
        .init(Dense(1, activation: .sigmoid, name: "b"), reads: [.layer(1)]),
      ], output: .layer(2))
  }

  @Test func aSharedLayerHasItsWeightsOnce() throws {
    let network = try shared()
    #expect(network.weights.map(\.name) == ["a/kernel", "a/bias", "b/kernel", "b/bias"])
    #expect(network.parameterCount == 16)
    #expect(network.layers[1].owner == 0 && network.layers[1].weights.isEmpty)
    #expect(try network.appending(Flatten()).layers[1].owner == 0)
    // Without weights there is nothing to share.
    let plain = try Network(
      input: [3],
      connections: [.init(ReLU(), reads: [.input]), .init(ReLU(), reads: [.layer(0)], sharing: 0)],
      output: .layer(1))
    #expect(plain.layers[1].owner == nil)
  }

  @Test func aSharedLayerInAnotherModelStaysShared() async throws {
    let model = Model(try shared(), seed: 4)
    let input = Input([3])
    let functional = Model(input: input, output: try model(Dense(3, name: "first")(input)))
    let sequential = Sequential(input: [3]) {
      Dense(3, name: "first")
      model
    }
    for whole in [functional, sequential] {
      let names = try whole.network().weights.map(\.name).sorted()
      #expect(
        names == ["a/bias", "a/kernel", "b/bias", "b/kernel", "first/bias", "first/kernel"])
      #expect(try await whole.weights()["a/kernel"] == model.weights()["a/kernel"])
    }
  }

  /// The gradient of a shared kernel is the sum over its uses: as the difference of losses says it.
  @Test func aSharedLayerIsTrainedByAllItsUses() async throws {
    let x = Tensor(shape: [2, 3], values: [0.5, -1, 0.3, 0.2, 0.9, -0.4])
    let data = try ArrayDataset(images: x, labels: Tensor(shape: [2], values: [1, 0]), batchSize: 2)
    let network = try shared()
    let start = network.initialWeights(RandomKey(seed: 9))
    func loss(_ weights: [String: Tensor]) async throws -> Double {
      let model = Model(network)
      try model.setWeights(weights)
      try model.compile(loss: .binaryCrossentropy, engine: ReferenceEngine())
      return try await model.evaluate(data).loss
    }
    let model = Model(network)
    try model.setWeights(start)
    try model.compile(loss: .binaryCrossentropy, optimizer: .sgd(learningRate: 1), engine: ReferenceEngine())
    try await model.fit(data)
    let trained = try await model.weights()
    for index in 0..<9 {
      var (above, below) = (start, start)
      above["a/kernel"]?.values[index] += 0.01
      below["a/kernel"]?.values[index] -= 0.01
      let slope = try await (loss(above) - loss(below)) / 0.02
      let step = (start["a/kernel"]?.values[index] ?? 0) - (trained["a/kernel"]?.values[index] ?? 0)
      #expect(abs(slope - Double(step)) < 1e-3, "\(slope) and \(step)")
    }
  }

  @Test func whatCannotBeSharedIsRefused() throws {
    let dense = Network.Connection(Dense(3, name: "a"), reads: [.input])
    for (other, words) in [
      (Network.Connection(Dense(3, name: "b"), reads: [.layer(0)], sharing: 7), "a layer of the same class"),
      (.init(Conv2D(1, kernel: 1, name: "b"), reads: [.layer(0)], sharing: 0), "input"),
      (.init(Dense(4, name: "b"), reads: [.layer(0)], sharing: 0), "the weights of 'a' fit"),
      (.init(Dense(3, name: "b"), reads: [.layer(0)], sharing: 1), "weights of its own"),
    ] {
      let found = try error([dense, other], output: .layer(1))
      #expect(found.message.contains(words) || found.code == .shapeMismatch, "\(found)")
    }
  }

  private func error(
    _ connections: [Network.Connection], output: Network.Source
  ) throws -> WhiskerError {
    let error = #expect(throws: WhiskerError.self) {
      try Network(input: [4], connections: connections, output: output)
    }
    return try #require(error)
  }

  @Test func connectionsAreChecked() throws {
    let dense = Network.Connection(Dense(2), reads: [.input])
    let found = [
      try error([dense, .init(Dense(2, name: "a"), reads: [.layer(1)])], output: .layer(1)),
      try error([dense, .init(Dense(2, name: "a"), reads: [.layer(-1)])], output: .layer(1)),
      try error([.init(Dense(2, name: "a"), reads: [])], output: .layer(0)),
      try error([dense, .init(Dense(2, name: "a"), reads: [.layer(0), .layer(0)])], output: .layer(1)),
      try error([dense, .init(Add(name: "a"), reads: [.layer(0)])], output: .layer(1)),
      try error([.init(Add(name: "a"), reads: [])], output: .layer(0)),
      try error([dense, .init(Dense(2, name: "a"), reads: [.input])], output: .layer(0)),
    ]
    for error in found {
      #expect(error.code == .disconnected)
      #expect(error.place == "a")
      #expect(error.message.contains("expected") && error.message.contains("got"))
    }
    #expect(try error([dense], output: .layer(1)).place == "output")
    let other = Network.Connection(Dense(3), reads: [.input])
    let shapes = try error([dense, other, .init(Add(), reads: [.layer(0), .layer(1)])], output: .layer(2))
    #expect(
      shapes.description == "add: expected inputs of one shape, or with axes of one element, got (2) and (3)")
    let taken = try error([.init(Dense(2, name: "input_layer"), reads: [.input])], output: .layer(0))
    #expect(taken.code == .duplicateName)
  }

  @Test func aSecondInputIsRefused() throws {
    let (input, other) = (Input([4]), Input([4], name: "other"))
    let model = Model(input: input, output: Add()(input, other))
    let error = #expect(throws: WhiskerError.self) { try model.network() }
    #expect(error?.code == .disconnected)
    #expect(error?.place == "other")
  }

  /// A named layer called twice would be one layer in two places, which Keras has and Whisker doesn't.
  @Test func aSharedLayerIsRefused() throws {
    let input = Input([4])
    let dense = Dense(4, name: "shared")
    let error = #expect(throws: WhiskerError.self) {
      try Model(input: input, output: dense(dense(input))).network()
    }
    #expect(error?.code == .duplicateName)
  }

  @Test func aDeepModelIsNoTrouble() throws {
    let input = Input([1])
    var x: LayerOutput = input
    for _ in 0..<2_000 { x = Add()(x, Activation(.relu)(x)) }
    #expect(try Model(input: input, output: x).network().layers.count == 4_000)
  }

  @Test func aFunctionalModelLearns() async throws {
    var stream = RandomStream(RandomKey(seed: 1))
    let shape: Shape = [16, 8, 8, 3]
    var images = Tensor(shape: shape, values: (0..<shape.count).map { _ in stream.normal() })
    let labels = Tensor(shape: [16], values: (0..<16).map { Float($0 % 2) })
    for index in images.values.indices where labels.values[index / 192] == 1 { images.values[index] += 1 }
    let model = residual()
    try model.compile(
      loss: .binaryCrossentropy, optimizer: .sgd(learningRate: 0.1, momentum: 0.9), engine: ReferenceEngine())
    let data = try ArrayDataset(images: images, labels: labels, batchSize: 8)
    let history = try await model.fit(data, epochs: 6)
    let (first, last) = try (#require(history["loss"].first), #require(history["loss"].last))
    #expect(last < first / 2)
  }
}
