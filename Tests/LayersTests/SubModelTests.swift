import Testing
import WhiskerLayers
import WhiskerReferenceEngine
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

/// Models as parts of other models.
@Suite struct SubModelTests {
  /// Branches that meet again, so that it is no chain.
  private func residual() -> Model {
    let input = Input([8, 8, 3])
    let first = Conv2D(4, kernel: 3, padding: .same, name: "block1_conv1")(input)
    let second = Conv2D(4, kernel: 3, padding: .same, name: "block1_conv2")(first)
    let model = Model(input: input, output: GlobalAveragePooling2D()(Add()(first, second)), seed: 5)
    model.name = "base"
    return model
  }

  private func chain() -> Sequential {
    Sequential(input: [8, 8, 3], seed: 5) {
      Conv2D(4, kernel: 3); Flatten(); Dense(6)
    }
  }

  @Test func layersKeepTheirNamesAndWeights() async throws {
    let base = residual()
    let model = Sequential(input: [8, 8, 3]) {
      Rescaling(1 / 255); base; Dense(2); Dense(1, activation: .sigmoid)
    }
    let names = try model.network().layers.map(\.name)
    #expect(
      names == [
        "rescaling", "block1_conv1", "block1_conv2", "add", "global_average_pooling2d", "dense", "dense_1",
      ])
    let (weights, old) = (try await model.weights(), try await base.weights())
    #expect(old.count == 4)
    for (name, weight) in old { #expect(weights[name] == weight) }
    #expect(try model.network().output == [1])
    #expect(try model.layers["block1_conv2"]?.output == [8, 8, 4])
  }

  @Test func aChainInAChainIsAChain() throws {
    let model = Sequential(input: [8, 8, 3]) {
      chain(); Dense(1)
    }
    let network = try model.network()
    #expect(network.isSequential)
    // The new layer gives way to the existing name.
    #expect(network.layers.map(\.name) == ["conv2d", "flatten", "dense", "dense_1"])
    let appended = Sequential(input: [8, 8, 3])
    appended.append(chain())
    appended.append(Dense(1))
    #expect(try appended.network().layers.map(\.name) == network.layers.map(\.name))
  }

  @Test func functionalModelsTakeModelsToo() async throws {
    let input = Input([8, 8, 3])
    let base = residual()
    let model = Model(input: input, output: Dense(1)(try base(Rescaling(2)(input))))
    #expect(try model.network().layers.map(\.name).suffix(2) == ["global_average_pooling2d", "dense"])
    let weights = try await model.weights()
    for (name, weight) in try await base.weights() { #expect(weights[name] == weight) }
  }

  @Test func aModelIsFrozenByItsName() throws {
    let model = Sequential(input: [8, 8, 3]) {
      residual(); Dense(1)
    }
    try model.freeze("base")
    #expect(try model.network().trainableWeights.map(\.name) == ["dense/kernel", "dense/bias"])
    try model.unfreeze("block1_conv2")
    #expect(try model.network().trainableWeights.count == 4)
    let base = residual()
    try base.freeze()
    let later = Sequential(input: [8, 8, 3]) {
      base; Dense(1)
    }
    #expect(try later.network().trainableWeights.count == 2)
  }

  @Test func theSummaryShowsAModelInOneRow() throws {
    let model = Sequential(input: [8, 8, 3]) {
      residual(); Dense(1)
    }
    try model.freeze("base")
    let summary = try model.summary()
    #expect(summary.rows.map(\.name) == ["input_layer", "base", "dense"])
    #expect(summary.rows[1].className == "Functional")
    #expect(summary.rows[1].outputShape == "(None, 4)")
    #expect(summary.rows[1].parameterCount == 112 + 148)
    #expect((summary.trainableCount, summary.nonTrainableCount) == (5, 260))
    let chains = try Sequential(input: [8, 8, 3]) {
      chain(); Dense(1)
    }.summary()
    #expect(chains.rows.map(\.name) == ["sequential", "dense_1"])
  }

  @Test func anotherInputThanTheModelWasMadeForIsRefused() async throws {
    let model = Sequential(input: [9, 9, 3]) {
      chain(); Dense(1)
    }
    let error = await #expect(throws: WhiskerError.self) { try await model.weights() }
    #expect(error?.code == .weightMismatch)
    #expect(error?.place == "dense/kernel")
  }
}
