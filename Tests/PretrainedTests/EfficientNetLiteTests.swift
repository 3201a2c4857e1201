import Foundation
import Testing
import WhiskerLayers
import WhiskerOneDNNEngine
import WhiskerPretrained
import WhiskerReferenceEngine
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

@Suite struct EfficientNetLiteTests {
  @Test func theNetworksAreThere() {
    #expect(
      PretrainedFixtures.lite.map(\.name) == [
        "efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2",
      ])
  }

  @Test(
    arguments: zip(
      [PretrainedNetwork.efficientNetLite0, .efficientNetLite1, .efficientNetLite2],
      [4_652_008, 5_416_680, 6_092_072]))
  func theyHaveAsManyParametersAsPublished(_ network: PretrainedNetwork, _ count: Int) throws {
    let trainable = try network.model().network().trainableWeights
    #expect(trainable.reduce(0) { $0 + $1.specification.shape.count } == count)
    #expect(try network.model(top: .features).network().output == [1280])
    #expect(network.preparation.sampleShape == network.model().input)
  }

  /// The tensors of a state dict by formula, in PyTorch's order of axes.
  private func torchTensor(_ name: String, _ shape: Shape) -> Tensor {
    if shape.rank > 1 {
      let fanIn = Double(shape.sizes.dropFirst().reduce(1, *))
      return Formula.uniform(name, shape, limit: Float((6 / fanIn).squareRoot()))
    }
    let isScale = name.hasSuffix("running_var") || (name.hasSuffix(".weight") && name.contains("_bn"))
    return Formula.uniform(name, shape, limit: 0.25, offset: isScale ? 1 : 0)
  }

  @Test(arguments: PretrainedFixtures.lite)
  func logitsEqualPyTorchs(_ fixture: PretrainedFixtures.Lite) async throws {
    let published = try PretrainedNetwork(named: fixture.name)
    let model = published.model(
      input: [fixture.side, fixture.side, 3], top: .classes(1000, activation: nil))
    let network = try model.network()
    let names = try #require(published.torchNames)
    // PyTorch's axes for ours.
    var shapes: [String: Shape] = [:]
    for entry in network.layers {
      for specification in entry.weights {
        let sizes = specification.shape.sizes
        let prefix = try #require(names[entry.name])
        switch sizes.count {
        case 4 where entry.layer is DepthwiseConv2D:
          shapes["\(prefix).weight"] = [sizes[2], 1, sizes[0], sizes[1]]
        case 4: shapes["\(prefix).weight"] = [sizes[3], sizes[2], sizes[0], sizes[1]]
        case 2: shapes["\(prefix).weight"] = [sizes[1], sizes[0]]
        default: continue
        }
      }
    }
    let weights = try TorchWeights(path: "formula") { name in
      if let shape = shapes[name] { return self.torchTensor(name, shape) }
      let prefix = String(name.prefix(upTo: name.lastIndex(of: ".") ?? name.endIndex))
      let entry = network.layers.first { names[$0.name] == prefix }
      guard let shape = entry?.weights.first(where: { $0.shape.rank == 1 })?.shape else { return nil }
      return self.torchTensor(name, shape)
    }.weights(of: network.layers, named: names)
    try model.setWeights(weights)
    try model.compile(loss: .sparseCategoricalCrossentropy, engine: OneDNNEngine())
    let images = Formula.uniform("efficientnet-lite/images", [2, fixture.side, fixture.side, 3])
    let distance = fixture.logits.distance(to: try await model.predict(images))
    #expect(distance < 1e-5, "\(distance)")
  }

  @Test func missingAndWrongTensorsAreNamed() throws {
    let network = try PretrainedNetwork.efficientNetLite0.model(top: .features).network()
    let names = try #require(PretrainedNetwork.efficientNetLite0.torchNames)
    let missing = #expect(throws: WhiskerError.self) {
      try TorchWeights(path: "a.pth") { _ in nil }.weights(of: network.layers, named: names)
    }
    #expect(missing?.description == "a.pth: expected a tensor '_conv_stem.weight', got none")
    let wrong = #expect(throws: WhiskerError.self) {
      try TorchWeights(path: "a.pth") { _ in Tensor(shape: [8, 3, 3, 3]) }
        .weights(of: network.layers, named: names)
    }
    #expect(
      wrong?.message
        == "_conv_stem.weight: expected a tensor for stem_conv/kernel (3, 3, 3, 32), got (8, 3, 3, 3) in PyTorch's order"
    )
  }
}
