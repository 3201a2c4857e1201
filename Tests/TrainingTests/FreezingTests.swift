import Foundation
import Testing
import WhiskerDatasets
import WhiskerFormats
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Layers that training leaves as they are.
@Suite struct FreezingTests {
  private func compile(_ model: Model, _ kind: EngineKind = .oneDNN) throws {
    try model.compile(loss: .binaryCrossentropy, optimizer: .adam(learningRate: 0.01), engine: kind.make())
  }

  @Test(arguments: EngineKind.allCases)
  func onlyWhatIsTrainedChanges(kind: EngineKind) async throws {
    let model = toyModel()
    try model.freeze("conv*")
    let before = try await model.weights()
    try compile(model, kind)
    try await model.fit(Toy(24).dataset(), epochs: 2)
    for (name, weight) in try await model.weights() {
      #expect((weight == before[name]) == name.hasPrefix("conv2d/"), "\(name)")
    }
    // The optimizer keeps no state for what it doesn't change.
    #expect(try await model.state().slots.keys.allSatisfy { $0.hasPrefix("dense") })
    #expect(try await model.state().slots.count == 8)
  }

  @Test func gradientsOfWhatIsTrainedAreThoseOfTheWholeNetwork() throws {
    let whole = toyModel()
    let part = toyModel()
    try part.freeze("dense")
    let names = try part.network().trainableWeights.map(\.name)
    #expect(names == ["conv2d/kernel", "conv2d/bias", "dense_1/kernel", "dense_1/bias"])
    func graph(_ model: Model) throws -> Graph {
      try ModelGraphs(model.network(), verifies: true).gradients(batchSize: 4, loss: .binaryCrossentropy)
    }
    let (all, some) = (try graph(whole), try graph(part))
    #expect(all.outputs.count == 8)
    #expect(Set(some.outputs.keys) == Set(names + ["loss", "predictions"]))
  }

  /// The speed of fine-tuning: no gradients flow back beyond the first trained layer.
  @Test func noGradientGoesBelowTheFirstTrainedLayer() throws {
    let model = toyModel()
    try model.freeze("conv2d")
    let graph = try ModelGraphs(model.network(), verifies: true)
      .training(batchSize: 4, loss: .binaryCrossentropy, rule: .sgd(momentum: 0, isNesterov: false))
    let kinds = Set(graph.nodes.map(\.op.kind))
    #expect(
      kinds.isDisjoint(with: [.convolutionKernelGradient, .convolutionInputGradient, .poolingGradient]))
    #expect(graph.nodes.count { $0.op.kind == .update } == 4)
    // Not even the dense layer's own input has one.
    #expect(graph.nodes.count { $0.op.kind == .matrixProduct } == 2 + 2 + 1)
  }

  @Test func whatWasCompiledBeforeMustBeCompiledAgain() async throws {
    let model = toyModel()
    try compile(model)
    try await model.fit(Toy(16).dataset())
    let weights = try await model.weights()
    try model.layers["dense"]?.isTrainable = true  // as it is
    _ = try await model.evaluate(Toy(16).dataset())
    try model.layers["dense"]?.isTrainable = false
    let data = try Toy(16).dataset()
    let error = await #expect(throws: WhiskerError.self) { try await model.fit(data) }
    #expect(error?.code == .notCompiled)
    #expect(error?.message.contains("dense was frozen since it was compiled") == true)
    #expect(try await model.weights() == weights)
    try compile(model)
    try await model.fit(data)
    #expect(try await model.weights()["dense/kernel"] == weights["dense/kernel"])
    #expect(try await model.weights()["dense_1/kernel"] != weights["dense_1/kernel"])
  }

  @Test func patternsNameLayers() throws {
    let model = toyModel()
    func trained() throws -> [String] { try model.network().layers.filter(\.layer.isTrainable).map(\.name) }
    try model.freeze()
    #expect(try model.network().trainableWeights.isEmpty)
    try model.unfreeze("dense_[0-9]")
    #expect(try model.layers.filter { $0.parameterCount > 0 && $0.isTrainable }.map(\.name) == ["dense_1"])
    try model.layers["conv2d"]?.isTrainable = true
    #expect(try trained() == ["conv2d", "max_pooling2d", "flatten", "dropout", "dense_1"])
    #expect(try model.layers["conv3d"] == nil)
    let error = #expect(throws: WhiskerError.self) { try model.freeze("block*") }
    #expect(error?.code == .noSuchLayer)
    #expect(error?.place == "block*")
  }

  @Test func aNetworkFrozenThroughoutIsNotTrained() async throws {
    let model = toyModel()
    try model.freeze()
    try compile(model)
    let data = try Toy(16).dataset()
    let error = await #expect(throws: WhiskerError.self) { try await model.fit(data) }
    #expect(error?.code == .invalidSetting)
  }

  @Test func theSummaryCountsWhatIsTrained() throws {
    let model = toyModel()
    try model.freeze("conv2d")
    let summary = try model.summary()
    #expect((summary.trainableCount, summary.nonTrainableCount) == (305, 40))
    #expect(summary.description.contains(" Non-trainable params: 40 "))
  }

  @Test(arguments: ["keras", "h5", "safetensors"])
  func filesKeepWhatIsFrozen(ending: String) async throws {
    try await withTemporaryFolder { folder in
      let model = toyModel()
      try model.freeze("conv2d")
      try compile(model)
      try await model.fit(Toy(24).dataset())
      let url = folder.appendingPathComponent("model.\(ending)")
      let stored = StoredModel(
        network: try model.network(), state: try await model.state(), loss: .binaryCrossentropy,
        optimizer: .adam(learningRate: 0.01))
      try stored.write(to: url)
      let read = try StoredModel(contentsOf: url)
      #expect(read.network.layers.map(\.layer.isTrainable) == stored.network.layers.map(\.layer.isTrainable))
      #expect(read.state.weights == stored.state.weights)
      if ending != "safetensors" { #expect(read.state == stored.state) }
      #expect(read.remarks == [])
    }
  }
}
