import Foundation
import SwiftProtobuf
import Testing
import WhiskerFormats
import WhiskerRuns
import WhiskerTensors
import WhiskerTraining
import _TestSupport

@Suite("whisker convert")
struct ConvertTests {
  @Test("A model becomes ONNX, the same bytes each time, and what is lost is said")
  func toONNX() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.writeModel(to: folder.below("model.safetensors"), classes: ["고양이", "dog \"s\""])
      let first = try await whisker("convert", "model.safetensors", "a.onnx", in: folder)
      #expect(first.code == 0)
      #expect(first.output == "a.onnx: 4 tensors\n")
      #expect(first.errors.contains("note: ONNX holds what predicting takes"))
      let second = try await whisker("convert", "model.safetensors", "b.ONNX", "--json", in: folder)
      #expect(second.code == 0)
      let result = try JSONSerialization.jsonObject(with: Data(second.output.utf8)) as? [String: Any]
      #expect(result?["tensors"] as? Int == 4)
      #expect((result?["lost"] as? [String])?.count == 1)
      #expect(try folder.below("a.onnx").bytes == folder.below("b.ONNX").bytes)
      let model = try ONNXModel(serializedBytes: folder.below("a.onnx").bytes)
      let metadata = Dictionary(uniqueKeysWithValues: model.metadataProps.map { ($0.key, $0.value) })
      #expect(metadata["class_names"] == #"["고양이","dog \"s\""]"#)
      #expect(Set(metadata.keys) == ["class_names", "loss", "preparation"])
      #expect(model.graph.input.first?.docString.contains("[batch, 32, 32, 3]") == true)
      #expect(folder.names == ["a.onnx", "b.ONNX", "model.safetensors"])
    }
  }

  @Test("PyTorch's weights become safetensors")
  func fromPyTorch() async throws {
    try await withTemporaryFolder { folder in
      try Data(base64Encoded: TorchFile.tiny)?.write(to: folder.below("weights.pth"))
      let outcome = try await whisker("convert", "weights.pth", "weights.safetensors", in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.output == "weights.safetensors: 1 tensors\n")
      let file = try SafeTensorsFile(contentsOf: folder.below("weights.safetensors"))
      #expect(try file.tensor("weight") == Tensor(shape: [2, 3], values: [0, 1, 2, 3, 4, 5]))
      #expect(file.metadata == ["epoch": "3"])
      let model = try await whisker("predict", "weights.safetensors", "x.jpg", in: folder)
      #expect(model.code == 65)
    }
  }

  @Test("A file that is there stays unless --overwrite is given")
  func overwriting() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.writeModel(to: folder.below("model.safetensors"))
      try "precious".write(to: folder.below("out.onnx"), atomically: true, encoding: .utf8)
      let refused = try await whisker("convert", "model.safetensors", "out.onnx", in: folder)
      #expect(refused.code == 73)
      #expect(refused.errors.contains("use --overwrite"))
      #expect(try folder.below("out.onnx").bytes == Data("precious".utf8))
      let done = try await whisker("convert", "model.safetensors", "out.onnx", "--overwrite", in: folder)
      #expect(done.code == 0)
      #expect(try folder.below("out.onnx").bytes.count > 1_000)
    }
  }

  @Test(
    "Of another program's model one states once how it's used", arguments: ["mine.keras", "mine.safetensors"])
  func statement(target: String) async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder, counts: ["test": 1])
      try TinyData.writeForeignModel(to: folder.below("foreign.h5"))
      let plain = try await whisker("convert", "foreign.h5", "plain.keras", in: folder)
      #expect(plain.code == 0 && plain.errors.contains("state it with --rescale, --resize and --class-names"))
      let predict = try await whisker("predict", "plain.keras", "data/test/cats/photo.0.jpg", in: folder)
      #expect(predict.code == 0 && predict.errors.contains("assumed:"))

      let convert = try await whisker(
        "convert", "foreign.h5", target, "--class-names", "고양이,dogs", "--rescale", "1/127.5", in: folder)
      #expect(convert.code == 0, "\(convert.errors)")
      #expect(convert.errors.contains("assumed, and now said: photos are resized by nearest"))
      #expect(!convert.errors.contains("multiplied"))
      let stated = try await whisker("predict", target, "data/test/cats/photo.0.jpg", "--json", in: folder)
      #expect(stated.code == 0 && stated.errors.isEmpty, "\(stated.errors)")
      #expect(stated.output.contains("고양이"))
      #expect(try SavedModel(contentsOf: folder.below(target)).preparation.rescale == 1 / 127.5)
      let again = try await whisker("convert", target, "other.keras", "--resize", "bilinear", in: folder)
      #expect(again.code == 64 && again.errors.contains("says itself"))
    }
  }

  /// A conversion that is refused: arguments, exit code, part of the message.
  struct Refusal: Sendable, CustomTestStringConvertible {
    let from: String
    let to: String
    let code: Int32
    let message: String
    var testDescription: String { "\(from) to \(to)" }
  }

  @Test(
    "What makes no sense is refused, and nothing is written",
    arguments: [
      Refusal(from: "model.safetensors", to: "out.txt", code: 64, message: "ending in one of"),
      Refusal(from: "model.safetensors", to: "out", code: 64, message: "ending in one of"),
      Refusal(from: "model.safetensors", to: "out.pth", code: 64, message: "PyTorch reads safetensors"),
      Refusal(from: "model.safetensors", to: "./model.safetensors", code: 64, message: "the same"),
      Refusal(from: "model.onnx", to: "out.safetensors", code: 64, message: "only written"),
      Refusal(from: "weights.pth", to: "out.onnx", code: 64, message: "doesn't say what is computed"),
      Refusal(from: "absent.safetensors", to: "out.onnx", code: 66, message: "nothing of this name"),
      Refusal(from: "text.pth", to: "out.safetensors", code: 65, message: "torch.save"),
      Refusal(from: "text.safetensors", to: "out.onnx", code: 65, message: "safetensors"),
      Refusal(from: "model.safetensors", to: "absent/out.onnx", code: 73, message: "No such file"),
    ])
  func refusals(refusal: Refusal) async throws {
    try await withTemporaryFolder { folder in
      try TinyData.writeModel(to: folder.below("model.safetensors"))
      for name in ["text.pth", "text.safetensors", "weights.pth", "model.onnx"] {
        try "nothing of the kind".write(to: folder.below(name), atomically: true, encoding: .utf8)
      }
      let before = folder.names
      let outcome = try await whisker("convert", refusal.from, refusal.to, in: folder)
      #expect(outcome.code == refusal.code)
      #expect(outcome.errors.contains(refusal.message), "\(outcome.errors)")
      #expect(outcome.output.isEmpty)
      #expect(folder.names == before)
    }
  }
}

private enum TorchFile {
  /// `torch.save({"weight": torch.arange(6.).reshape(2, 3), "epoch": 3}, …, _use_new_zipfile_serialization=False)`.
  static let tiny = """
    gAKKCmz8nEb5IGqoUBkugAJN6QMugAJ9cQAoWBAAAABwcm90b2NvbF92ZXJzaW9ucQFN6QNYDQAAAGxpdHRsZV9l\
    bmRpYW5xAohYCgAAAHR5cGVfc2l6ZXNxA31xBChYBQAAAHNob3J0cQVLAlgDAAAAaW50cQZLBFgEAAAAbG9uZ3EH\
    SwR1dS6AAn1xAChYBgAAAHdlaWdodHEBY3RvcmNoLl91dGlscwpfcmVidWlsZF90ZW5zb3JfdjIKcQIoKFgHAAAA\
    c3RvcmFnZXEDY3RvcmNoCkZsb2F0U3RvcmFnZQpxBFgOAAAAOTQxNTY1NjAxNzk3NDRxBVgDAAAAY3B1cQZLBk50\
    cQdRSwBLAksDhnEISwNLAYZxCYljY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcQopUnELdHEMUnENWAUAAABlcG9j\
    aHEOSwN1LoACXXEAWA4AAAA5NDE1NjU2MDE3OTc0NHEBYS4GAAAAAAAAAAAAAAAAAIA/AAAAQAAAQEAAAIBAAACg\
    QA==
    """
}
