import Foundation
import Testing
import WhiskerDatasets
import WhiskerFormats
import WhiskerLayers
import WhiskerOneDNNEngine
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// What networks in files give, and the losses of two steps of training with every layer unfrozen.
///
/// With `WHISKER_NETWORKS` set to a folder, the networks there are measured too, for
/// `Tools/reference/keras_applications.py`.
@Suite struct NetworkFolderTests {
  @Test func `The networks of a folder are measured`() async throws {
    try await withTemporaryFolder { folder in
      let network = try #require(KerasNetworksTests.all.first { $0.name == "mobilenet" })
      for name in ["whole.h5", "features.h5"] {
        try HDF5File.write(network.file, to: folder.appendingPathComponent(name))
      }
      let images = Formula.uniform("keras-networks/images", [2, 32, 32, 3], limit: 0.5, offset: 0.5)
      try SafeTensorsFile.write(
        [
          "images": images, "labels": Tensor(shape: [2], values: [3, 7]),
          "rate": Tensor(shape: [1], values: [0.01]),
        ], to: folder.appendingPathComponent("inputs.safetensors"))
      let measured = try await NetworkFolder(folder).measured()
      for name in ["whole.h5/outputs", "features.h5/outputs, no Winograd"] {
        #expect(network.predictions.distance(to: try #require(measured[name])) < 1e-5, "\(name)")
      }
      let losses = try #require(measured["whole.h5/losses"]).values
      #expect(losses.count == 2 && losses[1] < losses[0])
      #expect(measured["features.h5/losses"] == nil)
    }
    guard let path = ProcessInfo.processInfo.environment["WHISKER_NETWORKS"] else { return }
    let folder = URL(fileURLWithPath: path)
    try SafeTensorsFile.write(
      try await NetworkFolder(folder).measured(), to: folder.appendingPathComponent("measured.safetensors"))
  }
}

/// Files of networks, and `inputs.safetensors` with photos, the numbers of their classes and a learning rate.
struct NetworkFolder {
  private let folder: URL
  private let images: Tensor
  private let labels: Tensor
  private let rate: Float

  init(_ folder: URL, images: Tensor, labels: Tensor, rate: Float) {
    self.folder = folder
    self.images = images
    self.labels = labels
    self.rate = rate
  }

  init(_ folder: URL) throws {
    self.folder = folder
    let inputs = try SafeTensorsFile(contentsOf: folder.appendingPathComponent("inputs.safetensors"))
    images = try inputs.tensor("images")
    labels = try inputs.tensor("labels")
    rate = try inputs.tensor("rate", shape: [1]).values[0]
  }

  /// By file and what was measured: `whole.h5/outputs`, `whole.h5/outputs, no Winograd`, `whole.h5/losses`.
  func measured() async throws -> [String: Tensor] {
    var measured: [String: Tensor] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
      guard name.hasSuffix(".h5") || name.hasSuffix(".keras") else { continue }
      let stored = try StoredModel(contentsOf: folder.appendingPathComponent(name))
      for (what, usesWinograd) in [("outputs", true), ("outputs, no Winograd", false)] {
        measured["\(name)/\(what)"] = try await model(stored, usesWinograd: usesWinograd).predict(images)
      }
      // Without its top a network has no classes.
      if name.hasPrefix("whole") {
        let losses = try await losses(model(stored, usesWinograd: true))
        measured["\(name)/losses"] = Tensor(shape: [losses.count], values: losses.map(Float.init))
      }
    }
    return measured
  }

  private func model(_ stored: StoredModel, usesWinograd: Bool) throws -> Model {
    let model = Model(stored.network)
    try model.setWeights(stored.state.weights)
    try model.unfreeze()
    try model.compile(
      loss: .sparseCategoricalCrossentropy, optimizer: .sgd(learningRate: rate),
      engine: OneDNNEngine(.init(usesWinograd: usesWinograd)))
    return model
  }

  private func losses(_ model: Model) async throws -> [Double] {
    let batch = images.shape[0]
    let data = try ArrayDataset(
      images: Tensor(
        shape: images.shape.withoutBatch.batched(2 * batch), values: images.values + images.values),
      labels: Tensor(shape: [2 * batch], values: labels.values + labels.values), batchSize: batch,
      shuffle: false)
    return try await model.fit(data, epochs: 2, stepsPerEpoch: 1)["loss"]
  }
}
