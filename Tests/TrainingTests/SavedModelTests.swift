import Foundation
import Testing
import WhiskerDatasets
import WhiskerFormats
import WhiskerGraph
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

@Suite struct SavedModelTests {
  private let preparation = PhotoPreparation(
    height: 8, width: 8, channels: 1, interpolation: .bilinear, rescale: 1 / 255)

  private func saved(classes: [String] = ["고양이", "it's a \"dog\""], smoothing: Float = 0) async throws
    -> SavedModel
  {
    let isBinary = classes.count == 2
    let model = toyModel(
      outputs: isBinary ? 1 : classes.count, last: isBinary ? .sigmoid : .softmax, dropout: 0.25)
    let loss = Loss(isBinary ? .binary : .sparseCategorical, labelSmoothing: smoothing)
    try model.compile(loss: loss, engine: EngineKind.oneDNN.make())
    try await model.fit(Toy(16, classes: classes.count).dataset())
    return SavedModel(model: model, preparation: preparation, classNames: classes, loss: loss)
  }

  @Test(arguments: [["고양이", "it's a \"dog\""], ["a", "b c", "ㄱ\n\u{1}"]])
  func whatIsReadPredictsTheSameBits(classes: [String]) async throws {
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("model.safetensors")
      let saved = try await saved(classes: classes, smoothing: 0.1)
      try await saved.write(to: file)
      let read = try SavedModel(contentsOf: file)
      #expect(read.classNames == classes)
      #expect(read.preparation == preparation)
      #expect(read.loss == saved.loss)
      #expect(try await read.model.weights() == saved.model.weights())
      #expect(try read.model.summary() == saved.model.summary())
      try read.compile(engine: EngineKind.oneDNN.make())
      let images = Toy(9).images
      #expect(try await read.model.predict(images) == saved.model.predict(images))
      let data = try Toy(9).dataset()
      #expect(try await read.model.evaluate(data).loss == saved.model.evaluate(data).loss)

      let again = folder.appendingPathComponent("again.safetensors")
      try await read.write(to: again)
      #expect(try Data(contentsOf: file) == Data(contentsOf: again))
    }
  }

  @Test func theFileSaysWhatItIs() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("model.safetensors")
      try await saved().write(to: file)
      let tensors = try SafeTensorsFile(contentsOf: file)
      #expect(
        tensors.tensorNames == [
          "conv2d/bias", "conv2d/kernel", "dense/bias", "dense/kernel", "dense_1/bias", "dense_1/kernel",
        ])
      #expect(tensors.shape(of: "conv2d/kernel") == [3, 3, 1, 4])
      #expect(tensors.metadata["format"] == "whisker-model")
      #expect(tensors.metadata["version"] == "1")
      #expect(tensors.metadata["class_names"] == #"["고양이","it's a \"dog\""]"#)
      #expect(tensors.metadata["loss"] == "\"binary\"")
      #expect(
        tensors.metadata["preparation"]
          == #"{"channels":1,"height":8,"interpolation":"bilinear","rescale":0.003921569,"width":8}"#)
      let architecture = try #require(tensors.metadata["architecture"])
      let beginning =
        #"{"class_name":"Sequential","config":{"input_shape":[8,8,1],"layers":[{"class_name":"Conv2D","#
        + #""config":{"activation":"relu","filters":4,"kernel_size":3,"name":"conv2d"}}"#
      #expect(architecture.hasPrefix(beginning), "\(architecture)")

      let model = try StoredModel(contentsOf: file)
      #expect(model.network.layers.count == 6)
      #expect(model.metadata.keys.sorted() == ["class_names", "loss", "preparation"])
    }
  }

  /// The error of reading a file that was changed.
  private func error(_ folder: URL, _ change: (inout [String: Tensor], inout [String: String]) -> Void)
    async throws -> WhiskerError
  {
    let good = folder.appendingPathComponent("good.safetensors")
    try await saved().write(to: good)
    let file = try SafeTensorsFile(contentsOf: good)
    var (tensors, metadata) = (try file.tensors(), file.metadata)
    change(&tensors, &metadata)
    let bad = folder.appendingPathComponent("나쁜 모델.safetensors")
    try SafeTensorsFile.write(tensors, metadata: metadata, to: bad)
    let error = #expect(throws: WhiskerError.self) { try SavedModel(contentsOf: bad) }
    let found = try #require(error)
    #expect(found.code == .badModel)
    #expect(found.place.hasPrefix(bad.path))
    return found
  }

  @Test func eachPartIsChecked() async throws {
    try await withTemporaryFolder { folder in
      for key in ["format", "version", "architecture", "class_names", "preparation", "loss"] {
        let missing = try await error(folder) { $1[key] = nil }
        #expect(missing.description.contains(key), "\(missing)")
        let garbled = try await error(folder) { $1[key] = "[{" }
        #expect(garbled.description.contains("expected") || garbled.description.contains(key), "\(garbled)")
      }
      #expect(try await error(folder) { $1["version"] = "2" }.description.contains("newer"))
      #expect(
        try await error(folder) { $1["class_names"] = #"["a","b","c"]"# }.description.contains("3 classes"))
      #expect(try await error(folder) { $1["class_names"] = "[]" }.description.contains("0 classes"))
      #expect(try await error(folder) { $1["loss"] = "\"hinge\"" }.description.contains("hinge"))
      #expect(
        try await error(folder) { $1["loss"] = "\"sparseCategorical\"" }.description.contains("outputs"))
      #expect(try await error(folder) { $1["label_smoothing"] = "7" }.description.contains("smoothing"))
      #expect(
        try await error(folder) {
          $1["preparation"] = $1["preparation"]?.replacing("\"height\":8", with: "\"height\":9")
        }.description.contains("(9, 8, 1)"))
      #expect(
        try await error(folder) { $1["architecture"] = $1["architecture"]?.replacing("Dense", with: "Tense") }
          .description.contains("Tense"))
      #expect(
        try await error(folder) {
          $1["architecture"] = $1["architecture"]?.replacing("\"filters\":4", with: "\"filters\":-4")
        }.description.contains("filter"))
      #expect(
        try await error(folder) {
          $1["architecture"] = $1["architecture"]?.replacing(
            "\"units\":8", with: "\"units\":9223372036854775807")
        }.description.contains("dense"))
      #expect(
        try await error(folder) { tensors, _ in tensors["dense/bias"] = nil }.description.contains(
          "dense/bias"))
      #expect(
        try await error(folder) { tensors, _ in tensors["dense/bias"] = Tensor(shape: [9]) }.description
          .contains(
            "expected (8), got (9)"))
      #expect(try await error(folder) { tensors, _ in tensors["x"] = Tensor(1) }.description.contains("x"))
    }
  }

  @Test func filesThatAreNoModelSaySo() async throws {
    try await withTemporaryFolder { folder in
      let good = folder.appendingPathComponent("good.safetensors")
      try await saved().write(to: good)
      let bytes = try Data(contentsOf: good)
      let file = folder.appendingPathComponent("file.safetensors")
      func error(_ data: Data) throws -> WhiskerError {
        try data.write(to: file)
        let error = #expect(throws: WhiskerError.self) { try SavedModel(contentsOf: file) }
        let found = try #require(error)
        #expect(found.code == .badModel)
        #expect(found.place == file.path)
        return found
      }
      for count in [0, 1, 8, 9, 100, bytes.count / 2, bytes.count - 1] { _ = try error(bytes.prefix(count)) }
      _ = try error(Data("name: baseline\n".utf8))
      _ = try error(Data((0..<4096).map { UInt8(truncatingIfNeeded: $0 * 37) }))

      try SafeTensorsFile.write(["weight": Tensor(1)], to: file)
      #expect(try error(Data(contentsOf: file)).description.contains("format"))
      try SafeTensorsFile.write(["weight": Tensor(1)], metadata: ["format": "pt"], to: file)
      #expect(try error(Data(contentsOf: file)).description.contains("\"pt\""))

      let missing = #expect(throws: WhiskerError.self) {
        try SavedModel(contentsOf: folder.appendingPathComponent("none"))
      }
      #expect(missing?.code == .missingFile)
      let isFolder = #expect(throws: WhiskerError.self) { try SavedModel(contentsOf: folder) }
      #expect(isFolder?.description.contains("best.safetensors") == true)
    }
  }

  @Test func whatCanNotBeWrittenNamesTheFile() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("missing/model.safetensors")
      let saved = try await saved()
      let error = await #expect(throws: WhiskerError.self) { try await saved.write(to: file) }
      #expect(error?.code == .cannotWrite)
      #expect(error?.place == file.path)
    }
  }
}
