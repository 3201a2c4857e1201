import Foundation
import Testing
import WhiskerFormats
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// What is often taken for a model file.
@Suite struct FileKindTests {
  /// A file, and what an error says of it.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let code: WhiskerError.Code
    let words: String

    init(_ name: String, _ bytes: [UInt8], _ code: WhiskerError.Code, _ words: String) {
      (self.name, self.bytes, self.code, self.words) = (name, bytes, code, words)
    }

    init(_ name: String, _ text: String, _ code: WhiskerError.Code, _ words: String) {
      self.init(name, Array(text.utf8), code, words)
    }

    var testDescription: String { "\(name): \(words)" }
  }

  private static let packed = HandmadeZip(entries: [
    .init("converted/labels.txt", Array("0 cats".utf8)), .init("converted/keras_model.h5", [1, 2]),
  ])
  private static let packedFolder = HandmadeZip(entries: [
    .init("model/saved_model.pb", [8, 1]), .init("model/variables/variables.index", [0]),
  ])

  private static let cases = [
    Case(
      "m.h5", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", .lfsPointer, "Git LFS"),
    Case("m.keras", "version https://git-lfs.github.com/spec/v1\n", .lfsPointer, "Git LFS"),
    Case("m.h5", "\n\n<!DOCTYPE html><html>", .webPage, "web page"),
    Case("m.safetensors", "\u{FEFF}<html lang=en>", .webPage, "web page"),
    Case("m.keras", "<?xml version=\"1.0\"?><Error>", .webPage, "web page"),
    Case("m.keras", "", .notThisFormat, "an empty file"),
    Case("model.json", "{\"class_name\": \"Sequential\"}", .otherFormat, "without weights"),
    Case("m.h5", "{\"message\": \"Not Found\"}", .otherFormat, "without weights"),
    Case("m.tflite", [0x1C, 0, 0, 0] + Array("TFL3".utf8), .otherFormat, "TensorFlow Lite"),
    Case("m.h5", [0x1C, 0, 0, 0] + Array("TFL3".utf8), .otherFormat, "TensorFlow Lite"),
    Case("m.onnx", [8, 8, 0x12, 7] + Array("pytorch".utf8), .otherFormat, "ONNX"),
    Case("saved_model.pb", [8, 1, 0x12, 1], .tensorFlowModel, "SavedModel"),
    Case("frozen.pb", [0x0A, 1], .otherFormat, "a graph of TensorFlow's"),
    Case("model.ckpt.index", [0, 1], .otherFormat, "a checkpoint of TensorFlow's"),
    Case("model.h5.gz", [0x1F, 0x8B, 8], .packedModel, "gzip"),
    Case("model.h5", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], .packedModel, "7-Zip"),
    Case("model.pkl", [0x80, 4, 0x95], .otherFormat, "pickle"),
    Case("converted.zip", packed.bytes, .packedModel, "a ZIP archive of converted/keras_model.h5"),
    Case("converted.keras", packed.bytes, .packedModel, "a ZIP archive of converted/keras_model.h5"),
    Case("saved.zip", packedFolder.bytes, .packedModel, "SavedModel"),
  ]

  @Test(arguments: cases)
  func `A file that is no model is named as what it is`(example: Case) async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent(example.name)
      try Data(example.bytes).write(to: url)
      let error = try #require(try formatError { _ = try StoredModel(contentsOf: url) })
      #expect(error.code == example.code, "\(error)")
      #expect(error.got?.contains(example.words) == true, "\(error)")
      #expect(error.place == url.path)
    }
  }

  @Test func `PyTorch's weights are told from a model, in both of their forms`() throws {
    for name in ["torch-zip.pth", "torch-stream.pth", "torch-checkpoint.pth"] {
      let error = try formatError { _ = try StoredModel(contentsOf: Fixtures.url(name)) }
      #expect(error?.code == .weightsAlone, "\(name)")
    }
  }

  @Test func `Folders of models are named too`() async throws {
    try await withTemporaryFolder { folder in
      for (names, code) in [
        (["saved_model.pb"], WhiskerError.Code.tensorFlowModel),
        (["config.json", "model.weights.h5"], .unpackedModel),
      ] {
        let place = folder.appendingPathComponent("\(code)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        for name in names { try Data([8]).write(to: place.appendingPathComponent(name)) }
        #expect(try formatError { _ = try StoredModel(contentsOf: place) }?.code == code)
      }
    }
  }

  @Test(arguments: ["m.safetensors", "m.keras", "m.h5", "m.txt", "m"])
  func `A model is read whatever its name ends in`(name: String) async throws {
    let network = try Network(input: [4, 4, 3], layers: [Flatten(), Dense(2, activation: .softmax)])
    let model = StoredModel(
      network: network, state: TrainingState(weights: network.initialWeights(RandomKey(seed: 1))))
    try await withTemporaryFolder { folder in
      for ending in ["safetensors", "keras", "h5"] {
        let url = folder.appendingPathComponent("written.\(ending)")
        try model.write(to: url)
        let renamed = folder.appendingPathComponent("\(ending)-\(name)")
        try FileManager.default.copyItem(at: url, to: renamed)
        #expect(try StoredModel(contentsOf: renamed).state.weights == model.state.weights, "\(ending)")
      }
    }
  }

  /// The weights within an archive are HDF5 and may begin at a place where HDF5 files of a user's own block begin.
  @Test func `An archive is one wherever the weights in it begin`() async throws {
    try await withTemporaryFolder { folder in
      let magic = Data([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A])
      var places: Set<Int> = []
      for length in 1...96 {
        let name = String(repeating: "n", count: 16 * length)
        let network = try Network(input: [4], layers: [Dense(2, name: name)])
        let url = folder.appendingPathComponent("\(length).keras")
        try StoredModel(
          network: network, state: TrainingState(weights: network.initialWeights(RandomKey(seed: 1)))
        ).write(to: url)
        let bytes = try Data(contentsOf: url)
        places.formUnion([512, 1024, 2048, 4096].filter { bytes.dropFirst($0).prefix(8) == magic })
        #expect(try StoredModel(contentsOf: url).network.layers.map(\.name) == [name], "\(length)")
      }
      #expect(!places.isEmpty)
    }
  }

  @Test func `Names that Keras 3 refuses are written without slashes`() async throws {
    let network = try Network(
      input: [4, 4, 3], inputName: "photos/rgb",
      connections: [
        .init(Conv2D(2, kernel: 1, name: "a/b"), reads: [.input]),
        .init(ReLU(name: "a_b"), reads: [.layer(0)]),
        .init(Flatten(name: "."), reads: [.layer(1)]), .init(Dense(2, name: "c//d"), reads: [.layer(2)]),
      ], output: .layer(3))
    var state = TrainingState(weights: network.initialWeights(RandomKey(seed: 1)))
    for (name, weight) in state.weights { state.slots["\(name):velocity"] = weight }
    let model = StoredModel(
      network: network, state: state, loss: .sparseCategoricalCrossentropy, optimizer: .rmsprop())
    try await withTemporaryFolder { folder in
      for ending in ["keras", "h5"] {
        let url = folder.appendingPathComponent("m.\(ending)")
        try model.write(to: url)
        let again = try StoredModel(contentsOf: url)
        #expect(again.network.inputName == "photos_rgb")
        #expect(again.network.layers.map(\.name) == ["a_b_1", "a_b", "layer", "c__d"])
        #expect(again.state.weights["a_b_1/kernel"] == state.weights["a/b/kernel"])
        #expect(again.state.slots["c__d/bias:velocity"] == state.weights["c//d/bias"])
      }
      let own = folder.appendingPathComponent("m.safetensors")
      try model.write(to: own)
      #expect(try StoredModel(contentsOf: own).network.layers.map(\.name) == network.layers.map(\.name))
    }
  }
}
