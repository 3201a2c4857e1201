import Foundation
import Testing
import WhiskerInspection
import WhiskerTraining
import _TestSupport

@Suite("Resuming", .serialized)
struct ResumeCommandTests {
  /// A run of 3 epochs of 20 steps on augmented photos, with dropout and momentum.
  private static let recipe = """
    name: tiny
    image: {height: 24, width: 24}
    augmentation: {rotation_range: 40, horizontal_flip: true}
    network:
      - Conv2D: {filters: 4, kernel_size: 3, activation: relu}
      - MaxPooling2D
      - Flatten
      - Dropout: {rate: 0.2}
      - Output
    optimizer: {rmsprop: {learning_rate: 0.001, momentum: 0.5}}
    training: {batch_size: 5, steps_per_epoch: 20, epochs: 3}
    """
  private static let files = ["model.safetensors", "best.safetensors", "history.csv", "recipe.yaml"]

  private func arguments(_ output: String, _ more: String...) -> [String] {
    ["train", "data", "--recipe", "tiny.yaml", "--output", output, "--threads", "1", "--seed", "5"] + more
  }

  private func withData(_ body: (URL) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      try Self.recipe.write(to: folder.below("tiny.yaml"), atomically: true, encoding: .utf8)
      try await body(folder)
    }
  }

  private func train(_ arguments: [String], in folder: URL) async throws -> Outcome {
    try await Whisker(arguments, in: folder).outcome()
  }

  private func bytes(_ run: String, in folder: URL) throws -> [Data] {
    try Self.files.map { try folder.below("\(run)/\($0)").bytes }
  }

  /// The log's lines; each must be whole.
  private func events(_ run: String, in folder: URL) throws -> [[String: Any]] {
    let text = try String(contentsOf: folder.below("\(run)/events.jsonl"), encoding: .utf8)
    #expect(text.hasSuffix("\n"))
    return try text.split(separator: "\n").map { try #require(try json(String($0)) as? [String: Any]) }
  }

  private func text(_ events: [[String: Any]]) -> [String] { events.compactMap { $0["event"] as? String } }

  @Test("Killed at random moments and resumed, a run ends with the same bytes, and takes no epoch twice")
  func killed() async throws {
    try await withData { folder in
      #expect(try await train(arguments("whole", "--steps-per-epoch", "300"), in: folder).code == 0)
      let expected = try bytes("whole", in: folder)
      var allStarts: [Int] = []
      for attempt in 0..<3 {
        let run = "killed-\(attempt)"
        let options = arguments(run, "--resume", "--checkpoint-steps", "2", "--steps-per-epoch", "300")
        for kill in 1...4 {
          let checkpoints = folder.below("\(run)/checkpoint")
          let before = checkpoints.names.filter { $0.hasPrefix("step-") }.max() ?? ""
          let training = try Whisker(options, in: folder)
          // Once it is some checkpoints further than the last one was; it may also end before.
          try? await training.signal(SIGKILL, after: .random(in: 0...20_000)) {
            (checkpoints.names.filter { $0.hasPrefix("step-") }.max() ?? "") > before
          }
          let outcome = try await training.outcome()
          if outcome.code == 0 { break }
          #expect(outcome.code == 128 + SIGKILL, "kill \(kill): \(outcome.errors)")
          #expect(FileManager.default.fileExists(atPath: checkpoints.path))
        }
        let outcome = try await train(options, in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try bytes(run, in: folder) == expected)
        let events = try events(run, in: folder)
        let starts = events.filter { $0["event"] as? String == "resumed" }.compactMap { $0["step"] as? Int }
        #expect(starts == starts.sorted())
        allStarts += starts
        #expect(text(events).last == "finished" || outcome.errors.contains("is finished"))
        let leftovers = folder.below(run).names + folder.below("\(run)/checkpoint").names
        #expect(!leftovers.contains { $0.hasPrefix(".") }, "\(leftovers)")
      }
      // From the middle, not from the start.
      #expect(allStarts.contains { $0 > 0 }, "\(allStarts)")
    }
  }

  @Test("Ctrl-C keeps every step; the command that it tells goes on", arguments: [SIGINT, SIGTERM])
  func interrupted(signal: Int32) async throws {
    try await withData { folder in
      #expect(try await train(arguments("whole", "--steps-per-epoch", "300"), in: folder).code == 0)
      let training = try Whisker(
        arguments("run", "--checkpoint-steps", "10", "--steps-per-epoch", "300"), in: folder)
      // Any of them: the first are gone when a busy machine lets this look late.
      try await training.signal(signal) {
        folder.below("run/checkpoint").names.contains { $0.hasPrefix("step-") }
      }
      let outcome = try await training.outcome()
      guard outcome.code != 0 else { return }
      #expect(outcome.code == 130)
      let told = try #require(
        outcome.errors.split(separator: "\n").first { $0.hasPrefix("  ") && $0.hasSuffix(" --resume") })
      let resumed = try #require(try await run("/bin/sh", ["-c", String(told)], in: folder))
      #expect(resumed.code == 0, "\(resumed.errors)")
      #expect(resumed.errors.contains("Resuming at step "))
      #expect(try bytes("run", in: folder) == bytes("whole", in: folder))
      let log = try events("run", in: folder)
      #expect(
        text(log).filter { ["started", "interrupted", "resumed", "finished"].contains($0) } == [
          "started", "interrupted", "resumed", "finished",
        ])
      let steps = log.filter { ["interrupted", "resumed"].contains($0["event"] as? String) }
        .compactMap { $0["step"] as? Int }
      #expect(steps.count == 2 && steps[0] == steps[1])
    }
  }

  @Test("A finished run says so; with more epochs it goes on as if they had been planned")
  func finished() async throws {
    try await withData { folder in
      #expect(try await train(arguments("longer", "--epochs", "5"), in: folder).code == 0)
      #expect(try await train(arguments("run", "--resume"), in: folder).code == 0)
      let before = try bytes("run", in: folder)
      // Recipe and seed come from the run where none are given.
      for options in [
        arguments("run", "--resume"), ["train", "data", "--output", "run", "--resume", "--threads", "1"],
      ] {
        let again = try await train(options, in: folder)
        #expect(again.code == 0)
        #expect(
          again.errors
            == "The run in run is finished: 3 epochs. Give more --epochs to continue it.\n")
        #expect(try bytes("run", in: folder) == before)
      }
      let fewer = try await train(arguments("run", "--resume", "--epochs", "2"), in: folder)
      #expect(fewer.code == 64)
      #expect(fewer.errors == "whisker: --epochs: expected at least the 3 that the run has begun, got 2\n")
      #expect(try await train(arguments("run", "--resume", "--epochs", "5"), in: folder).code == 0)
      #expect(try bytes("run", in: folder) == bytes("longer", in: folder))
    }
  }

  @Test("Another recipe, seed or photo is refused by name, another number of threads is noted")
  func changed() async throws {
    try await withData { folder in
      #expect(try await train(arguments("run", "--epochs", "1"), in: folder).code == 0)
      let before = try bytes("run", in: folder)
      let settings = try await train(
        arguments("run", "--resume", "--batch-size", "6", "--learning-rate", "0.01", "--seed", "6"),
        in: folder)
      #expect(settings.code == 64)
      #expect(
        settings.errors == """
          whisker: \(folder.below("run").path): expected the settings that the run began with, got others
            recipe.optimizer.rmsprop.learning_rate: was 0.001, is now 0.01
            recipe.training.batch_size: was 5, is now 6
            seed: was 5, is now 6
          leave them as they were, or start again with --overwrite

          """)
      try Self.recipe.replacing("filters: 4", with: "filters: 5").write(
        to: folder.below("other.yaml"), atomically: true, encoding: .utf8)
      let network = try await train(arguments("run", "--resume", "--recipe", "other.yaml"), in: folder)
      #expect(network.code == 64)
      #expect(network.errors.contains("\n  recipe.network[0].Conv2D.filters: was 4, is now 5\n"))

      try FileManager.default.copyItem(at: folder.below("run"), to: folder.below("copy"))
      let threads = try await train(
        arguments("copy", "--resume", "--epochs", "2", "--threads", "2"), in: folder)
      #expect(threads.code == 0)
      #expect(
        threads.errors.contains(
          "warning: computed in another way than the run began, which changes the last bits of the weights: threads: was 1"
        ))

      try FileManager.default.copyItem(
        at: folder.below("data/train/cats/photo.1.jpg"), to: folder.below("data/train/cats/photo.new.jpg"))
      try FileManager.default.removeItem(at: folder.below("data/train/dogs/photo.2.jpg"))
      let photos = try await train(arguments("run", "--resume"), in: folder)
      #expect(photos.code == 65)
      #expect(
        photos.errors.hasSuffix(
          "got others\n  train/cats/photo.new.jpg is new\n  train/dogs/photo.2.jpg is gone\n"
            + "put them back, or start again with --overwrite\n"))
      #expect(try bytes("run", in: folder) == before)
    }
  }

  @Test("A run is refused without --resume or --overwrite, and while another process writes it")
  func refused() async throws {
    try await withData { folder in
      let first = try Whisker(arguments("run", "--epochs", "1000000"), in: folder)
      try await first.wait { folder.below("run/history.csv").exists }
      for option in ["--resume", "--overwrite"] {
        let second = try await train(arguments("run", option), in: folder)
        #expect(second.code == 64)
        #expect(second.errors.contains("got one that another process ("))
        #expect(second.errors.hasSuffix(") is writing; the lock ends with it\n"))
      }
      first.signal(SIGKILL)
      _ = try await first.outcome()
      let third = try await train(arguments("run"), in: folder)
      #expect(third.code == 64)
      #expect(third.errors.contains("resume it with --resume, or use --overwrite"))
      let both = try await train(arguments("run", "--resume", "--overwrite"), in: folder)
      #expect(both.code == 64)
      #expect(try await train(arguments("run", "--overwrite"), in: folder).code == 0)
    }
  }

  @Test("Of a damaged checkpoint the one before is used; without any that is whole nothing is lost")
  func damaged() async throws {
    try await withData { folder in
      #expect(try await train(arguments("run"), in: folder).code == 0)
      let expected = try bytes("run", in: folder)
      let checkpoints = folder.below("run/checkpoint")
      let newest = checkpoints.below("step-00000060.safetensors")
      var damaged = try newest.bytes
      damaged[damaged.count - 10] ^= 4
      try damaged.write(to: newest)
      // A torn line, as a power cut leaves it.
      let log = folder.below("run/events.jsonl")
      try (log.bytes + Data("{\"time\":\"20".utf8)).write(to: log)
      let outcome = try await train(arguments("run", "--resume"), in: folder)
      #expect(outcome.code == 0)
      #expect(outcome.errors.contains("warning: a checkpoint is damaged, the one before it is used: "))
      #expect(outcome.errors.contains("Resuming at step 40 "))
      #expect(try self.bytes("run", in: folder) == expected)
      #expect(try text(events("run", in: folder)).suffix(1) == ["finished"])

      for name in checkpoints.names { try Data("no".utf8).write(to: checkpoints.below(name)) }
      let refused = try await train(arguments("run", "--resume"), in: folder)
      #expect(refused.code == 65)
      #expect(refused.errors.contains("expected a checkpoint that can be read, got "))
      #expect(try self.bytes("run", in: folder) == expected)
    }
  }

  @Test(
    "A disk that fills up in the middle of a checkpoint: the one before is whole, and resuming goes on",
    .enabled("needs the right to mount a file system") { await SmallDisk.canBeMade })
  func fullDisk() async throws {
    try await withData { folder in
      // Checkpoints of some hundred kilobytes, so that little else counts.
      try Self.recipe.replacing("  - Output", with: "  - Dense: {units: 100}\n  - Output").write(
        to: folder.below("tiny.yaml"), atomically: true, encoding: .utf8)
      #expect(try await train(arguments("whole"), in: folder).code == 0)
      let size = try folder.below("whole/checkpoint/step-00000060.safetensors").bytes.count
      let place = folder.below("disk")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
      let disk = try SmallDisk(at: place, size: 16 * size)
      defer { disk.unmount() }
      let filler = place.below("filler")
      try Data(count: 16 * size - size * 5 / 2).write(to: filler)

      let full = try await train(arguments("disk/run", "--checkpoint-steps", "5"), in: folder)
      #expect(full.code == 73, "\(full.errors)")
      #expect(
        full.errors.hasSuffix(
          "/step-00000015.safetensors: can't be written: No space left on device; the checkpoint of step 10 is whole: "
            + "free some space or give the right to write, then resume with --resume\n"), "\(full.errors)")
      #expect(
        place.below("run/checkpoint").names
          == ["run.json", "step-00000005.safetensors", "step-00000010.safetensors"])
      #expect(try text(events("disk/run", in: folder)).last == "failed")

      try FileManager.default.removeItem(at: filler)
      let resumed = try await train(arguments("disk/run", "--resume"), in: folder)
      #expect(resumed.code == 0, "\(resumed.errors)")
      #expect(resumed.errors.contains("Resuming at step 10 "))
      #expect(try bytes("disk/run", in: folder) == bytes("whole", in: folder))
    }
  }
}
