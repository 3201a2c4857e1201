import Foundation
import Testing
import WhiskerImages
import WhiskerRuns
import _TestSupport

@Suite("Interrupts", .serialized)
struct InterruptTests {
  private static let train = ["train", "data", "--recipe", "tiny.yaml", "--output", "run"]

  @Test(
    "In an epoch: the model and the history of that moment are kept",
    arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT])
  func inEpoch(signal: Int32) async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let training = try Whisker(
        Self.train + ["--epochs", "3", "--steps-per-epoch", "100000000"], in: folder)
      try await training.wait { training.errors.contains("Recipe tiny") }
      try await Task.sleep(for: .milliseconds(300))
      training.signal(signal)
      let outcome = try await training.outcome()
      #expect(outcome.code == 130)
      #expect(
        outcome.errors.contains("Kept what was learned so far in run (epoch 1, "), "\(outcome.errors)")
      #expect(
        outcome.errors.hasSuffix(
          " done). To resume:\n  \(Whisker.path) \(training.arguments) --resume\nwhisker: interrupted\n"),
        "\(outcome.errors)")
      #expect(
        folder.below("run").names.filter { !$0.hasPrefix("events.out.tfevents.") } == [
          "checkpoint", "events.jsonl", "history.csv", "model.h5", "model.keras", "model.safetensors",
          "recipe.yaml",
        ])
      let history = try String(contentsOf: folder.below("run/history.csv"), encoding: .utf8)
      #expect(history == "epoch,acc,loss,val_acc,val_loss,learning_rate\n")
      #expect(try await whisker("evaluate", "run/model.safetensors", "data", in: folder).code == 0)
    }
  }

  @Test("After some epochs: their history is kept")
  func afterEpochs() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let training = try Whisker(Self.train + ["--epochs", "1000000"], in: folder)
      try await training.wait { training.errors.contains("Epoch 3/") }
      training.signal(SIGINT)
      #expect(try await training.outcome().code == 130)
      let history = try String(contentsOf: folder.below("run/history.csv"), encoding: .utf8)
      #expect(history.split(separator: "\n").count >= 4)
      #expect(try await whisker("summary", "run/best.safetensors", in: folder).code == 0)
    }
  }

  @Test("In validation: the epoch isn't counted, the model is kept")
  func inValidation() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      try slowPhotos(in: folder.below("data/validation/cats"), count: 60)
      // Without a cache every validation decodes the photos again, which takes seconds.
      let training = try Whisker(
        Self.train + [
          "--steps-per-epoch", "1", "--cache-memory", "0", "--cache-folder", "none", "--loader-threads", "1",
        ], in: folder)
      try await training.wait { training.errors.contains("Recipe tiny") }
      try await Task.sleep(for: .milliseconds(200))
      training.signal(SIGINT)
      #expect(try await training.outcome().code == 130)
      #expect(
        folder.below("run").names.filter { !$0.hasPrefix("events.out.tfevents.") } == [
          "checkpoint", "events.jsonl", "history.csv", "model.h5", "model.keras", "model.safetensors",
          "recipe.yaml",
        ])
    }
  }

  @Test("While photos are read: nothing is left behind, an older run stays")
  func whileReading() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      #expect(try await Whisker(Self.train, in: folder).outcome().code == 0)
      let model = try folder.below("run/model.safetensors").bytes
      try slowPhotos(in: folder.below("data/train/cats"), count: 300)
      for run in ["run", "new"] {
        let training = try Whisker(Self.train + ["--overwrite", "--output", run], in: folder)
        try await training.wait { training.catchesInterrupts && folder.below(run).exists }
        try await Task.sleep(for: .milliseconds(100))
        training.signal(SIGINT)
        let outcome = try await training.outcome()
        #expect(outcome.code == 130)
        #expect(outcome.errors == "whisker: interrupted\n")
      }
      #expect(!folder.below("new").exists)
      #expect(try folder.below("run/model.safetensors").bytes == model)
    }
  }

  @Test("split and sketches leave nothing behind")
  func making() async throws {
    try await withTemporaryFolder { folder in
      let cats = folder.below("photos/cats")
      try FileManager.default.createDirectory(at: cats, withIntermediateDirectories: true)
      try Data(count: 200_000).write(to: cats.below("0.jpg"))
      for index in 1..<4000 {
        try FileManager.default.linkItem(at: cats.below("0.jpg"), to: cats.below("\(index).jpg"))
      }
      for arguments in [
        ["split", "photos", "made"], ["sketches", "made", "--per-class", "100000", "--size", "64"],
      ] {
        let making = try Whisker(arguments, in: folder)
        try await making.signal(SIGINT) { folder.names.contains { $0.hasSuffix(".partial") } }
        let outcome = try await making.outcome()
        #expect(outcome.code == 130, "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
        #expect(folder.names == ["photos"])
      }
    }
  }

  @Test("predict and evaluate stop")
  func measuring() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      try await TinyData.writeModel(to: folder.below("model.safetensors"))
      try slowPhotos(in: folder.below("data/test/cats"), count: 400)
      let predicting = try Whisker(
        ["predict", "model.safetensors", "data/test/dogs", "data/test/cats", "--batch-size", "2"], in: folder)
      try await predicting.wait { !predicting.output.isEmpty }
      predicting.signal(SIGINT)
      #expect(try await predicting.outcome().code == 130)
      let evaluating = try Whisker(["evaluate", "model.safetensors", "data"], in: folder)
      try await Task.sleep(for: .milliseconds(300))
      evaluating.signal(SIGINT)
      let outcome = try await evaluating.outcome()
      #expect(outcome.code == 130)
      #expect(outcome.output.isEmpty)
    }
  }

  /// As a scheduler, a closing terminal and GNU timeout do, which signal the child and its group almost at
  /// once.
  @Test("Signals of one moment are one request")
  func atOnce() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let training = try Whisker(
        Self.train + ["--epochs", "3", "--steps-per-epoch", "100000000"], in: folder)
      try await training.wait { training.errors.contains("Recipe tiny") }
      // A stopped process gets them all together when it continues, however busy the machine is.
      for signal in [SIGSTOP, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGCONT] { training.signal(signal) }
      let outcome = try await training.outcome()
      #expect(outcome.code == 130)
      #expect(outcome.errors.contains("Kept what was learned so far in run"), "\(outcome.errors)")
      #expect(try await whisker("evaluate", "run/model.safetensors", "data", in: folder).code == 0)
    }
  }

  @Test("timeout, which signals its child and then the child's group, keeps what was learned")
  func timeout() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let training = try Whisker(
        "/usr/bin/timeout",
        ["600", Whisker.path] + Self.train + ["--epochs", "3", "--steps-per-epoch", "100000000"], in: folder)
      try await training.wait { training.errors.contains("Recipe tiny") }
      // What it does when the time is over it also does when it is asked to end.
      training.signal(SIGTERM)
      let outcome = try await training.outcome()
      #expect(outcome.code == 130)
      #expect(outcome.errors.contains("Kept what was learned so far in run"), "\(outcome.errors)")
    }
  }

  @Test("A hang-up that nohup has it ignore stays ignored")
  func nohup() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let training = try Whisker(
        "/usr/bin/nohup", [Whisker.path] + Self.train + ["--epochs", "1000000"], in: folder)
      try await training.wait { training.errors.contains("Epoch 1/") }
      training.signal(SIGHUP)
      let epochs = training.errors.components(separatedBy: "Epoch ").count
      try await training.wait { training.errors.components(separatedBy: "Epoch ").count > epochs + 2 }
      training.signal(SIGTERM)
      #expect(try await training.outcome().code == 130)
    }
  }

  @Test("A second request ends at once", arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT])
  func twice(signal: Int32) async throws {
    try await withTemporaryFolder { folder in
      try FileManager.default.createDirectory(at: folder.below("run"), withIntermediateDirectories: false)
      try "epoch,acc,loss\n1,0.5,0.7\n".write(
        to: folder.below("run/history.csv"), atomically: true, encoding: .utf8)
      // Work that can't be interrupted in the middle: a program that draws for as long as it may.
      try FileManager.default.createDirectory(at: folder.below("bin"), withIntermediateDirectories: false)
      try Script.write("touch drawing\nexec sleep 60", to: folder.below("bin/gnuplot"))
      let drawing = try Whisker(
        "/usr/bin/env", ["PATH=\(folder.path)/bin:/usr/bin:/bin", Whisker.path, "plot", "run"], in: folder)
      try await drawing.wait { folder.below("drawing").exists }
      drawing.signal(signal)
      try await Task.sleep(for: .milliseconds(300))
      #expect(drawing.isRunning)
      // However late the first was heard, one of these comes more than a second after it.
      for _ in 1...40 where drawing.isRunning {
        try await Task.sleep(for: .milliseconds(1100))
        drawing.signal(signal)
      }
      #expect(try await drawing.outcome(seconds: 20).code == 130)
      #expect(drawing.errors.isEmpty)
    }
  }

  /// Adds the same large photo many times, at tens of milliseconds each to decode.
  private func slowPhotos(in folder: URL, count: Int) throws {
    let photo = folder.below("slow.0.jpg")
    try TinyData.photo(of: 0, index: 0, size: 1500).write(to: photo)
    for index in 1..<count {
      try FileManager.default.linkItem(at: photo, to: folder.below("slow.\(index).jpg"))
    }
  }
}
