public import WhiskerDatasets
import WhiskerSystem

/// What training changes to from an epoch on: other samples, such as photos of another size or changed in another way, and more
/// or less dropout.
///
/// ```swift
/// let stages = [
///   TrainingStage("photos 96 × 96", afterEpoch: 0, dropoutFactor: 0.5) {
///     .init(train: try await train.changed(height: 96, width: 96))
///   },
///   TrainingStage("photos 160 × 160", afterEpoch: 20) { .init(train: train) },
/// ]
/// ```
/// Small photos first and weak regularisation with them make training several times faster (Tan and Le, "EfficientNetV2:
/// smaller models and faster training", 2021). Optimizer, schedule and the stream of samples go on as they are; each sample
/// keeps its place in it. A network of convolutions takes photos of any size, one with `Flatten` only those that it was
/// made for.
public struct TrainingStage: Sendable {
  /// What it is called.
  public var name: String
  /// How many epochs are over when it begins, at least 0.
  public var epochsBefore: Int
  /// What the rates of layers that drop something are multiplied by (`Dropout`, `StochasticDepth` and their kin), at
  /// least 0; no rate may become 1 or more.
  public var dropoutFactor: Float
  /// Its samples, made when it begins and released when it ends.
  public var samples: @Sendable () async throws -> Samples

  /// What a stage trains and measures on.
  public struct Samples: Sendable {
    /// As many as the whole training has, in batches of the same size and with labels of the same kind; other sizes of photos
    /// are fine.
    public var train: any BatchSource
    /// What is measured on after each epoch; nil for what the whole training has.
    public var validation: (any BatchSource)?

    /// Samples to train on, and others to measure on.
    public init(train: any BatchSource, validation: (any BatchSource)? = nil) {
      self.train = train
      self.validation = validation
    }
  }

  /// A stage from the end of an epoch on, with ordinary dropout unless said otherwise.
  public init(
    _ name: String, afterEpoch epochsBefore: Int, dropoutFactor: Float = 1,
    samples: @escaping @Sendable () async throws -> Samples
  ) {
    self.name = name
    self.epochsBefore = epochsBefore
    self.dropoutFactor = dropoutFactor
    self.samples = samples
  }

  /// Checks that stages are in order.
  static func check(_ stages: [TrainingStage]) throws(WhiskerError) {
    let places = stages.map(\.epochsBefore)
    try requireSetting(
      places.allSatisfy { $0 >= 0 } && zip(places, places.dropFirst()).allSatisfy(<), "stages",
      expected: "epochs of at least 0, in order", got: "\(places)")
    for stage in stages {
      try requireSetting(
        stage.dropoutFactor >= 0 && stage.dropoutFactor.isFinite, "stages",
        expected: "factors on dropout of at least 0", got: "\(stage.dropoutFactor)")
    }
  }
}

/// The stage that training is in, with its samples.
struct StageInProgress {
  private let stages: [TrainingStage]
  private let all: TrainingStage.Samples
  /// The position of the stage; nil before the first.
  private var index: Int?
  private var own: TrainingStage.Samples?
  private var batches: BatchSequence.Iterator?

  init(_ stages: [TrainingStage], _ all: TrainingStage.Samples) {
    self.stages = stages
    self.all = all
  }

  /// What the rates of dropout are multiplied by.
  var dropoutFactor: Float { index.map { stages[$0].dropoutFactor } ?? 1 }

  /// What is measured on.
  var validation: (any BatchSource)? { own?.validation ?? all.validation }

  /// Enters the stage of an epoch if it is another.
  ///
  /// - Parameters:
  ///   - epochsDone: How many epochs are over.
  ///   - step: Where in the stream of samples its batches begin.
  ///   - check: Checks its samples.
  /// - Returns: the stage, if it is new.
  mutating func enter(
    epochsDone: Int, step: Int, check: (TrainingStage.Samples, TrainingStage) throws -> Void
  ) async throws -> TrainingStage? {
    let current = stages.lastIndex { $0.epochsBefore <= epochsDone }
    if batches != nil, current == index { return nil }
    (index, batches, own) = (current, nil, nil)
    guard let current else {
      batches = all.train.trainingBatches(fromStep: step).makeAsyncIterator()
      return nil
    }
    let stage = stages[current]
    let samples = try await stage.samples()
    let (new, old) = (samples.train, all.train)
    try requireSetting(
      new.count == old.count && new.batchSize == old.batchSize && new.classNames == old.classNames,
      stage.name,
      expected: "\(old.count) samples of the same classes in batches of \(old.batchSize)",
      got: "\(new.count) in batches of \(new.batchSize)")
    try check(samples, stage)
    own = samples
    batches = new.trainingBatches(fromStep: step).makeAsyncIterator()
    return stage
  }

  /// The next batch to train on.
  mutating func next() async throws -> Batch? { try await batches?.next() }
}
