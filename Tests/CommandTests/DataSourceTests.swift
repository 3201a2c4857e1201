import Foundation
import Testing
import _TestSupport

@Suite("Tables, validation splits and the cache's file")
struct DataSourceTests {
  @Test("A CSV file serves as data, weights and splits included; what makes no sense in it is named")
  func table() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      var lines = ["file,class,weight,split"]
      for (split, count) in [("train", 8), ("validation", 4), ("test", 6)] {
        for name in ["cats", "dogs"] {
          for index in 0..<count {
            lines.append("data/\(split)/\(name)/photo.\(index).jpg,\(name),1.5,\(split)")
          }
        }
      }
      lines += ["data/train/cats/gone.jpg,cats,1,train", "data/train/cats/photo.0.jpg,cats,much,train"]
      try lines.joined(separator: "\r\n").write(
        to: folder.below("all.csv"), atomically: true, encoding: .utf8)
      let train = try await whisker(
        "train", "all.csv", "--recipe", "tiny.yaml", "--output", "run", in: folder)
      #expect(train.code == 0, "\(train.errors)")
      #expect(
        train.errors.contains(
          "train: Found 16 images belonging to 2 classes. Skipped 2 that can't be read."))
      #expect(train.errors.contains("validation: Found 8 images belonging to 2 classes."))
      #expect(
        train.errors.contains("  skipped all.csv:39: expected a weight from 0 to 1000000, got \"much\""))
      #expect(train.errors.contains("  skipped data/train/cats/gone.jpg: "))
      #expect(train.errors.contains("  pixels: 16 photos in memory (1 MB)"))

      func score(_ data: String) async throws -> [String: Any] {
        let outcome = try await whisker("evaluate", "run/best.safetensors", data, "--json", in: folder)
        return try #require(try json(outcome.output) as? [String: Any])
      }
      let (weighted, plain) = try (await score("all.csv"), await score("data"))
      #expect(weighted["count"] as? Int == 12)
      #expect(weighted["accuracy"] as? Double == plain["accuracy"] as? Double)
      let losses = try [weighted, plain].map { try #require($0["loss"] as? Double) }
      #expect(abs(losses[0] - 1.5 * losses[1]) < 1e-5)

      let strict = try await whisker(
        "train", "all.csv", "--recipe", "tiny.yaml", "--output", "strict", "--strict", in: folder)
      #expect(strict.code == 65)
      try "file,class\n\"a".write(to: folder.below("bad.csv"), atomically: true, encoding: .utf8)
      let bad = try await whisker("train", "bad.csv", "--recipe", "tiny.yaml", in: folder)
      #expect(bad.code == 65)
      #expect(bad.errors.contains("bad.csv: line 2: a quoted cell that doesn't end"))
      #expect(try await whisker("train", "none.csv", "--recipe", "tiny.yaml", in: folder).code == 66)
    }
  }

  @Test("A share of the training photos can be held back, also of bare class folders")
  func validationSplit() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder, counts: ["train": 8])
      for (run, data) in [("a", "data"), ("b", "data/train")] {
        let train = try await whisker(
          "train", data, "--recipe", "tiny.yaml", "--output", run, "--validation-split", "0.25", in: folder)
        #expect(train.code == 0, "\(train.errors)")
        #expect(train.errors.contains("train: Found 12 images"))
        #expect(train.errors.contains("validation: Found 4 images"))
      }
      #expect(try folder.below("a/model.safetensors").bytes == folder.below("b/model.safetensors").bytes)
      for share in ["0", "1", "-0.2", "nan"] {
        let wrong = try await whisker("train", "data", "--validation-split", share, in: folder)
        #expect(wrong.code == 64)
        #expect(wrong.errors.contains("--validation-split: expected a number above 0 and below 1"))
      }
    }
  }

  @Test("Pixels beyond the budget go to a file that nobody finds after a killed process")
  func killed() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let cache = folder.below("cache")
      try FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)
      let training = try Whisker(
        [
          "train", "data", "--recipe", "tiny.yaml", "--output", "run", "--epochs", "1000000",
          "--cache-memory", "10KB",
          "--cache-folder", cache.path,
        ], in: folder)
      try await training.wait { training.errors.contains("Epoch 1/") }
      #expect(
        training.errors.contains(
          "  pixels: 3 photos in memory (1 MB), 13 in a temporary file in \(cache.path) (1 MB)"),
        "\(training.errors)")
      #expect(training.openFiles.contains { $0.hasPrefix(cache.path + "/") && $0.hasSuffix(" (deleted)") })
      training.signal(SIGKILL)
      #expect(try await training.outcome().code == 128 + SIGKILL)
      #expect(cache.names.isEmpty)
    }
  }

  @Test("A file that may not grow holds what it can; the rest is decoded again, with the same result")
  func smallFile() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder, counts: ["train": 8])
      func train(_ output: String, _ options: String) async throws -> Outcome {
        let command =
          "ulimit -f 128; exec '\(Whisker.path)' train data --recipe tiny.yaml --image-size 64 --threads 1 "
          + "--no-tensorboard --no-validation --output \(output) \(options)"
        return try #require(try await run("/bin/bash", ["-c", command], in: folder))
      }
      let inMemory = try await train("a", "")
      let limited = try await train("b", "--cache-memory 0 --cache-folder .")
      #expect(inMemory.code == 0 && limited.code == 0, "\(limited.errors)")
      // 128 kB hold ten photos of 64 × 64 × 3 bytes.
      #expect(limited.errors.contains("10 in a temporary file"), "\(limited.errors)")
      #expect(limited.errors.contains("6 decoded again at each use"))
      let models = try ["a", "b"].map { try folder.below("\($0)/model.safetensors").bytes }
      #expect(models[0] == models[1])
      let nowhere = try await train("c", "--cache-folder nowhere")
      #expect(nowhere.code == 73)
    }
  }
}
