import Foundation
import Testing
import WhiskerFormats
import WhiskerLayers
import WhiskerTensors
import _TestSupport

/// A small network of each family of `keras.applications`, from Keras's own descriptions (`Tools/reference/keras_families.py`).
@Suite struct KerasFamiliesTests {
  static let all = (try? KerasFixtures.families()) ?? []

  @Test func `There is a network of each family, of both Kerases`() {
    #expect(
      Self.all.map(\.name) == [
        "2.15-ConvNeXtTiny", "2.15-MobileNetV3Small", "2.15-RegNetX002", "2.15-RegNetY002", "2.15-ResNetRS50",
        "3.15-ConvNeXtTiny", "3.15-DenseNet121", "3.15-EfficientNetB0", "3.15-EfficientNetV2B0",
        "3.15-InceptionResNetV2", "3.15-InceptionV3", "3.15-MobileNetV2", "3.15-MobileNetV3Small",
        "3.15-NASNetMobile", "3.15-ResNet50", "3.15-ResNet50V2", "3.15-Xception",
      ])
  }

  @Test(arguments: all)
  func `A network predicts and learns as in Keras, also when Whisker has written it`(
    _ network: KerasFixtures.Networks.Network
  ) async throws {
    let (limit, rate) = (try #require(network.imageLimit), try #require(network.rate))
    let expected = try #require(network.losses)
    try await withTemporaryFolder { folder in
      let source = folder.appendingPathComponent("whole.h5")
      try HDF5File.write(network.file, to: source)
      let stored = try StoredModel(contentsOf: source)
      let written = folder.appendingPathComponent("whole.keras")
      try stored.write(to: written)
      let images = Formula.uniform(
        "keras-families/images", stored.network.input.batched(4), limit: limit, offset: limit)
      let labels = Formula.integers("keras-families/labels", count: 4, below: 10).map { Float($0) }
      let measured = try await NetworkFolder(
        folder, images: images, labels: Tensor(shape: [4], values: labels), rate: rate
      ).measured()
      #expect(measured["whole.keras/outputs"] == measured["whole.h5/outputs"])
      for name in ["whole.h5", "whole.keras"] {
        let outputs = try #require(measured["\(name)/outputs"])
        let plain = try #require(measured["\(name)/outputs, no Winograd"])
        #expect(network.predictions.distance(to: outputs) < 1e-4, "\(name)")
        #expect(network.predictions.distance(to: plain) < 1e-5, "\(name), no Winograd")
        let losses = try #require(measured["\(name)/losses"]).values
        for (loss, expected) in zip(losses, expected) {
          #expect(abs(loss / expected - 1) < 1e-4, "\(name): \(losses)")
        }
        let (change, wanted) = (losses[1] - losses[0], expected[1] - expected[0])
        #expect(abs(change / wanted - 1) < 0.01, "\(name): \(losses)")
      }
    }
  }
}

extension KerasFixtures {
  /// Small networks of `keras.applications`, made by `Tools/reference/keras_families.py`.
  static func families() throws -> [Networks.Network] {
    let archive = try ZipArchive(contentsOf: url("keras-families.zip"))
    return try archive.sizes.keys.sorted().map { name in
      try JSONDecoder().decode(Networks.Network.self, from: Data(archive.contents(of: name)))
    }
  }
}
