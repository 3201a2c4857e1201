import Foundation
import Testing
import WhiskerDatasets
import WhiskerFormats
import WhiskerImages
import WhiskerLayers
import WhiskerRuns
import WhiskerSketches
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Metrics while a model is trained: in the history, in what monitors it, across interruptions, and in a run's
/// files.
@Suite struct MetricTrainingTests {
  private static let binary: [Metric] = [.accuracy, .precision, .recall, .f1, .rocAUC, .prAUC]
  private static let several: [Metric] = [.topK(2), .f1, .f1(.weighted), .rocAUC]

  private func compiled(
    _ metrics: [Metric], _ kind: EngineKind = .oneDNN, classes: Int = 2, rate: Float = 0.02, seed: UInt64 = 0
  ) throws -> Model {
    let model = toyModel(
      outputs: classes == 2 ? 1 : classes, last: classes == 2 ? .sigmoid : .softmax, seed: seed)
    try model.compile(
      loss: classes == 2 ? .binaryCrossentropy : .sparseCategoricalCrossentropy,
      optimizer: .sgd(learningRate: rate), metrics: metrics, engine: kind.make())
    return model
  }

  private func weighted(_ count: Int, classes: Int, seed: UInt64) throws -> ArrayDataset {
    let toy = Toy(count, classes: classes, seed: seed)
    return try ArrayDataset(
      images: toy.images, labels: toy.labels,
      weights: Tensor(shape: [count], values: (0..<count).map { Float($0 % 4) / 2 }), batchSize: 8)
  }

  /// With a rate so small that nothing is learned, an epoch of one pass measures what an evaluation does.
  @Test(arguments: EngineKind.allCases, [2, 3])
  func anEpochIsMeasuredAsAnEvaluation(kind: EngineKind, classes: Int) async throws {
    let metrics = classes == 2 ? Self.binary : Self.several
    let model = try compiled(metrics, kind, classes: classes, rate: 1e-30)
    let (train, validation) = (
      try weighted(24, classes: classes, seed: 1), try weighted(13, classes: classes, seed: 7)
    )
    let history = try await model.fit(train, epochs: 2, validation: validation)
    let epoch = try #require(history.epochs.last)
    let score = try #require(epoch.validation)
    #expect(history.metrics == metrics.filter { $0 != .accuracy })
    #expect(epoch.metrics.metrics == history.metrics && score.metrics.metrics == history.metrics)
    for (found, data) in [(epoch.metrics, train), (score.metrics, validation)] {
      let evaluation = try await model.evaluate(data)
      // Of the whole pass at once, from the outputs.
      var tally = MetricTally(history.metrics, outputCount: classes == 2 ? 1 : classes)
      tally.add(evaluation.predictions, labels: data.labels, weights: data.weights)
      #expect(evaluation.metrics == tally.values)
      for metric in history.metrics {
        let (mine, theirs) = (try #require(found[metric]), try #require(evaluation.metrics[metric]))
        #expect(abs(mine - theirs) < 1e-9, "\(metric)")
      }
    }
    #expect(history["f1"].count == 2 && history["val_f1"] == [score.metrics[.f1], score.metrics[.f1]])
    #expect(history.keys.first == "acc" && history.keys.contains("val_roc_auc"))
    #expect(history["val_auc"].isEmpty)
  }

  @Test func withoutMetricsThereAreNone() async throws {
    let model = try compiled([.accuracy])
    let data = try Toy(16).dataset()
    var checkpoint: Checkpoint?
    let history = try await model.fit(
      data, epochs: 2, validation: data, saving: Checkpointing(every: nil, steps: 1) { checkpoint = $0 })
    #expect(history.metrics.isEmpty && history.keys == History.keys)
    #expect(try await model.evaluate(data).metrics.isEmpty)
    // Older files don't mention them.
    let text = try String(decoding: JSONEncoder().encode(checkpoint?.progress), as: UTF8.self)
    #expect(!text.contains("metrics") && !text.contains("bestBy"))
  }

  @Test(arguments: EngineKind.allCases)
  func aBreakWithinAnEpochChangesNoMetric(kind: EngineKind) async throws {
    func train(from checkpoint: Checkpoint? = nil, saving: Checkpointing? = nil) async throws -> History {
      let model = try compiled(Self.several, kind, classes: 3, seed: checkpoint == nil ? 0 : 99)
      return try await model.fit(
        weighted(24, classes: 3, seed: 1), epochs: 2, stepsPerEpoch: 5,
        validation: weighted(10, classes: 3, seed: 7), seed: 3, best: .validation(.f1), from: checkpoint,
        saving: saving)
    }
    var checkpoints: [Checkpoint] = []
    let whole = try await train(saving: Checkpointing(every: nil, steps: 1) { checkpoints.append($0) })
    #expect(checkpoints.count == 10 && whole.bestBy == .validation(.f1))
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("checkpoint.safetensors")
      for checkpoint in checkpoints {
        try checkpoint.write(to: file)
        let read = try Checkpoint(contentsOf: file)
        #expect(read == checkpoint)
        let resumed = try await train(from: read)
        if kind == .oneDNN { #expect(resumed.epochs == whole.epochs) }
        for (mine, theirs) in zip(resumed.epochs, whole.epochs) {
          for metric in Self.several {
            #expect(abs((mine.metrics[metric] ?? -1) - (theirs.metrics[metric] ?? -1)) < 1e-6)
          }
        }
      }
      // Whose samples are gone, which a metric needs.
      try checkpoints[2].write(to: file)
      let tensors = try SafeTensorsFile(contentsOf: file).tensors()
      #expect(tensors["metrics/samples"]?.shape == [24, 5])
      var metadata = try SafeTensorsFile(contentsOf: file).metadata
      metadata["progress"] = metadata["progress"]?.replacing("\"count\":24", with: "\"count\":23")
      try SafeTensorsFile.write(tensors, metadata: metadata, to: file)
      #expect(throws: WhiskerError.self) { try Checkpoint(contentsOf: file) }
    }
  }

  /// In the middle of an epoch the metrics can't change; at its end they can.
  @Test func otherMetricsGoOnBetweenEpochsOnly() async throws {
    func train(
      _ metrics: [Metric], from checkpoint: Checkpoint? = nil, saving: Checkpointing? = nil
    ) async throws -> History {
      try await compiled(metrics).fit(
        Toy(24).dataset(), epochs: 2, stepsPerEpoch: 3, from: checkpoint, saving: saving)
    }
    var checkpoints: [Checkpoint] = []
    _ = try await train([.accuracy], saving: Checkpointing(every: nil, steps: 1) { checkpoints.append($0) })
    let amid = await #expect(throws: WhiskerError.self) {
      try await train([.f1, .recall], from: checkpoints[1])
    }
    #expect(
      amid?.description
        == "metrics: expected those of the checkpoint, which is amid an epoch (none), got f1, recall")
    let history = try await train([.f1], from: checkpoints[2])
    #expect(history.curve("f1").map { $0 == nil } == [true, false])
    #expect(history["f1"].count == 1)
  }

  // MARK: What watches them

  @Test(arguments: EngineKind.allCases) func earlyStoppingWatchesF1(kind: EngineKind) async throws {
    // The better it learns, the worse it does on labels that are the wrong way round.
    let wrong = Toy(16, seed: 7)
    let validation = try ArrayDataset(
      images: wrong.images, labels: Tensor(shape: [16], values: wrong.classes.map { Float(1 - $0) }),
      batchSize: 8)
    let history = try await compiled([.f1], kind, rate: 0.1).fit(
      Toy(24).dataset(), epochs: 40, validation: validation,
      earlyStopping: EarlyStopping(monitor: .validation(.f1), patience: 3), best: .validation(.f1))
    let values = history["val_f1"]
    let best = try #require(values.indices.max { (values[$0], -$0) < (values[$1], -$1) })
    #expect(history.epochs.count == best + 4)
    #expect(values[best] == values[try #require(history.bestEpoch)])
  }

  @Test func plateausAndStoppingGoByAnyMetric() {
    var progress = PhaseProgress()
    func epoch(_ value: Double?) -> History.Epoch {
      .init(loss: 1, accuracy: 0, validation: .init(loss: 1, accuracy: 0, metrics: [.rocAUC: value]))
    }
    let rule = ReduceOnPlateau(monitor: .validation(.rocAUC), factor: 0.5, patience: 2)
    // Epochs without a value are skipped.
    let rates = [0.6, 0.7, nil, 0.65, nil, 0.7, 0.8].map {
      progress.reduce(0.01, by: rule, after: epoch($0))
    }
    #expect(rates == [nil, nil, nil, nil, nil, 0.005, nil])
    var stopping = PhaseProgress()
    let stop = EarlyStopping(monitor: .validation(.rocAUC), patience: 2)
    let isBest = [0.6, nil, 0.5, 0.7, 0.7].enumerated().map {
      stopping.stop(by: stop, after: epoch($1), number: $0)
    }
    #expect(isBest == [true, false, false, true, false])
    #expect(stopping.bestEpoch == 4)
  }

  @Test func whatIsNotMeasuredIsNotWatched() async throws {
    let data = try Toy(16).dataset()
    func fault(
      _ stopping: EarlyStopping?, _ plateau: ReduceOnPlateau? = nil,
      best: MonitoredMetric = .validationAccuracy
    ) async throws -> String? {
      let model = try compiled([.recall])
      let error = await #expect(throws: WhiskerError.self) {
        try await model.fit(
          data, validation: data, earlyStopping: stopping, reduceOnPlateau: plateau, best: best)
      }
      #expect(error?.code == .invalidSetting)
      return error?.description
    }
    let all = "expected one of loss, acc, recall, val_loss, val_acc, val_recall"
    #expect(try await fault(.init(monitor: .validation(.f1))) == "monitor: \(all), got \"val_f1\"")
    #expect(try await fault(nil, .init(monitor: .training(.f1))) == "monitor: \(all), got \"f1\"")
    #expect(
      try await fault(nil, best: .training(.recall))
        == "best: expected one of val_loss, val_acc, val_recall, got \"recall\"")
  }

  @Test func theBestEpochGoesByAnyFigure() {
    var history = History()
    history.epochs = [(0.9, 0.5, 0.2), (0.8, 0.4, nil), (0.7, 0.3, 0.6), (0.6, 0.2, 0.6), (0.9, 0.4, 0.1)].map
    {
      .init(loss: 1, accuracy: 0, validation: .init(loss: $0.1, accuracy: $0.0, metrics: [.f1: $0.2]))
    }
    #expect(history.bestEpoch == 4)
    history.bestBy = .validationLoss
    #expect(history.bestEpoch == 3)
    // On a tie, the one with the lower loss.
    history.bestBy = .validation(.f1)
    #expect(history.bestEpoch == 3)
    history.bestBy = .validation(.recall)
    #expect(history.bestEpoch == nil)
  }

  // MARK: Files

  @Test func theTableHasColumnsForThem() throws {
    var history = History()
    history.epochs = [
      .init(
        loss: 0.5, accuracy: 0.75,
        validation: .init(loss: 1, accuracy: 0.5, metrics: [.f1: 2.0 / 3, .rocAUC: nil]),
        learningRate: 0.001, metrics: [.f1: 0.1 + 0.2, .rocAUC: 1e-9]),
      .init(
        loss: 0.25, accuracy: 1, validation: .init(loss: 2, accuracy: 0.25, metrics: [.f1: 0, .rocAUC: 1]),
        learningRate: 0.001, metrics: [.f1: 1, .rocAUC: 0.5]),
    ]
    #expect(
      history.csv == """
        epoch,acc,loss,val_acc,val_loss,learning_rate,f1,roc_auc,val_f1,val_roc_auc
        1,0.75,0.5,0.5,1.0,0.001,0.30000000000000004,1e-09,0.6666666666666666,
        2,1.0,0.25,0.25,2.0,0.001,1.0,0.5,0.0,1.0

        """)
    #expect(try History(csv: history.csv, source: "").epochs == history.epochs)
    let json = try JSONEncoder().encode(history)
    #expect(try JSONDecoder().decode(History.self, from: json) == history)
    for index in history.epochs.indices { history.epochs[index].validation = nil }
    #expect(try History(csv: history.csv, source: "").epochs == history.epochs)
    // Names that aren't these are skipped, as ever.
    let other = try History(csv: "acc,loss,val_auc,f1,F1\n1,2,3,0.5,x\n", source: "")
    #expect(other.epochs == [.init(loss: 2, accuracy: 1, metrics: [.f1: 0.5])])
    #expect(throws: WhiskerError.self) { try History(csv: "acc,loss,f1\n1,2,x\n", source: "") }
  }

  static let recipe = """
    name: measured
    image: {height: 16, width: 16}
    network: [Conv2D: {filters: 4, kernel_size: 3}, Flatten, Output]
    optimizer: {rmsprop: {learning_rate: 0.001}}
    training: {batch_size: 4, steps_per_epoch: 3, epochs: 3, metrics: [accuracy, f1, auc], best: val_f1}
    """

  @Test func recipesSayWhatIsMeasured() throws {
    let recipe = try Recipe(yaml: Self.recipe, source: "")
    #expect(recipe.training.metrics == [.accuracy, .f1, .rocAUC])
    #expect(recipe.training.best == .validation(.f1))
    let text = try recipe.yaml()
    #expect(text.contains("metrics:") && text.contains("roc_auc") && text.contains("best: val_f1"))
    #expect(try Recipe(yaml: text, source: "").training == recipe.training)
    let plain = try Recipe(
      yaml: Self.recipe.replacing(
        "metrics: [accuracy, f1, auc], best: val_f1", with: "metrics: [acc], best: val_accuracy"),
      source: "")
    #expect(try !plain.yaml().contains("metrics") && !plain.yaml().contains("best"))
  }

  static let wrong: [(training: String, says: String)] = [
    (
      "metrics: [f2]",
      "training.metrics[0]: expected one of accuracy, balanced_accuracy, top_K_accuracy (such as top_3_accuracy)"
    ),
    ("metrics: [f1, [f1]]", "training.metrics[1]: expected one of"),
    ("metrics: f1", "training.metrics: expected a list, got \"f1\""),
    ("metrics: [f1, f1]", "training.metrics: expected each once, got f1 twice"),
    ("metrics: [auc, roc_auc]", "training.metrics: expected each once, got roc_auc twice"),
    ("metrics: [top_0_accuracy]", "training.metrics: expected a k of at least 1, got top_0_accuracy"),
    (
      "metrics: [f1], best: val_recall",
      "training.best: expected one of val_loss, val_acc, val_f1, got \"val_recall\""
    ),
    ("metrics: [f1], best: f1", "training.best: expected one of val_loss, val_acc, val_f1, got \"f1\""),
    ("best: highest", "training.best: expected one of loss, acc, val_loss, val_acc, or a metric"),
    (
      "metrics: [f1], early_stopping: {monitor: val_recall}",
      "training.early_stopping.monitor: expected one of loss, acc, f1, val_loss, val_acc, val_f1, got \"val_recall\""
    ),
    (
      "reduce_on_plateau: {monitor: roc_auc}",
      "training.reduce_on_plateau.monitor: expected one of loss, acc, val_loss, val_acc, got \"roc_auc\""
    ),
  ]

  @Test(arguments: wrong.indices) func faultsNameTheKey(index: Int) {
    let (training, says) = Self.wrong[index]
    let text = Self.recipe.replacing("metrics: [accuracy, f1, auc], best: val_f1", with: training)
    let error = #expect(throws: WhiskerError.self) { try Recipe(yaml: text, source: "my.yaml") }
    #expect(error?.code == .badRecipe)
    #expect(error?.description.contains(": \(says)") == true, "\(error?.message ?? "")")
  }

  @Test func faultsOfPhasesNameThePhase() {
    let text =
      Self.recipe + "\nphases: [{name: a, epochs: 1}, {name: b, early_stopping: {monitor: val_recall}}]"
    let error = #expect(throws: WhiskerError.self) { try Recipe(yaml: text, source: "my.yaml") }
    #expect(
      error?.description.contains("phases[1].early_stopping.monitor: expected one of loss, acc, f1,") == true)
  }

  private func writePhotos(_ root: URL, classes: Int = 2) throws {
    let generator = try SketchGenerator(seed: 0, size: 24)
    for (number, split) in ["train", "validation"].enumerated() {
      for label in 0..<classes {
        let place = root.appendingPathComponent("data/\(split)/class\(label)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        for index in 0..<5 {
          try generator.sketch(of: Animal.allCases[label % 2], index: number * 100 + label * 10 + index)
            .write(to: place.appendingPathComponent("\(index).png"))
        }
      }
    }
  }

  private func run(_ root: URL, _ yaml: String = recipe, output: String = "run") throws -> TrainingRun {
    var run = TrainingRun(
      data: root.appendingPathComponent("data"), recipe: try Recipe(yaml: yaml, source: "measured"),
      output: root.appendingPathComponent(output))
    run.sinks.append { folder in try TensorBoardSink(folder: folder, every: 1) }
    run.checkpointSteps = 1
    return run
  }

  @Test func aRunWritesThemEverywhere() async throws {
    try await withTemporaryFolder { root in
      try writePhotos(root)
      let run = try run(root)
      let outcome = try await run.run(on: EngineKind.oneDNN.make()) { _ in }
      let history = outcome.history
      #expect(history.metrics == [.f1, .rocAUC] && history.bestBy == .validation(.f1))
      let record = try RunRecord(contentsOf: run.output)
      #expect(record.history.epochs == history.epochs)
      #expect(record.history.bestEpoch == history.bestEpoch)
      let log = try String(contentsOf: run.output.appendingPathComponent("events.jsonl"), encoding: .utf8)
      #expect(log.contains("\"val_f1\":") && log.contains("\"roc_auc\":"))
      let board = try #require(TensorBoardLog.files(in: run.output).first)
      let events = try TensorBoardLog.events(contentsOf: board).flatMap(\.summary.value)
      for key in ["f1", "roc_auc", "val_f1", "val_roc_auc"] {
        #expect(
          events.filter { $0.tag == "epoch/\(key)" }.map(\.simpleValue) == history[key].map { Float($0) })
      }
      // The model file stores its metrics, and the best is the best by them.
      let best = try SavedModel(contentsOf: #require(outcome.best))
      #expect(best.metrics == run.recipe.training.metrics)
      try best.compile(engine: EngineKind.oneDNN.make())
      let folders = try DataFolder(forTraining: run.data, validationSplit: nil)
      let evaluation = try await best.measure(#require(folders.validation), batchSize: 4).evaluation
      let bestEpoch = try #require(history.bestEpoch)
      let score = try #require(history.epochs[bestEpoch].validation)
      #expect(evaluation.metrics.metrics == [.f1, .rocAUC])
      #expect(abs((evaluation.metrics[.f1] ?? -1) - (score.metrics[.f1] ?? -2)) < 1e-9)
      for name in ["best.keras", "best.h5"] {
        #expect(try SavedModel(contentsOf: run.output.appendingPathComponent(name)).metrics == best.metrics)
      }
    }
  }

  private final class Fault: RunSink, Error {
    func receive(_ event: TrainingRun.Event, model: Model) throws {
      if case .training(.stepEnded(let progress)) = event, progress.epoch == 2, progress.step == 3 {
        throw self
      }
    }
  }

  @Test func aRunThatGoesOnHasTheSameTable() async throws {
    try await withTemporaryFolder { root in
      try writePhotos(root)
      let whole = try await run(root).run(on: EngineKind.oneDNN.make()) { _ in }
      var broken = try run(root, output: "broken")
      broken.sinks.append { _ in Fault() }
      await #expect(throws: Fault.self) { try await broken.run(on: EngineKind.oneDNN.make()) { _ in } }
      var resumed = try run(root, output: "broken")
      resumed.existing = .resume
      let outcome = try await resumed.run(on: EngineKind.oneDNN.make()) { _ in }
      #expect(outcome.history.csv == whole.history.csv)
      #expect(outcome.history.bestEpoch == whole.history.bestEpoch)
      for name in ["history.csv", "best.safetensors"] {
        let files = ["run", "broken"].map { root.appendingPathComponent("\($0)/\(name)") }
        #expect(try Data(contentsOf: files[0]) == Data(contentsOf: files[1]), "\(name)")
      }
      // Another metric is another run.
      resumed.recipe.training.metrics = [.recall, .f1]
      let changed = await #expect(throws: WhiskerError.self) {
        try await resumed.run(on: EngineKind.oneDNN.make()) { _ in }
      }
      #expect(changed?.code == .runChanged)
      #expect(changed?.message.contains("recipe.training.metrics[0]: was accuracy, is now recall") == true)
    }
  }

  @Test func tooManyOfTooFewClassesAreRefusedByName() async throws {
    try await withTemporaryFolder { root in
      try writePhotos(root, classes: 3)
      func fault(_ metric: String) async throws -> String? {
        let run = try run(root, Self.recipe.replacing("auc", with: metric))
        let error = await #expect(throws: WhiskerError.self) {
          try await run.run(on: EngineKind.oneDNN.make()) { _ in }
        }
        #expect(error?.code == .badRecipe)
        #expect(!FileManager.default.fileExists(atPath: run.output.path))
        return error?.description
      }
      #expect(
        try await fault("top_3_accuracy")
          == "measured: training.metrics: expected a k of 1 to 2 for 3 classes, got top_3_accuracy")
    }
  }
}
