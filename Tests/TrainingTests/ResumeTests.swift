import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerRuns
import WhiskerSketches
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Training that is interrupted and resumed in a fresh model ends with the same bits.
@Suite struct ResumeTests {
  static let (epochs, steps) = (3, 5)
  static let optimizers: [Optimizer] = [
    .sgd(learningRate: 0.02, momentum: 0.9), .rmsprop(momentum: 0.5, isCentered: true),
    .adamW(weightDecay: 0.1),
  ]

  /// What training left behind.
  struct Result: Equatable {
    var history: [History.Epoch]
    var state: TrainingState
  }

  private func model(_ optimizer: Optimizer, _ kind: EngineKind, seed: UInt64 = 0) throws -> Model {
    let model = toyModel(dropout: 0.4, seed: seed)
    try model.compile(loss: .binaryCrossentropy, optimizer: optimizer, engine: kind.make())
    return model
  }

  /// Trains in a fresh model, whose own weights are of another seed when it resumes from a checkpoint.
  private func train(
    _ optimizer: Optimizer, _ kind: EngineKind = .oneDNN, epochs: Int = epochs,
    from checkpoint: Checkpoint? = nil,
    saving: Checkpointing? = nil, cancelledAfter last: Int? = nil
  ) async throws -> Result {
    let model = try model(optimizer, kind, seed: checkpoint == nil ? 0 : 99)
    let start = checkpoint?.progress.stepsDone ?? 0
    var taken = start
    let history = try await model.fit(
      Toy(24).dataset(), epochs: epochs, stepsPerEpoch: Self.steps, validation: Toy(10, seed: 7).dataset(),
      seed: 3, from: checkpoint, saving: saving
    ) { event in
      guard case .stepEnded = event else { return }
      taken += 1
      if taken == last { withUnsafeCurrentTask { $0?.cancel() } }
    }
    return Result(history: history.epochs, state: try await model.state())
  }

  /// The checkpoints of uninterrupted training, one after every step.
  private func checkpoints(_ optimizer: Optimizer, _ kind: EngineKind = .oneDNN) async throws -> [Checkpoint]
  {
    var all: [Checkpoint] = []
    _ = try await train(optimizer, kind, saving: Checkpointing(every: nil, steps: 1) { all.append($0) })
    return all
  }

  @Test(arguments: optimizers)
  func fromEveryStepOnTheBitsAreTheSame(optimizer: Optimizer) async throws {
    let whole = try await train(optimizer)
    let checkpoints = try await checkpoints(optimizer)
    #expect(checkpoints.map(\.progress.stepsDone) == Array(1...15))
    #expect(checkpoints.map(\.progress.epochsDone) == [0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3])
    for checkpoint in checkpoints {
      #expect(try await train(optimizer, from: checkpoint) == whole, "\(checkpoint.progress.stepsDone)")
    }
    #expect(checkpoints.last?.state == whole.state)
  }

  /// It computes with 64 bits, of which a checkpoint keeps 32.
  @Test func theReferenceEngineIsRoundedWhereItGoesOn() async throws {
    let whole = try await train(Self.optimizers[0], .reference)
    for index in [2, 7] {
      let checkpoint = try await checkpoints(Self.optimizers[0], .reference)[index]
      let resumed = try await train(Self.optimizers[0], .reference, from: checkpoint)
      #expect(relativeDifference(resumed.state.weights, whole.state.weights) < 1e-5)
      #expect(resumed.state.step == whole.state.step)
    }
  }

  /// Interrupted at random steps, often in the middle of an epoch, each time read back from its file.
  @Test(arguments: 0..<4) func anyNumberOfBreaksLeavesNoTrace(seed: UInt64) async throws {
    let optimizer = Self.optimizers[Int(seed) % 3]
    let whole = try await train(optimizer)
    try await withTemporaryFolder { folder in
      var random = RandomStream(RandomKey(seed: seed))
      var found: CheckpointStore.Found?
      var breaks: [Int] = []
      while found?.checkpoint.progress.epochsDone ?? 0 < Self.epochs {
        let store = try CheckpointStore(folder, keeping: 1 + random.integer(below: 3))
        let done = found?.checkpoint.progress.stepsDone ?? 0
        let last = done + 1 + random.integer(below: 6)
        let saving = Checkpointing(to: store, every: nil, steps: 1 + random.integer(below: 4))
        let start = found?.checkpoint
        let result = await Task {
          try await train(optimizer, from: start, saving: saving, cancelledAfter: last)
        }.result
        found = try store.newest()
        if let ended = try? result.get() {
          #expect(ended == whole)
        } else {
          #expect(throws: CancellationError.self) { try result.get() }
          // Cancelling loses no step.
          #expect(found?.checkpoint.progress.stepsDone == last)
          breaks.append(last)
        }
      }
      #expect(!breaks.isEmpty)
      #expect(found?.checkpoint.state == whole.state)
      #expect(found?.checkpoint.progress.history.epochs == whole.history)
    }
  }

  @Test func checkpointsChangeNothing() async throws {
    let whole = try await train(.rmsprop())
    #expect(try await train(.rmsprop(), saving: Checkpointing(every: .zero) { _ in }) == whole)
  }

  /// Cancelled between the last step and the end of its epoch, only the validation has to be done again.
  @Test func aBreakInTheValidationTakesNoStepTwice() async throws {
    let whole = try await train(.rmsprop())
    try await withTemporaryFolder { folder in
      let store = try CheckpointStore(folder)
      let cancelled = await Task {
        try await train(.rmsprop(), saving: Checkpointing(to: store, every: nil), cancelledAfter: Self.steps)
      }.result
      #expect(throws: CancellationError.self) { try cancelled.get() }
      let last = try #require(try store.newest()).checkpoint
      #expect((last.progress.epochsDone, last.progress.stepInEpoch) == (0, Self.steps))
      #expect(try await train(.rmsprop(), from: last) == whole)
    }
  }

  /// Nothing in a step depends on how many epochs follow.
  @Test func moreEpochsThanPlannedAreLikeAsManyFromTheStart() async throws {
    let longer = try await train(.rmsprop(), epochs: Self.epochs + 2)
    for index in [6, 14] {
      let checkpoint = try await checkpoints(.rmsprop())[index]
      #expect(try await train(.rmsprop(), epochs: Self.epochs + 2, from: checkpoint) == longer)
    }
  }

  @Test func aFinishedTrainingTakesNoStep() async throws {
    let last = try #require(try await checkpoints(.rmsprop()).last)
    let result = try await train(.rmsprop(), from: last)
    #expect(result == Result(history: last.progress.history.epochs, state: last.state))
  }

  @Test func photosGoOnInTheirStreamWithTheirAugmentation() async throws {
    let photos = try await augmentedPhotos()
    func train(from checkpoint: Checkpoint? = nil, saving: Checkpointing? = nil) async throws
      -> TrainingState
    {
      let model = Sequential(input: [12, 12, 3], seed: checkpoint == nil ? 0 : 5) {
        Flatten()
        Dropout(0.3)
        Dense(1, activation: .sigmoid)
      }
      try model.compile(
        loss: .binaryCrossentropy, optimizer: .sgd(learningRate: 0.1, momentum: 0.9),
        engine: EngineKind.oneDNN.make())
      try await model.fit(photos, epochs: 2, stepsPerEpoch: 7, seed: 1, from: checkpoint, saving: saving)
      return try await model.state()
    }
    var all: [Checkpoint] = []
    let whole = try await train(saving: Checkpointing(every: nil, steps: 3) { all.append($0) })
    #expect(all.map(\.progress.stepsDone) == [3, 6, 7, 9, 12, 14])
    // 11 photos in batches of 4: the second pass begins in the third step.
    #expect(
      all.map { "\($0.progress.streamPlace)" }.prefix(2) == ["(pass: 1, place: 1)", "(pass: 2, place: 2)"])
    for checkpoint in all { #expect(try await train(from: checkpoint) == whole) }
  }

  private func augmentedPhotos() async throws -> PhotoDataset {
    let generator = try SketchGenerator(seed: 0, size: 12)
    let photos = try (0..<11).map { try generator.sketch(of: $0 % 2 == 0 ? .cat : .dog, index: $0) }
    return try await PhotoDataset(
      photos: photos, labels: (0..<11).map { $0 % 2 },
      preparation: PhotoPreparation(height: 12, width: 12), batchSize: 4, classMode: .binary, seed: 2,
      augmentation: Augmentation(rotationRange: .degrees(40), horizontalFlip: true, mixupAlpha: 0.3))
  }

  @Test func otherSettingsAreRefusedByName() async throws {
    let checkpoint = try await checkpoints(.rmsprop())[6]
    func refusal(
      epochs: Int = 3, steps: Int = 5, seed: UInt64 = 3, batchSize: Int = 8, count: Int = 24
    ) async throws -> WhiskerError? {
      let model = try model(.rmsprop(), .oneDNN)
      let before = try await model.state()
      let error = await #expect(throws: WhiskerError.self) {
        try await model.fit(
          Toy(count).dataset(batchSize: batchSize), epochs: epochs, stepsPerEpoch: steps, seed: seed,
          from: checkpoint)
      }
      #expect(try await model.state() == before)
      return error
    }
    for (error, place, message) in [
      (try await refusal(epochs: 1), "epochs", "expected at least the 2 of the checkpoint, got 1"),
      (try await refusal(steps: 6), "steps per epoch", "expected that of the checkpoint, 5, got 6"),
      (try await refusal(seed: 4), "seed", "expected that of the checkpoint, 3, got 4"),
      (try await refusal(batchSize: 7), "batch size", "expected that of the checkpoint, 8, got 7"),
      (try await refusal(count: 25), "number of samples", "expected that of the checkpoint, 24, got 25"),
    ] {
      #expect(error?.code == .invalidSetting)
      #expect(error?.place == place)
      #expect(error?.message == message)
    }
  }

  @Test func anotherModelOrOptimizerIsRefused() async throws {
    let checkpoint = try await checkpoints(.rmsprop(momentum: 0.5))[6]
    let other = toyModel(outputs: 2, last: .softmax)
    try other.compile(loss: .sparseCategoricalCrossentropy, engine: EngineKind.oneDNN.make())
    let plain = try model(.sgd(), .oneDNN)
    for model in [other, plain] {
      let before = try await model.state()
      let error = await #expect(throws: WhiskerError.self) {
        try await model.fit(
          Toy(24).dataset(), epochs: 3, stepsPerEpoch: 5, seed: 3, from: checkpoint)
      }
      #expect(error?.code == .weightMismatch)
      #expect(try await model.state() == before)
    }
  }

  @Test func whatCanNotBeWrittenEndsTraining() async throws {
    struct Full: Error {}
    await #expect(throws: Full.self) {
      _ = try await train(.rmsprop(), saving: Checkpointing(every: nil, steps: 2) { _ in throw Full() })
    }
    await #expect(throws: WhiskerError.self) {
      _ = try await train(.rmsprop(), saving: Checkpointing(steps: 0) { _ in })
    }
  }
}
