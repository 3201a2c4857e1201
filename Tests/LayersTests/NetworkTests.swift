import Testing
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

@Suite struct NetworkTests {
  @Test func layersAreNamedAsInKeras() throws {
    let network = try Network(
      input: [32, 32, 3],
      layers: [
        Conv2D(2, kernel: 3), MaxPooling2D(), Conv2D(2, kernel: 3), AveragePooling2D(), Dropout(0.1),
        Conv2D(2, kernel: 3, name: "mine"), Conv2D(2, kernel: 1), Activation(.relu), Rescaling(1), Flatten(),
        Dense(3), Dense(2),
      ])
    #expect(
      network.layers.map(\.name) == [
        "conv2d", "max_pooling2d", "conv2d_1", "average_pooling2d", "dropout", "mine", "conv2d_2",
        "activation",
        "rescaling", "flatten", "dense", "dense_1",
      ])
    #expect(network.weights.map(\.name).prefix(3) == ["conv2d/kernel", "conv2d/bias", "conv2d_1/kernel"])
    let pooled = try Network(input: [4, 4, 3], layers: [GlobalAveragePooling2D()])
    #expect(pooled.layers[0].name == "global_average_pooling2d")
  }

  @Test func aNameTwiceIsRefused() {
    let error = #expect(throws: WhiskerError.self) {
      try Network(input: [4], layers: [Dense(1, name: "a"), Dense(1, name: "a")])
    }
    #expect(error?.code == .duplicateName)
    #expect(error?.place == "a")
  }

  /// The baseline on photos that are too small: the fourth pooling is left with nothing.
  @Test func errorsNameTheLayerAndSaySizes() throws {
    let error = #expect(throws: WhiskerError.self) { try baseline(side: 32).network() }
    #expect(error?.code == .shapeMismatch)
    #expect(error?.place == "conv2d_3")
    let pooling = #expect(throws: WhiskerError.self) { try baseline(side: 38).network() }
    #expect(pooling?.place == "max_pooling2d_3")
    let message = try #require(pooling?.message)
    #expect(message.contains("expected an input of at least 2 × 2 pixels, got 1 × 1"))
    #expect("\(try #require(pooling))".hasPrefix("max_pooling2d_3: expected"))
  }

  static let wrong: [(any Layer, Shape, String)] = [
    (Conv2D(0, kernel: 3), [9, 9, 3], "filter"), (Conv2D(-3, kernel: 3), [9, 9, 3], "-3"),
    (Conv2D(1, kernel: 0), [9, 9, 3], "0 × 0"), (Conv2D(1, kernel: [1, -1]), [9, 9, 3], "1 × -1"),
    (Conv2D(1, kernel: 3, strides: 0), [9, 9, 3], "strides"),
    (Conv2D(1, kernel: 3, strides: Size2D(Int.max), padding: .same), [9, 9, 3], "strides"),
    (Conv2D(1, kernel: Size2D(Int.max), padding: .same), [9, 9, 3], "kernel"),
    (Conv2D(1, kernel: 3), [9], "(9)"), (Conv2D(Int.max, kernel: 3), [9, 9, 3], "values"),
    (Conv2D(1, kernel: 3, kernelRegularizer: .l2(-1)), [9, 9, 3], "l2"),
    (MaxPooling2D(0), [9, 9, 3], "pool"), (MaxPooling2D(2, strides: -1), [9, 9, 3], "strides"),
    (MaxPooling2D(2), [9, 9], "(9, 9)"), (AveragePooling2D(10), [9, 9, 3], "10 × 10"),
    (GlobalAveragePooling2D(), [9], "(9)"), (Dense(0), [4], "unit"), (Dense(Int.max), [4], "values"),
    (Dense(2, kernelRegularizer: .l2(.nan)), [4], "nan"),
    (Dropout(1), [4], "rate"), (Dropout(-0.1), [4], "-0.1"), (Dropout(.nan), [4], "nan"),
    (Rescaling(.infinity), [4], "inf"), (Conv2D(6, kernel: 3, groups: 4), [9, 9, 4], "got 4"),
    (Conv2D(6, kernel: 3, groups: 0), [9, 9, 4], "got 0"), (DepthwiseConv2D(kernel: 3), [9], "(9)"),
    (DepthwiseConv2D(kernel: 3, multiplier: 0), [9, 9, 3], "multiplier"),
    (DepthwiseConv2D(kernel: 3, multiplier: Int.max), [9, 9, 3], "multiplier"),
    (SeparableConv2D(0, kernel: 3), [9, 9, 3], "filter"),
    (SeparableConv2D(2, kernel: 3, multiplier: -1), [9, 9, 3], "multiplier"),
    (BatchNormalization(momentum: 1.5), [4], "momentum"), (BatchNormalization(epsilon: 0), [4], "epsilon"),
    (ZeroPadding2D(-1), [4, 4, 3], "-1"), (ZeroPadding2D(Size2D(Int.max)), [4, 4, 3], "65536"),
    (ZeroPadding2D(1), [4], "(4)"), (Reshape([5]), [4], "from 1 to 4"), (Reshape([3]), [4], "4 elements"),
    (Reshape([-1, -1]), [4], "-1"),
    (Reshape([3, -1]), [4], "[3, -1]"), (Reshape([]), [4], "[]"), (Reshape([0, -1]), [4], "[0, -1]"),
    (Reshape([Int.max, Int.max]), [4], "sizes"), (ReLU(maximum: -1), [4], "max_value"),
    (ReLU(negativeSlope: .nan), [4], "nan"), (ReLU(threshold: -1), [4], "threshold"),
    (GlobalMaxPooling2D(), [9], "(9)"), (Add(), [4], "two inputs"), (Multiply(), [4], "two inputs"),
    (Concatenate(), [4], "two inputs"),
    (Conv2D(1, kernel: 3, strides: 2, dilation: 2), [9, 9, 3], "dilation_rate"),
    (Conv2D(1, kernel: 3, dilation: 5), [9, 9, 3], "11 × 11"),
    (Conv2D(1, kernel: 3, dilation: 0), [9, 9, 3], "dilation_rate"),
    (Resizing(height: 3, width: 0), [9, 9, 3], "width"), (Resizing(height: 3, width: 3), [9], "(9)"),
    (Resizing(height: 3, width: 3, cropsToAspectRatio: true, padsToAspectRatio: true), [9, 9, 3], "both"),
    (CenterCrop(height: 0, width: 1), [9, 9, 3], "height"), (RandomCrop(height: 1, width: 1), [9], "(9)"),
    (Cropping2D(5), [9, 9, 3], "(9, 9, 3)"), (Cropping2D(-1), [9, 9, 3], "-1"),
    (UpSampling2D(0), [9, 9, 3], "size"), (LeakyReLU(negativeSlope: -1), [4], "negative_slope"),
    (ELU(alpha: .nan), [4], "nan"), (PReLU(sharedAxes: [0]), [4], "shared"),
    (LayerNormalization(epsilon: 0), [4], "epsilon"), (LayerScale(channels: 2), [4], "2 channels"),
    (Normalization(axes: [1]), [4, 4, 3], "last axis"), (Normalization(mean: [1]), [4], "a mean alone"),
    (Normalization(mean: [1, 2], variance: [1, 2]), [4, 4, 3], "channels"),
    (Rescaling(channels: [1, 2]), [4], "channels"), (Rescaling(channels: []), [4], "at least one"),
    (Dropout(0.5, noiseShape: [nil, 2]), [4], "noise_shape"), (StochasticDepth(1), [4], "drop_path_rate"),
    (SpatialDropout2D(0.5), [4], "(4)"), (GaussianNoise(-1), [4], "stddev"), (AlphaDropout(1), [4], "rate"),
    (Subtract(), [4], "two inputs"), (CustomScaleLayer(scale: 1), [4], "two inputs"),
  ]

  @Test(arguments: wrong.indices) func settingsAndShapesAreChecked(index: Int) throws {
    let (layer, input, hint) = NetworkTests.wrong[index]
    let error = #expect(throws: WhiskerError.self) {
      try Network(input: input, layers: [Activation(.relu), layer])
    }
    let found = try #require(error)
    #expect(found.place.hasPrefix(type(of: layer).defaultName))
    #expect(found.message.contains("expected") && found.message.contains("got"))
    #expect(found.description.contains(hint), "\(found)")
  }

  @Test(arguments: [[], [0, 3, 3], [1 << 40, 1 << 40]]) func inputsAreChecked(sizes: [Int]) {
    let error = #expect(throws: WhiskerError.self) { try Network(input: Shape(sizes), layers: [Flatten()]) }
    #expect(error?.place == "input")
  }

  @Test func buildingAndAppendingGiveTheSame() async throws {
    let (isDeep, widths) = (true, [8, 16])
    let built = Sequential(input: [16, 16, 3], seed: 5) {
      Conv2D(4, kernel: 3)
      for width in widths { Conv2D(width, kernel: 3, activation: .relu) }
      if isDeep { MaxPooling2D() }
      if widths.isEmpty { Dropout(0.5) } else { Flatten() }
      [Dense(3), Dense(2)]
    }
    let appended = Sequential(input: [16, 16, 3], seed: 5)
    let layers: [any Layer] = [
      Conv2D(4, kernel: 3), Conv2D(8, kernel: 3, activation: .relu), Conv2D(16, kernel: 3, activation: .relu),
      MaxPooling2D(), Flatten(), Dense(3), Dense(2),
    ]
    for layer in layers { appended.append(layer) }
    #expect(try built.summary() == appended.summary())
    #expect(try await built.weights() == appended.weights())
  }

  @Test func appendingForgetsWhatWasBuilt() async throws {
    let model = Sequential(input: [4]) { Dense(3) }
    let before = try await model.weights()
    model.append(Dense(2))
    #expect(try model.network().output == [2])
    #expect(try await model.weights().count == before.count + 2)
  }

  @Test func anotherSeedGivesOtherWeights() async throws {
    func weights(_ seed: UInt64) async throws -> [String: Tensor] {
      try await Sequential(input: [4], seed: seed) {
        Dense(3); Dense(3)
      }.weights()
    }
    #expect(try await weights(1) == weights(1))
    #expect(try await weights(1)["dense/kernel"] != weights(2)["dense/kernel"])
    let drawn = try await Sequential(input: [3]) {
      Dense(3); Dense(3)
    }.weights()
    #expect(drawn["dense/kernel"] != drawn["dense_1/kernel"])
  }

  @Test func weightsThatDoNotFitAreRefused() async throws {
    let model = Sequential(input: [4]) { Dense(3) }
    let weights = try await model.weights()
    func error(_ change: (inout [String: Tensor]) -> Void) -> WhiskerError? {
      var changed = weights
      change(&changed)
      return #expect(throws: WhiskerError.self) { try model.setWeights(changed) }
    }
    #expect(error { $0["dense/bias"] = nil }?.place == "dense/bias")
    #expect(error { $0["dense/kernel"] = Tensor(shape: [3, 4]) }?.message == "expected (4, 3), got (3, 4)")
    #expect(error { $0["dense_7/kernel"] = Tensor(shape: []) }?.place == "dense_7/kernel")
    #expect(error { $0["dense/bias"] = nil }?.code == .weightMismatch)
    #expect(try await model.weights() == weights)

    var changed = weights
    changed["dense/bias"] = Tensor(shape: [3], repeating: 2)
    try model.setWeights(changed)
    #expect(try await model.weights() == changed)
  }
}

/// The classic small convnet.
func baseline(side: Int = 150) -> Sequential {
  Sequential(input: [side, side, 3]) {
    Conv2D(32, kernel: 3, activation: .relu)
    MaxPooling2D(2)
    Conv2D(64, kernel: 3, activation: .relu)
    MaxPooling2D(2)
    Conv2D(128, kernel: 3, activation: .relu)
    MaxPooling2D(2)
    Conv2D(128, kernel: 3, activation: .relu)
    MaxPooling2D(2)
    Flatten()
    Dense(512, activation: .relu)
    Dense(1, activation: .sigmoid)
  }
}
