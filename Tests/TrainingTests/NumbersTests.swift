import Foundation
import Testing
import WhiskerDatasets
import WhiskerFormats
import WhiskerGraph
import WhiskerLayers
import WhiskerRuns
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Every number that is written to a file reads back as the same bits, so that a file says what was trained.
@Suite struct NumbersTests {
  /// Random numbers with all their digits, from 2⁻³⁰ to below 1.
  private struct Numbers {
    var stream: RandomStream

    init(_ seed: UInt64) { stream = RandomStream(RandomKey(seed: seed)) }

    mutating func double() -> Double {
      Double(sign: .plus, exponent: -1 - stream.integer(below: 30), significand: 1)
        * Double(bitPattern: 1023 << 52 | stream.next() >> 12)
    }

    mutating func float() -> Float {
      Float(sign: .plus, exponent: -1 - stream.integer(below: 30), significand: 1)
        * Float(bitPattern: 127 << 23 | stream.nextWord() >> 9)
    }

    /// Any bits of a number that isn't infinite or none.
    mutating func anyFloat() -> Float {
      while true {
        let number = Float(bitPattern: stream.nextWord())
        if abs(number) < TrainingState.largestWeight { return number }
      }
    }

    mutating func schedule(epochs: Bool) -> LearningRateSchedule {
      let span = epochs ? TrainingSpan.epochs(double() * 100) : .steps(1 + stream.integer(below: 9999))
      return switch stream.integer(below: 3) {
      case 0: .cosineDecay(over: span, alpha: float(), warmup: span, warmupStart: float())
      case 1: .exponentialDecay(over: span, rate: float(), isStaircase: true)
      default: .piecewiseConstant(boundaries: [span], factors: [1, float()])
      }
    }

    mutating func optimizer(epochs: Bool) -> Optimizer {
      let optimizer: Optimizer =
        switch stream.integer(below: 3) {
        case 0:
          .rmsprop(
            learningRate: float(), rho: float(), momentum: float(), epsilon: float(), weightDecay: float())
        case 1: .sgd(learningRate: float(), momentum: float(), weightDecay: float())
        default:
          .adamW(
            learningRate: float(), weightDecay: float(), beta1: float(), beta2: float(), epsilon: float())
        }
      return optimizer.following(schedule(epochs: epochs))
    }
  }

  private static let recipe = """
    name: numbers
    image: {height: 32, width: 32}
    network: [Flatten, Output]
    optimizer: {rmsprop: {learning_rate: 0.001}}
    training: {batch_size: 5, steps_per_epoch: 3, epochs: 20}
    """

  @Test(arguments: 0..<40 as Range<UInt64>) func recipes(seed: UInt64) throws {
    var numbers = Numbers(seed)
    var recipe = try Recipe(yaml: Self.recipe, source: "numbers")
    recipe.image.rescale = numbers.float()
    recipe.optimizer = numbers.optimizer(epochs: seed % 2 == 0)
    recipe.optimizer.rateFactors = ["dense*": numbers.float(), "Output": numbers.float()]
    recipe.training.earlyStopping = EarlyStopping(
      monitor: .loss, minimumChange: numbers.double(), patience: 3)
    recipe.network = [
      .layer(Dropout(numbers.float())),
      .layer(BatchNormalization(momentum: numbers.float(), epsilon: numbers.float())), .layer(Flatten()),
      .layer(Dense(3, kernelRegularizer: .l2(numbers.float()))), .output,
    ]
    recipe.augmentation = Augmentation(
      rotationRange: .degrees(numbers.float() * 90), widthShiftRange: .fraction(numbers.float()),
      heightShiftRange: .choices([numbers.float(), numbers.float()]), shearRange: .radians(numbers.float()),
      zoomRange: ZoomRange(numbers.float(), 1 + numbers.float()))
    recipe.augmentation?.brightnessRange = numbers.float()...1 + numbers.float()
    recipe.augmentation?.mixupAlpha = 0.01 + numbers.float()
    // Phases have their own steering.
    if seed % 3 > 0 { recipe.training.earlyStopping = nil }
    recipe.phases =
      seed % 3 == 0
      ? []
      : [
        TrainingPhase(
          "first", epochs: 2, optimizer: numbers.optimizer(epochs: true),
          reduceOnPlateau: ReduceOnPlateau(
            monitor: .loss, factor: numbers.double(), minimumChange: numbers.double(),
            minimumRate: numbers.float())),
        TrainingPhase(
          "last", earlyStopping: EarlyStopping(monitor: .loss, minimumChange: numbers.double(), patience: 1)),
      ]
    try recipe.check("numbers")
    let text = try recipe.yaml()
    // As YAML for the user, and as JSON in checkpoints and `run.json`.
    let read = try [
      Recipe(yaml: text, source: "numbers"),
      JSONDecoder().decode(Recipe.self, from: JSONEncoder().encode(recipe)),
    ]
    for read in read {
      #expect(read.image == recipe.image)
      #expect(read.optimizer == recipe.optimizer)
      #expect(read.training == recipe.training)
      #expect(read.phases == recipe.phases)
      #expect(read.augmentation == recipe.augmentation)
      #expect(
        try JSONEncoder.sorted.encode(read.network.map(Layers.init))
          == JSONEncoder.sorted.encode(recipe.network.map(Layers.init)))
      #expect(try read.yaml() == text)
    }
  }

  /// A recipe's layer, in JSON.
  private struct Layers: Encodable {
    let layer: RecipeLayer

    func encode(to encoder: any Encoder) throws { try layer.encode(to: encoder) }
  }

  @Test(arguments: 0..<20 as Range<UInt64>) func penalties(seed: UInt64) throws {
    var numbers = Numbers(seed)
    var recipe = try Recipe(
      yaml:
        "{name: a, base: efficientnet-lite0, head: logistic_regression, image: {height: 224, width: 224}}",
      source: "numbers")
    recipe.head?.method = .logisticRegression(penalties: (0..<9).map { _ in numbers.double() })
    #expect(try Recipe(yaml: recipe.yaml(), source: "numbers").head == recipe.head)
  }

  private func history(_ numbers: inout Numbers) -> History {
    var history = History()
    history.epochs = (0..<20).map { index in
      History.Epoch(
        loss: index == 7 ? .nan : numbers.double() * 1e9, accuracy: numbers.double(),
        validation: .init(loss: index == 8 ? .infinity : numbers.double(), accuracy: numbers.double()),
        learningRate: numbers.float())
    }
    history.seconds = numbers.double() * 1e5
    return history
  }

  private func bits(_ history: History) -> [[UInt64]] {
    (History.keys + ["learning_rate"]).map { history[$0].map(\.bitPattern) }
  }

  @Test(arguments: 0..<20 as Range<UInt64>) func histories(seed: UInt64) throws {
    var numbers = Numbers(seed)
    let history = history(&numbers)
    #expect(bits(try History(csv: history.csv, source: "history")) == bits(history))
  }

  @Test(arguments: 0..<5 as Range<UInt64>) func checkpoints(seed: UInt64) async throws {
    var numbers = Numbers(seed)
    var progress = TrainingProgress(
      seed: .max - seed, stepsPerEpoch: 3, batchSize: 5, sampleCount: 9, firstStep: 1)
    let history = history(&numbers)
    for epoch in history.epochs { progress.endEpoch(epoch) }
    progress.history.seconds = history.seconds
    progress.epochSeconds = numbers.double()
    progress.phase.learningRate = numbers.float()
    var state = TrainingState(weights: [
      "dense/kernel": Tensor(shape: [1000], values: (0..<1000).map { _ in numbers.anyFloat() })
    ])
    state.slots = [
      "dense/kernel:velocity": Tensor(shape: [9], values: (0..<9).map { _ in numbers.anyFloat() })
    ]
    state.step = 61
    state.optimizerStep = 7
    let checkpoint = Checkpoint(state: state, progress: progress)
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("checkpoint")
      try checkpoint.write(to: file)
      let read = try Checkpoint(contentsOf: file)
      #expect(bits(read.progress.history) == bits(history))
      #expect(read.progress.history.seconds == history.seconds)
      #expect(read.progress.epochSeconds == progress.epochSeconds)
      #expect(read.progress.phase == progress.phase)
      #expect(read.state.slots == state.slots)
      #expect(
        read.state.weights["dense/kernel"]?.values.map(\.bitPattern)
          == state.weights["dense/kernel"]?.values.map(\.bitPattern))
    }
  }

  @Test(arguments: 0..<10 as Range<UInt64>, ["safetensors", "keras", "h5"])
  func models(seed: UInt64, ending: String) async throws {
    var numbers = Numbers(seed)
    let (rate, momentum, epsilon, factor) = (
      numbers.float(), numbers.float(), numbers.float(), numbers.float()
    )
    let model = Sequential(input: [8, 8, 3]) {
      BatchNormalization(momentum: momentum, epsilon: epsilon)
      Flatten()
      Dropout(rate)
      Dense(1, activation: .sigmoid, kernelRegularizer: .l2(factor))
    }
    let optimizer = numbers.optimizer(epochs: false)
    let loss = Loss(.binary, labelSmoothing: numbers.float())
    var preparation = PhotoPreparation(height: 8, width: 8, rescale: numbers.float())
    preparation.offsets = [numbers.float(), -numbers.float(), numbers.float()]
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("model.\(ending)")
      try SavedModel(
        model: model, preparation: preparation, classNames: ["a", "b"], loss: loss, optimizer: optimizer
      ).write(to: file)
      let read = try SavedModel(contentsOf: file)
      #expect(read.preparation == preparation)
      #expect(read.loss == loss)
      #expect(try read.model.weights() == model.weights())
      let layers = try read.model.network().layers.map(\.layer)
      #expect((layers[0] as? BatchNormalization)?.momentum == momentum)
      #expect((layers[0] as? BatchNormalization)?.epsilon == epsilon)
      #expect((layers[2] as? Dropout)?.rate == rate)
      #expect((layers[3] as? Dense)?.kernelRegularizer == .l2(factor))
      if ending != "safetensors" {
        #expect(read.optimizer?.rule == optimizer.rule)
        #expect(read.optimizer?.learningRate == optimizer.learningRate)
        #expect(read.optimizer?.weightDecay == optimizer.weightDecay)
        #expect(read.optimizer?.schedule == optimizer.schedule)
      }
    }
  }

  @Test func theLog() async throws {
    struct Line: Decodable {
      let loss: Double?, acc: Double?, seconds: Double?, val_loss: Double?, val_acc: Double?
      let learning_rate: Float?
    }
    var numbers = Numbers(3)
    try await withTemporaryFolder { folder in
      let log = try EventLog(folder: folder)
      let model = toyModel()
      for epoch in 1...20 {
        let result = History.Epoch(
          loss: numbers.double(), accuracy: numbers.double(),
          validation: .init(loss: numbers.double(), accuracy: numbers.double()), learningRate: numbers.float()
        )
        let seconds = numbers.double()
        try log.receive(
          .training(.epochEnded(epoch: epoch, epochs: 20, result, seconds: seconds)), model: model)
        let text = try String(contentsOf: folder.appendingPathComponent("events.jsonl"), encoding: .utf8)
        let lines = try text.split(separator: "\n").suffix(2).map {
          try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
        #expect(lines[0].val_loss == result.validation?.loss)
        #expect(lines[0].val_acc == result.validation?.accuracy)
        #expect(lines[1].loss == result.loss)
        #expect(lines[1].acc == result.accuracy)
        #expect(lines[1].seconds == seconds)
        #expect(lines[1].learning_rate == result.learningRate)
      }
    }
  }
}

extension JSONEncoder {
  fileprivate static var sorted: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return encoder
  }
}
