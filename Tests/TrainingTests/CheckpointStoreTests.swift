import Foundation
import Testing
import WhiskerFormats
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

@Suite struct CheckpointStoreTests {
  /// A checkpoint after some steps, 2 to an epoch, with values that only exact writing keeps.
  private func checkpoint(_ step: Int, accuracies: [Double]? = nil) -> Checkpoint {
    var progress = TrainingProgress(
      seed: .max, stepsPerEpoch: 2, batchSize: 4, sampleCount: 9, firstStep: 3)
    for epoch in 0..<step / 2 {
      progress.endEpoch(
        .init(
          loss: 0.1 + Double(epoch) / 3, accuracy: 1e-9,
          validation: .init(loss: .infinity, accuracy: accuracies?[epoch] ?? Double(epoch) / 7)))
    }
    progress.stepInEpoch = step % 2
    progress.history.seconds = 1.0 / 3
    var state = TrainingState(weights: [
      "conv2d/kernel": Tensor(shape: [2, 2], values: [0.1, -0, 1e18, .leastNonzeroMagnitude]),
      "dense/bias": Tensor(Float(step)),
    ])
    state.slots = ["conv2d/kernel:velocity": Tensor(shape: [2, 2], values: [1, 2, .infinity, 4])]
    state.step = 3 + step
    var checkpoint = Checkpoint(state: state, progress: progress)
    checkpoint.notes = ["run": "{\"이름\": \"a\\nb\"}"]
    return checkpoint
  }

  private func steps(_ folder: URL) -> [Int] { CheckpointStore.steps(in: folder) }

  @Test func aCheckpointReadsBackExactly() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("checkpoint")
      for step in [0, 1, 5] {
        let checkpoint = checkpoint(step)
        try checkpoint.write(to: file)
        let read = try Checkpoint(contentsOf: file)
        #expect(read == checkpoint)
        let bits = { (checkpoint: Checkpoint) in
          checkpoint.state.weights["conv2d/kernel"]?.values.map(\.bitPattern)
        }
        #expect(bits(read) == bits(checkpoint))
        #expect(read.progress.stepsDone == step)
      }
    }
  }

  @Test func theLastFewAndTheBestAreKept() async throws {
    try await withTemporaryFolder { folder in
      let store = try CheckpointStore(folder, keeping: 2)
      #expect(try store.newest() == nil)
      let accuracies = [0.5, 0.9, 0.6, 0.7, 0.9]
      for step in 1...10 { try store.write(checkpoint(step, accuracies: accuracies)) }
      #expect(steps(folder) == [4, 9, 10])
      #expect(try folder.fileNames.first == "step-00000004.safetensors")
      #expect(try store.newest()?.checkpoint == checkpoint(10, accuracies: accuracies))
    }
  }

  /// No training could resume from such weights: the previous checkpoint is used.
  @Test(arguments: [Float.nan, .infinity, -.infinity, 1e30])
  func weightsThatAreNoNumbersAreNotGoneOnFrom(number: Float) async throws {
    try await withTemporaryFolder { folder in
      let store = try CheckpointStore(folder)
      for step in 1...3 {
        var checkpoint = checkpoint(step)
        if step >= 2 { checkpoint.state.weights["dense/bias"] = Tensor(number) }
        try store.write(checkpoint)
      }
      let found = try #require(try store.newest())
      #expect(found.checkpoint == checkpoint(1))
      #expect(found.damaged.count == 2)
      #expect(found.damaged.allSatisfy { $0.message.hasSuffix("got \(number) in dense/bias") })
      // Read by itself it is what it is.
      let file = folder.appendingPathComponent("step-00000003.safetensors")
      #expect(try Checkpoint(contentsOf: file).state.step == 6)
      try FileManager.default.removeItem(at: folder.appendingPathComponent("step-00000001.safetensors"))
      let error = #expect(throws: WhiskerError.self) { try store.newest() }
      #expect(error?.code == .badCheckpoint)
      #expect(error?.message.contains("got \(number) in dense/bias") == true, "\(error?.message ?? "")")
    }
  }

  @Test func theNewestThatIsWholeIsFound() async throws {
    try await withTemporaryFolder { folder in
      let store = try CheckpointStore(folder)
      for step in 1...3 { try store.write(checkpoint(step)) }
      let newest = folder.appendingPathComponent("step-00000003.safetensors")
      let whole = try Data(contentsOf: newest)
      var flipped = whole
      flipped[flipped.count - 5] ^= 1
      var flippedText = whole
      let place = try #require(whole.range(of: Data("velocity".utf8))?.lowerBound)
      flippedText[place] ^= 2
      for damaged in [Data(), whole.prefix(100), whole.dropLast(), flipped, flippedText, whole + [0]] {
        try damaged.write(to: newest)
        let found = try #require(try store.newest())
        #expect(found.checkpoint == checkpoint(2))
        #expect(found.damaged.map(\.code) == [.badCheckpoint])
        #expect(found.damaged.first?.place == newest.path)
      }
      for step in [1, 2] {
        try Data("no".utf8).write(to: folder.appendingPathComponent(CheckpointStore.name(ofStep: step)))
      }
      let error = #expect(throws: WhiskerError.self) { try store.newest() }
      #expect(error?.code == .badCheckpoint)
      #expect(error?.message.hasPrefix("expected a checkpoint that can be read, got 3 that can't") == true)
    }
  }

  /// Any byte may be wrong: the file is refused, or it is read as it was written.
  @Test func noChangedByteGoesUnnoticed() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("checkpoint")
      let checkpoint = checkpoint(5)
      try checkpoint.write(to: file)
      let whole = try Data(contentsOf: file)
      for place in whole.indices {
        var changed = whole
        changed[place] ^= UInt8(truncatingIfNeeded: 1 << (place % 8))
        try changed.write(to: file)
        guard let read = try? Checkpoint(contentsOf: file) else { continue }
        #expect(read == checkpoint, "byte \(place)")
      }
    }
  }

  @Test func whatContradictsItselfIsRefused() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("checkpoint")
      var checkpoint = checkpoint(5)
      for change in [
        { $0.state.step = 7 }, { $0.progress.stepInEpoch = 3 }, { $0.progress.stepInEpoch = -1 },
        { $0.state.step = .max },
      ] as [(inout Checkpoint) -> Void] {
        let before = checkpoint
        change(&checkpoint)
        try checkpoint.write(to: file)
        checkpoint = before
        let error = #expect(throws: WhiskerError.self) { try Checkpoint(contentsOf: file) }
        #expect(error?.code == .badCheckpoint)
      }
      try SafeTensorsFile.write(["a": Tensor(1)], to: file)
      let error = #expect(throws: WhiskerError.self) { try Checkpoint(contentsOf: file) }
      #expect(error?.message == "expected a checkpoint with \"format\", got none")
    }
  }

  @Test func halfWrittenFilesOfKilledProcessesAreRemoved() async throws {
    try await withTemporaryFolder { folder in
      let mine = [".whisker-abc.tmp", "mine.txt", "step-1.safetensors"]
      for name in mine + [".whisker-1234567-0123456789abc.tmp"] {
        try Data().write(to: folder.appendingPathComponent(name))
      }
      let store = try CheckpointStore(folder)
      #expect(try folder.fileNames == mine)
      #expect(try store.newest() == nil)
    }
  }

  /// A name alone doesn't make a file a checkpoint.
  @Test func onlyCheckpointsGoToMakeRoom() async throws {
    try await withTemporaryFolder { folder in
      let store = try CheckpointStore(folder, keeping: 1)
      let mine = folder.appendingPathComponent("step-00000002.safetensors")
      try SafeTensorsFile.write(["a": Tensor(1)], to: mine)
      let later = folder.appendingPathComponent("step-00000099.safetensors")
      try Data("mine too".utf8).write(to: later)
      for step in [1, 3, 5] { try store.write(checkpoint(step)) }
      #expect(steps(folder).contains(2) && steps(folder).contains(99) && steps(folder).contains(5))
      #expect(!steps(folder).contains(3))
    }
  }

  @Test(.enabled("needs the right to mount a file system") { await SmallDisk.canBeMade })
  func aFullDiskLeavesTheCheckpointBefore() async throws {
    try await withTemporaryFolder { folder in
      let disk = try SmallDisk(at: folder)
      defer { disk.unmount() }
      let store = try CheckpointStore(folder)
      func large(_ step: Int) -> Checkpoint {
        var large = checkpoint(step)
        large.state.weights["large"] = Tensor(shape: [SmallDisk.size / 4 * 2 / 5])
        return large
      }
      try store.write(large(1))
      try store.write(large(2))
      let before = try folder.fileNames
      let error = #expect(throws: WhiskerError.self) { try store.write(large(3)) }
      #expect(error?.code == .cannotWrite)
      #expect(error?.message == "can't be written: No space left on device")
      #expect(try folder.fileNames == before)
      #expect(try store.newest()?.checkpoint == large(2))
    }
  }

  @Test func aMissingFolderIsMadeAndAnImpossibleOneNamed() async throws {
    try await withTemporaryFolder { folder in
      let place = folder.appendingPathComponent("a/b")
      try CheckpointStore(place).write(checkpoint(1))
      #expect(steps(place) == [1])
      let file = place.appendingPathComponent("step-00000001.safetensors")
      let error = #expect(throws: WhiskerError.self) { try CheckpointStore(file) }
      #expect(error?.code == .cannotWrite)
      #expect(error?.place == file.path)
      #expect(throws: WhiskerError.self) { try CheckpointStore(place, keeping: 0) }
    }
  }
}
