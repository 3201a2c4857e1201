import Foundation
import Testing
import WhiskerFormats
import WhiskerLayers
import WhiskerTensors
import _TestSupport

/// Models of other programs: what the command says of them and prints.
@Suite("Other programs' models")
struct ForeignModelTests {
  /// Writes a model whose outputs are 3 and −1 for any photo, or what the activation makes of them.
  private func writeModel(
    to url: URL, _ last: Dense = Dense(2), takesLogits: Bool = false
  ) throws {
    var last = last
    last.name = "scores"
    let network = try Network(
      input: [8, 8, 3], layers: [Conv2D(3, kernel: 1), GlobalAveragePooling2D(), last])
    var weights = network.initialWeights(RandomKey(seed: 1))
    weights["scores/kernel"] = Tensor(shape: [3, last.units])
    weights["scores/bias"] = Tensor(shape: [last.units], values: last.units == 1 ? [0.3] : [3, -1])
    var model = StoredModel(
      network: network, state: TrainingState(weights: weights),
      loss: takesLogits ? .sparseCategoricalCrossentropy : nil, optimizer: takesLogits ? .sgd() : nil)
    model.lossTakesLogits = takesLogits
    try model.write(to: url)
  }

  private func probabilities(_ outcome: Outcome) throws -> [String: Double] {
    let list = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]]
    return list?.first?["probabilities"] as? [String: Double] ?? [:]
  }

  private let stated = ["--rescale", "1", "--resize", "nearest", "--class-names", "a,b", "--json"]

  @Test("Logits are printed as probabilities, and that is said once", arguments: ["m.keras", "m.h5"])
  func logits(name: String) async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder, counts: ["test": 2])
      let photos = ["data/test/cats/photo.0.jpg", "data/test/dogs/photo.0.jpg"]
      let softmax = 1 / (1 + exp(-4.0))
      for takesLogits in [false, true] {
        try writeModel(to: folder.below(name), takesLogits: takesLogits)
        let outcome = try await outcome(["predict", name] + photos + stated, in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(abs((try probabilities(outcome)["a"] ?? 0) - softmax) < 1e-6)
        #expect(outcome.errors.components(separatedBy: "logits").count == 2, "\(outcome.errors)")
        let told = takesLogits ? "its loss takes logits" : "the last layer has no activation"
        #expect(outcome.errors.contains(told), "\(outcome.errors)")
      }
      let plain = try await outcome(["predict", name] + photos + stated + ["--logits"], in: folder)
      #expect(plain.code == 0 && !plain.errors.contains("logits"), "\(plain.errors)")
      let refused = try await outcome(["predict", name] + photos + stated + ["--probabilities"], in: folder)
      #expect(refused.code == 65)
      #expect(refused.errors.contains("expected probabilities from 0 to 1, got 3.0: if they are logits"))
      #expect(!refused.output.contains("3"))
      let both = try await outcome(
        ["predict", name] + photos + ["--probabilities", "--logits"], in: folder)
      #expect(both.code == 64 && both.errors.contains("got both"))
    }
  }

  @Test("One logit: the sigmoid, in every command that takes a model")
  func oneLogit() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder, classes: ["a", "b"], counts: ["test": 2])
      try writeModel(to: folder.below("m.h5"), Dense(1))
      let predict = try await outcome(["predict", "m.h5", "data/test/a/photo.0.jpg"] + stated, in: folder)
      #expect(abs((try probabilities(predict)["b"] ?? 0) - 0.574_442_5) < 1e-6)
      let statement = stated.dropLast()
      let evaluate = try await outcome(["evaluate", "m.h5", "data"] + statement, in: folder)
      #expect(evaluate.code == 0, "\(evaluate.errors)")
      #expect(evaluate.errors.contains("their sigmoid"))
      let explain = try await outcome(
        ["explain", "m.h5", "data/test/a/photo.0.jpg", "--output", "x.png"] + statement, in: folder)
      #expect(explain.code == 0 && explain.output.contains("b\t0.5744"), "\(explain.errors)")
      let convert = try await outcome(["convert", "m.h5", "own.keras"] + statement, in: folder)
      #expect(
        convert.code == 0 && convert.errors.contains("now said: outputs are logits"), "\(convert.errors)")
      let own = try await outcome(["predict", "own.keras", "data/test/a/photo.0.jpg", "--json"], in: folder)
      #expect(own.errors.isEmpty && own.output == predict.output)
    }
  }

  @Test("An open size is asked for")
  func openSize() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder, counts: ["test": 1])
      try writeModel(to: folder.below("m.h5"), Dense(2, activation: .softmax))
      var root = try HDF5File(contentsOf: folder.below("m.h5")).root
      let text = root.attributes["model_config"]?.string ?? ""
      root.attributes["model_config"] = HDF5Value(text.replacing("[null,8,8,3]", with: "[null,null,null,3]"))
      try HDF5File.write(root, to: folder.below("m.h5"))
      let photo = "data/test/cats/photo.0.jpg"
      for arguments in [
        ["predict", "m.h5", photo], ["summary", "m.h5"], ["convert", "m.h5", "out.keras"],
        ["evaluate", "m.h5", "data"],
      ] {
        let asked = try await outcome(arguments, in: folder)
        #expect(asked.code == 64, "\(asked.errors)")
        #expect(asked.errors.contains("state it with --image-size"), "\(asked.errors)")
      }
      let predict = try await outcome(["predict", "m.h5", photo, "--image-size", "10x12"], in: folder)
      #expect(predict.code == 0 && predict.errors.contains("photos of 10 × 12"), "\(predict.errors)")
      let summary = try await outcome(["summary", "m.h5", "--image-size", "10"], in: folder)
      #expect(summary.code == 0 && summary.output.contains("(None, 3)"))
      let convert = try await outcome(["convert", "m.h5", "out.keras", "--image-size", "10"], in: folder)
      #expect(convert.code == 0, "\(convert.errors)")
      let fixed = try await outcome(["predict", "out.keras", photo, "--image-size", "12"], in: folder)
      #expect(fixed.code == 64 && fixed.errors.contains("--image-size: expected 10 × 10"), "\(fixed.errors)")
      for wrong in ["0", "5000", "3x", "x", "1x2x3", "-4"] {
        let refused = try await outcome(["predict", "m.h5", photo, "--image-size", wrong], in: folder)
        #expect(refused.code == 64 && refused.errors.contains("--image-size: expected 1 to 4096"), "\(wrong)")
      }
    }
  }

  @Test("What is no model is named, with what to do")
  func noModels() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder, counts: ["test": 1])
      try FileManager.default.createDirectory(at: folder.below("saved"), withIntermediateDirectories: true)
      try Data([8, 1, 0x12]).write(to: folder.below("saved/saved_model.pb"))
      try Data("version https://git-lfs.github.com/spec/v1\n".utf8).write(to: folder.below("lfs.h5"))
      try Data("<!DOCTYPE html>".utf8).write(to: folder.below("page.keras"))
      try Data([0x1C, 0, 0, 0] + Array("TFL3".utf8)).write(to: folder.below("lite.tflite"))
      for (name, words, advice) in [
        ("saved", "a SavedModel of TensorFlow's", "model.save("), ("lfs.h5", "Git LFS", "git lfs pull"),
        ("page.keras", "a web page", "download the file itself"),
        ("lite.tflite", "TensorFlow Lite", "save the whole model"),
      ] {
        for arguments in [
          ["predict", name, "data/test/cats/photo.0.jpg"], ["summary", name], ["evaluate", name, "data"],
          ["convert", name, "out.onnx"],
        ] {
          let outcome = try await outcome(arguments, in: folder)
          #expect(outcome.code == 65, "\(outcome.errors)")
          #expect(outcome.errors.contains(words) && outcome.errors.contains(advice), "\(outcome.errors)")
        }
      }
    }
  }
}
