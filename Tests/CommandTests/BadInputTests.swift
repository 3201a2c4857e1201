import Foundation
import Testing
import WhiskerImages
import WhiskerRuns
import _TestSupport

@Suite("Bad input")
struct BadInputTests {
  private let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().below("ImagesTests/Fixtures")

  /// Runs a command in a folder with `tiny.yaml`, `data/` and `model.safetensors`, and limits its memory.
  private func expect(
    _ code: Int32, _ messages: String..., from arguments: [String],
    after change: (URL) throws -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      try await TinyData.writeModel(to: folder.below("model.safetensors"))
      try change(folder)
      let outcome = try await Whisker(arguments, in: folder).outcome()
      #expect(outcome.code == code, "\(outcome.errors)", sourceLocation: sourceLocation)
      #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
      for message in messages {
        #expect(outcome.errors.contains(message), "\(outcome.errors)", sourceLocation: sourceLocation)
      }
    }
  }

  private static let train = ["train", "data", "--recipe", "tiny.yaml", "--output", "run"]

  // MARK: Folders

  @Test("A folder that isn't there: 66")
  func missingFolder() async throws {
    try await expect(66, "nowhere: there is no such folder", from: ["train", "nowhere"])
    try await expect(
      66, "nowhere: there is no such folder", from: ["evaluate", "model.safetensors", "nowhere"])
    try await expect(
      66, "nowhere: there is no such file or folder",
      from: ["predict", "model.safetensors", "data", "nowhere"])
    try await expect(66, "nowhere: there is no such folder", from: ["split", "nowhere", "parts"])
    try await expect(66, "nowhere: expected a model file, got nothing", from: ["summary", "nowhere"])
    try await expect(66, "a*b: there is no such", from: ["predict", "model.safetensors", "a*b"])
  }

  @Test("An empty folder: 65")
  func emptyFolder() async throws {
    func empty(_ folder: URL) throws {
      try FileManager.default.createDirectory(at: folder.below("empty"), withIntermediateDirectories: true)
    }
    try await expect(65, "empty: the folder is empty", from: ["train", "empty"], after: empty)
    try await expect(
      65, "empty: the folder is empty", from: ["evaluate", "model.safetensors", "empty"], after: empty)
    try await expect(
      65, "empty: the folder holds no photo", from: ["predict", "model.safetensors", "empty"], after: empty)
    try await expect(65, "empty: the folder is empty", from: ["split", "empty", "parts"], after: empty)
  }

  @Test("One class only: 65")
  func oneClass() async throws {
    try await expect(65, "expected at least 2 class folders, got 1: \"cats\"", from: Self.train) { folder in
      try FileManager.default.removeItem(at: folder.below("data/train/dogs"))
    }
  }

  @Test("Data whose classes aren't the model's: 65, naming both")
  func otherClasses() async throws {
    try await expect(
      65, "expected the class folders \"cats\", \"dogs\", got \"cats\", \"wolves\"",
      from: ["evaluate", "model.safetensors", "data"]
    ) { folder in
      try FileManager.default.moveItem(
        at: folder.below("data/test/dogs"), to: folder.below("data/test/wolves"))
    }
  }

  // MARK: Photos

  @Test(
    "Photos that can't be read are named, skipped and counted before the first epoch; strictly they are an error"
  )
  func unreadablePhotos() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let whole = try folder.below("data/train/cats/photo.0.jpg").bytes
      try whole.prefix(whole.count / 2).write(to: folder.below("data/train/cats/cut.jpg"))
      try Data().write(to: folder.below("data/train/dogs/zero.jpg"))
      try Data("no photo at all".utf8).write(to: folder.below("data/train/dogs/text \"1\".jpg"))

      let train = try await Whisker(Self.train, in: folder).outcome()
      #expect(train.code == 0)
      let lines = train.errors.split(separator: "\n").map(String.init)
      let count = lines.firstIndex {
        $0.hasSuffix("Found 16 images belonging to 2 classes. Skipped 3 that can't be read.")
      }
      let epoch = try #require(lines.firstIndex { $0.hasPrefix("Epoch 1/2") })
      #expect(try #require(count) < epoch)
      for name in ["cats/cut.jpg", "dogs/zero.jpg", "dogs/text \"1\".jpg"] {
        let line = try #require(
          lines.firstIndex { $0.hasPrefix("  skipped \(name): expected") }, "\(train.errors)")
        #expect(line < epoch)
      }

      let strict = try await whisker(
        "train", "data", "--recipe", "tiny.yaml", "--output", "strict", "--strict", in: folder)
      #expect(strict.code == 65)
      #expect(strict.errors.contains("3 photos can't be read") && strict.errors.contains("cats/cut.jpg"))
      #expect(!folder.below("strict").exists, "a run that never began leaves nothing")
    }
  }

  @Test("predict names what it can't read, tells the rest and ends with 65")
  func unreadableInPrediction() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      try await TinyData.writeModel(to: folder.below("model.safetensors"))
      try Data().write(to: folder.below("data/test/cats/photo.3.jpg"))
      let outcome = try await whisker(
        "predict", "model.safetensors", "data/test/cats", "--batch-size", "2", in: folder)
      #expect(outcome.code == 65)
      let files = outcome.output.split(separator: "\n").map { $0.split(separator: "\t")[0] }
      #expect(files == [0, 1, 2, 4, 5].map { "data/test/cats/photo.\($0).jpg" })
      #expect(
        outcome.errors.contains("whisker: data/test/cats/photo.3.jpg: expected a photo, got an empty file"))
      #expect(outcome.errors.contains("1 of 6 photos can't be read"))
    }
  }

  @Test("A GIF named .jpg, a CMYK JPEG and a PNG of 16 bits are read")
  func oddPhotos() async throws {
    try await withTemporaryFolder { folder in
      try await TinyData.writeModel(to: folder.below("model.safetensors"))
      let names = ["cmyk.jpg", "gif-named.jpg", "rgb-16.png"]
      for name in names {
        try FileManager.default.copyItem(at: fixtures.below(name), to: folder.below(name))
      }
      let outcome = try await Whisker(["predict", "model.safetensors"] + names, in: folder).outcome()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) } == names)
    }
  }

  @Test(
    "A header that claims 60,000 pixels a side is refused before memory is taken for it",
    arguments: ["jpg", "png"])
  func hugeHeader(ending: String) async throws {
    try await withTemporaryFolder { folder in
      try await TinyData.writeModel(to: folder.below("model.safetensors"))
      let bytes = ending == "jpg" ? try hugeJPEG() : try hugePNG()
      try Data(bytes).write(to: folder.below("huge.\(ending)"))
      // 60,000 × 60,000 pixels would take 10.8 GB; the command gets 6 GB of addresses.
      let outcome = try #require(
        try await run(
          "/bin/sh",
          ["-c", "ulimit -v 6000000; exec \"$0\" predict model.safetensors huge.\(ending)", Whisker.path],
          in: folder))
      #expect(outcome.code == 65)
      #expect(
        outcome.errors.contains(
          "huge.\(ending): expected at most 30000 pixels a side and 100000000 in all, got 60000 × 60000"),
        "\(outcome.errors)")
    }
  }

  /// A JPEG whose frame header says 60,000 × 60,000.
  private func hugeJPEG() throws -> [UInt8] {
    var bytes = try TinyData.photo(of: 0, index: 0).encodedJPEG()
    let frame = try #require(bytes.indices.dropLast().first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
    bytes.replaceSubrange(frame + 5..<frame + 9, with: [0xEA, 0x60, 0xEA, 0x60])
    return bytes
  }

  /// A PNG whose header says 60,000 × 60,000, with a checksum that fits.
  private func hugePNG() throws -> [UInt8] {
    var bytes = try TinyData.photo(of: 0, index: 0).encodedPNG()
    bytes.replaceSubrange(16..<24, with: [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60])
    var checksum: UInt32 = 0xFFFF_FFFF
    for byte in bytes[12..<29] {
      checksum ^= UInt32(byte)
      for _ in 0..<8 { checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0xEDB8_8320 : checksum >> 1 }
    }
    let sum = ~checksum
    bytes.replaceSubrange(29..<33, with: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> $0) })
    return bytes
  }

  @Test("An image size too small for the network: 65, naming the layer")
  func imageTooSmall() async throws {
    try await expect(
      65, "max_pooling2d_3", from: ["train", "data", "--image-size", "40", "--output", "run"])
    try await expect(65, "max_pooling2d_3", from: ["summary", "--recipe", "baseline", "--image-size", "40"])
    try await expect(65, "conv2d_3", from: ["summary", "--recipe", "baseline", "--image-size", "32"])
  }

  // MARK: Numbers and names

  @Test(
    "Options out of range: 64 with a message of ours",
    arguments: [
      (["train", "data", "--epochs", "-3"], "--epochs: expected 1 to"),
      (["train", "data", "--batch-size", "0"], "--batch-size: expected 1 to 65536, got 0"),
      (["train", "data", "--image-size", "5000"], "--image-size: expected 1 to 4096, got 5000"),
      (["train", "data", "--learning-rate", "-1"], "--learning-rate: expected a number above 0, got -1"),
      (["train", "data", "--learning-rate", "nan"], "--learning-rate: expected a number above 0, got nan"),
      (["train", "data", "--steps-per-epoch", "0"], "--steps-per-epoch: expected 1 to"),
      (["train", "data", "--validation-steps", "-1"], "--validation-steps: expected 1 to"),
      (["train", "data", "--seed", "-1"], "--seed: expected 0 to"),
      (["train", "data", "--threads", "0"], "--threads: expected 1 to 256, got 0"),
      (["train", "data", "--loader-threads", "-2"], "--loader-threads: expected 1 to 256, got -2"),
      (["train", "data", "--recipe", "unknown"], "unknown: expected one of"),
      (["train", "data", "--engine", "abacus"], "abacus"),
      (["train", "data", "--cache-memory", "-5"], "-5"),
      (["train", "data", "--epochs", "many"], "many"),
      (["train"], "data"),
      (["train", "data", "--output", "data/train/run"], "outside of the photos, got one in"),
      (
        ["curve", "data", "--recipe", "tiny.yaml", "--sizes", "4", "--output", "data/train/curve"],
        "outside of the photos, got one in"
      ),
      (["train", "data", "--output", ""], "--output: expected something behind it, got an empty argument"),
      (["train", "data", "--weights", "model.safetensors"], "--weights: expected none"),
      (
        ["evaluate", "model.safetensors", "data", "--batch-size", "-1"],
        "--batch-size: expected 1 to 65536, got -1"
      ),
      (
        ["predict", "model.safetensors", "data", "--batch-size", "0"],
        "--batch-size: expected 1 to 65536, got 0"
      ),
      (["predict", "model.safetensors", "data", "--csv", "--json"], "expected one of them, got both"),
      (["summary", "--recipe", "baseline", "--classes", "1"], "--classes: expected 2 to 100000, got 1"),
      (["summary"], "expected either a model file or --recipe, got neither"),
      (["split", "data/test", "parts", "--train", "-5"], "train: expected 0 to 1000000000 photos"),
      (["split", "data/test", "parts", "--train", "1.5"], "train: expected a fraction from 0 to 1, got 1.5"),
      (["split", "data/test", "parts", "--train", "0.7", "--test", "0.7"], "sum to at most 1, got 1.4"),
      (["split", "data/test", "parts", "--train", "half"], "half"),
      (["split", "data/test", "parts", "--test", "1"], "--train: expected an amount"),
      (["split", "data/test", "parts", "--seed", "1"], "--seed: expected --shuffle"),
      (["split", "data/test", "parts", "--rename", "wolf=wolves"], "there is no such class"),
      (["split", "data/test", "data/test/parts"], "it lies in the source"),
      (["sketches", "made", "--per-class", "0"], "--per-class: expected 1 to 1000000, got 0"),
      (["sketches", "made", "--size", "7"], "--size: expected 8 to 4096, got 7"),
      (["bench", "decode", "--rounds", "0"], "--rounds: expected 1 to 1000, got 0"),
      (["bench", "step", "--seconds", "-1"], "--seconds: expected 0.001 to 3600.0, got -1.0"),
      (["unheard"], "unheard"),
      (["predict", "model.safetensors", "data", "--unheard"], "--unheard"),
    ])
  func outOfRange(arguments: [String], message: String) async throws {
    try await expect(64, message, from: arguments)
  }

  @Test(
    "A recipe that makes no sense: 64, naming the key",
    arguments: [
      ("kernel_size: 3", "kernel_size: 0", "conv2d: kernel_size: expected 1 to"),
      ("batch_size: 5", "batch_size: 0", "tiny.yaml: training.batch_size"),
      ("batch_size: 5", "batchsize: 5", "batchsize"), ("Conv2D", "Conv4D", "Conv4D"),
      ("name: tiny", "name: [tiny", "tiny.yaml: 2:6"), ("height: 32", "height: much", "height"),
    ])
  func badRecipe(original: String, replacement: String, message: String) async throws {
    for arguments in [Self.train, ["recipe", "tiny.yaml"]] {
      try await expect(64, message, from: arguments) { folder in
        try TinyData.recipe.replacingOccurrences(of: original, with: replacement)
          .write(to: folder.below("tiny.yaml"), atomically: true, encoding: .utf8)
      }
    }
  }

  // MARK: Models

  @Test(
    "A model file cut short or full of something else: 65", arguments: ["summary", "evaluate", "predict"])
  func badModel(command: String) async throws {
    let arguments =
      command == "summary" ? [command, "bad.safetensors"] : [command, "bad.safetensors", "data"]
    try await expect(65, "bad.safetensors: expected", from: arguments) { folder in
      let whole = try folder.below("model.safetensors").bytes
      try whole.prefix(whole.count - 100).write(to: folder.below("bad.safetensors"))
    }
    try await expect(65, "bad.safetensors: expected", from: arguments) { folder in
      try Data("{\"not\": \"a model\"}".utf8).write(to: folder.below("bad.safetensors"))
    }
    try await expect(65, "bad.safetensors: expected", from: arguments) { folder in
      try Data().write(to: folder.below("bad.safetensors"))
    }
    try await expect(65, "bad.safetensors: expected a model file, got a folder", from: arguments) { folder in
      try FileManager.default.createDirectory(
        at: folder.below("bad.safetensors"), withIntermediateDirectories: true)
    }
  }
}
