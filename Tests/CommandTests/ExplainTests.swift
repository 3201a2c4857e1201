import Foundation
import Testing
import WhiskerImages
import WhiskerInspection
import _TestSupport

@Suite("whisker explain, and what evaluate makes beside its figures")
struct ExplainTests {
  private func withModel(_ body: (URL) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder, classes: ["cats", "고양이 \"<2>\""], counts: ["test": 6])
      try await TinyData.writeModel(to: folder.below("m.safetensors"), classes: ["cats", "고양이 \"<2>\""])
      try TinyData.photo(of: 1, index: 3, size: 30).write(to: folder.below("a b.png"))
      try await body(folder)
    }
  }

  @Test("The overlay has the photo's size; the class may be named in either Unicode form")
  func overlay() async throws {
    try await withModel { folder in
      let outcome = try await whisker(
        "explain", "m.safetensors", "a b.png", "--output", "o.png", in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("Wrote what conv2d sees of"))
      let cells = outcome.output.split(separator: "\n")[0].split(separator: "\t")
      #expect(cells.count == 5 && cells[0] == "a b.png" && cells[1] == cells[3])
      let picture = try Photo(contentsOf: folder.below("o.png"))
      #expect(picture.height == 30 && picture.width == 30)

      let name = "고양이 \"<2>\"".decomposedStringWithCanonicalMapping
      let other = try await whisker(
        "explain", "m.safetensors", "a b.png", "--output", "o.jpg", "--class", name, "--layer",
        "max_pooling2d", "--json", in: folder)
      #expect(other.code == 0, "\(other.errors)")
      let json = try JSONSerialization.jsonObject(with: Data(other.output.utf8)) as? [String: Any]
      #expect(json?["class"] as? String == "고양이 \"<2>\"" && json?["layer"] as? String == "max_pooling2d")
      #expect(folder.below("o.jpg").exists)
    }
  }

  @Test(
    "What can't be explained: the code and the reason",
    arguments: [
      (66, ["m.safetensors", "nowhere.png", "--output", "o.png"], "nowhere.png"),
      (66, ["nowhere.h5", "a b.png", "--output", "o.png"], "expected a model file"),
      (65, ["m.safetensors", "tiny.yaml", "--output", "o.png"], "tiny.yaml: expected a photo"),
      (64, ["m.safetensors", "a b.png", "--output", "o.gif"], "--output: expected a file ending in .png"),
      (64, ["m.safetensors", "a b.png", "--output", "a b.png"], "expected another file than the photo"),
      (64, ["m.safetensors", "a b.png", "--output", "o.png", "--class", "dogs"], "class: expected one of"),
      (64, ["m.safetensors", "a b.png", "--output", "o.png", "--layer", "dense"], "layer: expected"),
      (73, ["m.safetensors", "a b.png", "--output", "nowhere/o.png"], "nowhere/o.png"),
    ] as [(Int32, [String], String)])
  func failures(code: Int32, arguments: [String], message: String) async throws {
    try await withModel { folder in
      let outcome = try await Whisker(["explain"] + arguments, in: folder).outcome()
      #expect(outcome.code == code, "\(outcome.errors)")
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
      #expect(!folder.names.contains { $0.hasPrefix("o.") })
    }
  }

  @Test("evaluate draws the confusion matrix and copies mistakes, never over anything")
  func pictures() async throws {
    try await withModel { folder in
      let outcome = try await whisker(
        "evaluate", "m.safetensors", "data", "--confusion", "c.png", "--mistakes", "wrong", "--json",
        in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
      let json = try #require(
        try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
      let accuracy = try #require(json["accuracy"] as? Double)
      let names = folder.below("wrong").names
      #expect(names.count == 12 - Int((accuracy * 12).rounded()))
      #expect(names.allSatisfy { $0.contains(" as ") && $0.hasSuffix(".jpg") })
      #expect(try Photo(contentsOf: folder.below("c.png")).width > 200)
      let metrics = try #require(json["classMetrics"] as? [String: [String: Double]])
      #expect(metrics.keys.sorted() == ["cats", "고양이 \"<2>\""])
      #expect(metrics.values.allSatisfy { Set($0.keys) == ["precision", "recall", "f1", "auc"] })

      let again = try await whisker(
        "evaluate", "m.safetensors", "data", "--mistakes", "data", in: folder)
      #expect(again.code == 64 && again.errors.contains("expected a new or an empty folder"))
      let gif = try await whisker(
        "evaluate", "m.safetensors", "data", "--confusion", "c.gif", in: folder)
      #expect(gif.code == 64 && gif.errors.contains("--confusion: expected a file ending in"))
    }
  }

  @Test("Mirrored photos give the mean of both views: the same for photos and for their mirror images")
  func flip() async throws {
    try await withModel { folder in
      // As large as the network's input, so that a mirrored photo is resized to the mirrored input.
      let photos = folder.below("photos")
      func write(isMirrored: Bool) throws {
        for (number, name) in ["cats", "고양이 \"<2>\""].enumerated() {
          try FileManager.default.createDirectory(
            at: photos.below(name), withIntermediateDirectories: true)
          for index in 0..<6 {
            let photo = TinyData.photo(of: number, index: index, size: 32)
            try (isMirrored ? mirrored(photo) : photo).write(to: photos.below("\(name)/\(index).png"))
          }
        }
      }
      func evaluate(_ options: String...) async throws -> Outcome {
        try await Whisker(
          ["evaluate", "m.safetensors", "photos", "--json"] + options, in: folder
        ).outcome()
      }
      try write(isMirrored: false)
      let plain = try await evaluate()
      let mean = try await evaluate("--tta", "flip")
      #expect(mean.code == 0 && mean.output != plain.output, "\(mean.errors)")
      try write(isMirrored: true)
      #expect(try await evaluate("--tta", "flip").output == mean.output)
      #expect(try await evaluate("--tta", "turn").code == 64)
    }
  }

  private func mirrored(_ photo: Photo) -> Photo {
    var result = photo
    for row in 0..<photo.height {
      for column in 0..<photo.width {
        for channel in 0..<3 {
          result.pixels[(row * photo.width + column) * 3 + channel] =
            photo.pixels[(row * photo.width + photo.width - 1 - column) * 3 + channel]
        }
      }
    }
    return result
  }
}
