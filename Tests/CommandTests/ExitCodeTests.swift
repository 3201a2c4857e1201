import Foundation
import Testing
import _TestSupport

/// Exit codes by cause: 64 wrong usage, 65 bad data, 66 missing input, 73 can't write.
@Suite("Exit codes")
struct ExitCodeTests {
  private struct Case {
    let code: Int32
    let arguments: String
    let message: String

    init(_ code: Int32, _ arguments: String, _ message: String) {
      (self.code, self.arguments, self.message) = (code, arguments, message)
    }
  }

  /// `file` is a text, `bad.yaml` no text, `folder` a folder; `nowhere` isn't there, and below `file` nothing can be.
  private static let cases: [Case] = [
    // Input that doesn't exist.
    Case(66, "split nowhere parts", "nowhere: "),
    Case(66, "inspect nowhere", "nowhere: "),
    Case(66, "train nowhere --recipe tiny.yaml", "nowhere: "),
    Case(66, "train data --recipe nowhere.yaml", "nowhere.yaml: expected a recipe file, got nothing"),
    Case(66, "train data --recipe ./nowhere", "./nowhere: expected a recipe file, got nothing"),
    Case(
      66, "train data --recipe folder", "folder: expected a recipe file, got something that can't be read"),
    Case(66, "curve nowhere --recipe tiny.yaml --sizes 4", "nowhere: "),
    Case(66, "curve data --recipe nowhere.yaml --sizes 4", "nowhere.yaml: "),
    Case(66, "recipe folder/nowhere.yml", "folder/nowhere.yml: "),
    Case(66, "summary --recipe nowhere.yaml", "nowhere.yaml: "),
    Case(66, "summary nowhere.keras", "nowhere.keras: "),
    Case(66, "bench step --recipe nowhere.yaml", "nowhere.yaml: "),
    Case(66, "bench step nowhere --recipe tiny.yaml", "nowhere: "),
    Case(66, "bench infer --recipe nowhere.yaml", "nowhere.yaml: "),
    Case(66, "bench augment --recipe nowhere.yaml", "nowhere.yaml: "),
    Case(66, "bench augment nowhere", "nowhere: "),
    Case(66, "bench decode nowhere", "nowhere: "),
    Case(66, "bench files --recipe nowhere.yaml", "nowhere.yaml: "),
    Case(66, "plot nowhere", "nowhere"),
    Case(66, "report nowhere", "nowhere"),
    Case(66, "plot folder", "folder: expected the folder of a run"),
    Case(66, "evaluate nowhere.safetensors data", "nowhere.safetensors: "),
    Case(66, "evaluate nowhere.h5 data", "nowhere.h5: "),
    Case(66, "evaluate model.safetensors nowhere", "nowhere: "),
    Case(66, "evaluate model.safetensors nowhere.csv", "nowhere.csv: "),
    Case(66, "predict nowhere.keras photo.jpg", "nowhere.keras: "),
    Case(66, "predict model.safetensors nowhere.jpg", "nowhere.jpg: "),
    Case(66, "predict --network resnet50 --weights nowhere.h5 photo.jpg", "nowhere.h5: "),
    Case(66, "predict --network resnet50 photo.jpg", "--weights"),
    Case(66, "explain nowhere.safetensors photo.jpg --output new.png", "nowhere.safetensors: "),
    Case(66, "explain model.safetensors nowhere.jpg --output new.png", "nowhere.jpg: "),
    Case(66, "preview nowhere.jpg --output new.png", "nowhere.jpg: "),
    Case(66, "preview photo.jpg --recipe nowhere.yaml --output new.png", "nowhere.yaml: "),
    Case(66, "convert nowhere.safetensors new.keras", "nowhere.safetensors: "),
    Case(66, "convert nowhere.h5 new.keras", "nowhere.h5: "),
    Case(66, "convert nowhere.keras new.h5", "nowhere.keras: "),
    Case(66, "convert nowhere.pth new.safetensors", "nowhere.pth: "),
    // Output that can't be written.
    Case(73, "sketches file/new --per-class 1 --size 32", "file: expected a folder or nothing, got a file"),
    Case(73, "sketches folder --per-class 1 --size 32", "folder: "),
    Case(73, "split data/train file/new", "file: expected a folder or nothing, got a file"),
    Case(73, "split data/train folder", "folder: "),
    Case(
      73, "train data --recipe tiny.yaml --output file/new", "file: expected a folder or nothing, got a file"),
    Case(
      73, "curve data --recipe tiny.yaml --sizes 4 --output file/new",
      "file: expected a folder or nothing, got a file"),
    Case(73, "train data --recipe tiny.yaml --cache-folder nowhere", "--cache-folder: "),
    Case(73, "train data --recipe tiny.yaml --cache-folder file", "--cache-folder: "),
    Case(73, "evaluate model.safetensors data --cache-folder nowhere", "--cache-folder: "),
    Case(73, "report run --cache-folder nowhere", "--cache-folder: "),
    Case(73, "evaluate model.safetensors data --mistakes file/new", "file/new"),
    Case(73, "evaluate model.safetensors data --confusion nowhere/new.png", "nowhere/new.png"),
    Case(73, "evaluate model.safetensors data --confusion file/new.png", "file/new.png"),
    Case(73, "bench files --recipe tiny.yaml --rounds 1 --folder nowhere", "--folder: "),
    Case(73, "bench files --recipe tiny.yaml --rounds 1 --folder file", "--folder: "),
    Case(73, "preview photo.jpg --output nowhere/new.png", "nowhere/new.png"),
    Case(73, "explain model.safetensors photo.jpg --output file/new.png", "file/new.png"),
    Case(73, "convert model.safetensors nowhere/new.keras", "nowhere/new.keras"),
    Case(73, "convert model.safetensors file/new.onnx", "file/new.onnx"),
    // Requests that make no sense.
    Case(64, "train data --recipe basline", "basline: expected one of augmented, baseline"),
    Case(64, "train data --recipe bad.yaml", "bad.yaml: expected a text file in UTF-8"),
    Case(64, "split data data/parts", "data/parts: "),
    Case(64, "preview photo.jpg --output new.gif", "--output: "),
    // Input that exists but is unusable.
    Case(65, "evaluate file data", "file: "),
    Case(65, "predict model.safetensors file", "can't be read"),
    Case(65, "preview file --output new.png", "file: "),
    Case(65, "inspect folder", "folder: "),
    Case(65, "split folder parts", "folder: "),
  ]

  @Test("say what is the matter")
  func codes() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      try await TinyData.writeModel(to: folder.below("model.safetensors"))
      try TinyData.photo(of: 0, index: 1).write(to: folder.below("photo.jpg"))
      try Data("mine".utf8).write(to: folder.below("file"))
      try Data([0xFF, 0xFE, 0x80]).write(to: folder.below("bad.yaml"))
      try FileManager.default.createDirectory(
        at: folder.below("folder/notes"), withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: folder.below("folder/notes.txt"))
      let before = folder.names
      for wrong in Self.cases {
        let outcome = try await Whisker(wrong.arguments.split(separator: " ").map(String.init), in: folder)
          .outcome()
        #expect(outcome.code == wrong.code, "\(wrong.arguments): \(outcome.errors)")
        #expect(outcome.errors.contains(wrong.message), "\(wrong.arguments): \(outcome.errors)")
        #expect(
          outcome.errors.hasPrefix("whisker: ") || outcome.errors.contains("\nwhisker: ")
            || outcome.code == 64)
      }
      #expect(folder.names == before, "what is refused leaves nothing")
    }
  }

  /// More than any machine has: refused before it is asked for, in words.
  @Test("Absurd sizes are refused before they take memory")
  func absurdSizes() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      try TinyData.photo(of: 0, index: 1).write(to: folder.below("photo.jpg"))
      for (name, layers) in [
        ("wide", ["Conv2D: {filters: 65536, kernel_size: 1}", "GlobalAveragePooling2D"]),
        // Each within what a tensor may have, all together 580 GB.
        (
          "heavy", ["Flatten"] + (0..<40).flatMap { _ in ["Dense: {units: 600000}", "Dense: {units: 3000}"] }
        ),
      ] {
        let network = layers.map { "  - \($0)\n" }.joined()
        try """
        name: \(name)
        image: {height: 32, width: 32}
        network:
        \(network)  - Output
        optimizer: {rmsprop: {}}
        training: {batch_size: 4, epochs: 1}
        """.write(to: folder.below("\(name).yaml"), atomically: true, encoding: .utf8)
      }
      for (arguments, message) in [
        ("bench step --recipe tiny.yaml --batch-size 65536 --image-size 4096", "--batch-size: "),
        ("bench infer --recipe tiny.yaml --batch-size 65536 --image-size 4096", "--batch-size: "),
        ("bench decode data/test --batch-size 65536 --image-size 4096", "--batch-size: "),
        ("bench infer --recipe wide.yaml --batch-size 16384", "a run that needs"),
        ("bench infer --recipe wide.yaml --batch-size 16384 --engine reference", "a run that needs"),
        ("bench step --recipe heavy.yaml --batch-size 2", "a network that needs"),
        ("bench files --recipe heavy.yaml", "a network that needs"),
        (
          "train data --recipe tiny.yaml --batch-size 65536 --image-size 4096 --output run-1",
          "--batch-size: "
        ),
        ("train data --recipe wide.yaml --batch-size 16384 --output run-2", "a run that needs"),
        ("train data --recipe heavy.yaml --output run-3", "a network that needs"),
        ("preview photo.jpg --count 99 --image-size 4096 --output new.png", "count: expected fewer versions"),
      ] {
        let outcome = try await Whisker(arguments.split(separator: " ").map(String.init), in: folder)
          .outcome()
        #expect(outcome.code == 64, "\(arguments): \(outcome.errors)")
        #expect(outcome.errors.contains(message), "\(arguments): \(outcome.errors)")
      }
      // A run whose first step fails leaves its settings, as any failed run does.
      #expect(
        folder.names.filter { !$0.hasPrefix("run-") } == [
          "data", "heavy.yaml", "photo.jpg", "tiny.yaml", "wide.yaml",
        ])
    }
  }
}
