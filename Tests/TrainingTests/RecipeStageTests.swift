import Testing
import WhiskerDatasets
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem

/// What a recipe changes in the course of training, and spans that are shares of it.
@Suite struct RecipeStageTests {
  private static func yaml(_ stages: String, training: String = "", optimizer: String = "sgd: {}") -> String {
    """
    name: test
    image: {height: 100, width: 60}
    augmentation: {horizontal_flip: true}
    network: [{Conv2D: {filters: 4, kernel_size: 3}}, GlobalAveragePooling2D, {Dropout: {rate: 0.4}}, Output]
    optimizer: {\(optimizer)}
    training: {batch_size: 4, epochs: 20\(training)}
    stages:
    \(stages)
    """
  }

  private static let stages = """
      - {image_size: [50, 30], dropout_factor: 0.5}
      - {after_share: 0.25, image_size: 40, augmentation: {mixup_alpha: 0.2}}
      - {after_epochs: 15, image_size: [80, 48], augmentation: none, dropout_factor: 1}
    """

  @Test("Each stage keeps what it doesn't change, and validation photos grow along")
  func settled() throws {
    let recipe = try Recipe(yaml: Self.yaml(Self.stages), source: "test")
    #expect(try Recipe(yaml: recipe.yaml(), source: "again").stages == recipe.stages)
    let settled = recipe.settledStages(epochs: 20)
    #expect(settled.map(\.epochsBefore) == [0, 5, 15])
    #expect(settled.map(\.height) == [50, 40, 80] && settled.map(\.width) == [30, 40, 48])
    // The last stage's photos are four fifths of the model's size.
    #expect(settled.map(\.validationHeight) == [63, 50, 100])
    #expect(settled.map(\.validationWidth) == [38, 50, 60])
    #expect(settled.map(\.dropoutFactor) == [0.5, 0.5, 1])
    #expect(settled.map { $0.augmentation?.horizontalFlip } == [true, false, nil])
    #expect(
      settled.indices.map { settled[$0].name(after: $0 == 0 ? nil : settled[$0 - 1]) } == [
        "photos of 50 × 30, 0.5 × dropout", "photos of 40 × 40, other augmentation",
        "photos of 80 × 48, no augmentation, dropout as it is",
      ])
    // The second mixes labels: they are shares all the time.
    #expect(recipe.loss(classes: 3) == .categoricalCrossentropy)
    // In a short training the later of two that begin together holds, and others are never reached.
    #expect(recipe.settledStages(epochs: 1).map(\.height) == [40])
    #expect(recipe.settledStages(epochs: 1).map(\.validationHeight) == [100])
  }

  @Test(
    "Faults name the stage and the key",
    arguments: [
      ("  - {image_size: 0}", ["stages[0].image_size", "1 to 16384 pixels", "0 × 0"]),
      ("  - {image_size: [1, 2, 3]}", ["stages[0].image_size", "height and width", "[1, 2, 3]"]),
      ("  - {after_share: 1}", ["stages[0].after_share", "below 1", "1.0"]),
      ("  - {after_share: 0.5, after_epochs: 1}", ["stages[0]", "got both"]),
      ("  - {after_epochs: -1}", ["stages[0].after_epochs", "at least 0", "-1"]),
      ("  - {after_epochs: 9}\n  - {after_share: 0.1}", ["stages[1].after_share", "in order", "epoch 2"]),
      ("  - {dropout_factor: -1}", ["stages[0].dropout_factor", "at least 0", "-1"]),
      ("  - {augmentation: some}", ["stages[0]", "settings or none", "some"]),
      ("  - {augmentation: {grayscale: 2}}", ["stages[0].augmentation.grayscale", "2.0"]),
      ("  - {size: 3}", ["stages[0]", "image_size", "\"size\""]),
    ])
  func faults(stages: String, words: [String]) {
    let error = #expect(throws: WhiskerError.self) { try Recipe(yaml: Self.yaml(stages), source: "test") }
    for word in words {
      #expect(error?.description.contains(word) == true, "\(error.map(String.init(describing:)) ?? "")")
    }
  }

  @Test("A network that takes no other size, and a rate that becomes too large, are named before training")
  func network() throws {
    var recipe = try Recipe(yaml: Self.yaml("  - {dropout_factor: 3}"), source: "test")
    let large = #expect(throws: WhiskerError.self) {
      try recipe.check(recipe.model(classes: 2, seed: 0).network())
    }
    #expect(large?.description.contains("stages[0]: dropout: expected a rate below 1") == true)
    recipe = try Recipe(
      yaml: Self.yaml("  - {image_size: 50}").replacing("GlobalAveragePooling2D", with: "Flatten"),
      source: "test")
    let fixed = #expect(throws: WhiskerError.self) {
      try recipe.check(recipe.model(classes: 2, seed: 0).network())
    }
    #expect(fixed?.description.contains("stages[0]: dense: expected") == true)
  }

  @Test("Schedules last as long as training unless they say otherwise")
  func shares() throws {
    func schedule(_ text: String) throws -> LearningRateSchedule? {
      let optimizer = "sgd: {}, schedule: {\(text)}"
      let recipe = try Recipe(yaml: Self.yaml("  - {}", optimizer: optimizer), source: "test")
      #expect(try Recipe(yaml: recipe.yaml(), source: "again").optimizer == recipe.optimizer)
      return recipe.optimizer.schedule
    }
    let length = TrainingLength(stepsPerEpoch: 10, epochs: 20)
    let cosine = try #require(try schedule("cosine_decay: {warmup_epochs: 2}"))
    #expect(cosine == .cosineDecay(over: .share(1), warmup: .epochs(2)))
    #expect(cosine.factor(at: 10, in: length) == 0.5)
    #expect(cosine.factor(at: 20, in: length) == 1)
    #expect(abs(cosine.factor(at: 110, in: length) - 0.5) < 1e-12)
    #expect(cosine.factor(at: 200, in: length) < 1e-12)
    #expect(cosine.resolved(in: length) == .cosineDecay(over: .steps(180), warmup: .steps(20)))
    #expect(try schedule("one_cycle: {}") == .oneCycle(over: .share(1)))
    #expect(
      try schedule("exponential_decay: {decay_share: 0.5, decay_rate: 0.1}")
        == .exponentialDecay(over: .share(0.5), rate: 0.1))
    let steps = try #require(
      try schedule("piecewise_constant: {boundary_shares: [0.5, 0.75], factors: [1, 0.1, 0.01]}"))
    #expect([100, 101, 150, 151].map { Float(steps.factor(at: $0, in: length)) } == [1, 0.1, 0.1, 0.01])
    #expect(throws: WhiskerError.self) { try schedule("cosine_decay: {decay_share: 1.5}") }
    #expect(throws: WhiskerError.self) { try schedule("cosine_decay: {decay_share: 0.5, decay_steps: 3}") }
  }

  @Test("Clipping, accumulation and the frequency of validation are read and written")
  func optimizer() throws {
    for (text, clipping) in [
      ("global_clipnorm: 1", .globalNorm(1)), ("clipnorm: 0.5", .norm(0.5)), ("clipvalue: 2", .value(2)),
    ] as [(String, GradientClipping)] {
      for rule in ["sgd", "adam", "adamw", "rmsprop"] {
        let recipe = try Recipe(
          yaml: Self.yaml(
            "  - {}", training: ", validation_freq: 5",
            optimizer: "\(rule): {\(text), gradient_accumulation_steps: 4, weight_decay: 0.01}"),
          source: "test")
        #expect(recipe.optimizer.clipping == clipping && recipe.optimizer.accumulationSteps == 4)
        #expect(recipe.optimizer.weightDecay == 0.01 && recipe.training.validationFrequency == 5)
        let again = try Recipe(yaml: recipe.yaml(), source: "again")
        #expect(again.optimizer == recipe.optimizer && again.training == recipe.training)
      }
    }
    let error = #expect(throws: WhiskerError.self) {
      try Recipe(yaml: Self.yaml("  - {}", optimizer: "sgd: {clipnorm: 1, clipvalue: 1}"), source: "test")
    }
    #expect(error?.description.contains("one bound of gradients, got clipnorm and clipvalue") == true)
  }

  @Test("Blurred pooling is read, written and built of Keras's layers")
  func blur() throws {
    let text = Self.yaml("  - {}").replacing(
      "GlobalAveragePooling2D", with: "{BlurPooling2D: {pool_size: 5}}, BlurPooling2D, GlobalAveragePooling2D"
    )
    let recipe = try Recipe(yaml: text, source: "test")
    let network = try recipe.model(classes: 2, seed: 0).network()
    #expect(network.layers.filter { $0.layer is AveragePooling2D }.count == 4 + 2)
    #expect(network.layers.map(\.output)[5] == [49, 29, 4])
    #expect(try recipe.yaml().contains("BlurPooling2D: {pool_size: 5}"))
    let again = try Recipe(yaml: recipe.yaml(), source: "again")
    #expect(try again.model(classes: 2, seed: 0).network().layers.map(\.name) == network.layers.map(\.name))
    let error = #expect(throws: WhiskerError.self) {
      try Recipe(yaml: text.replacing("pool_size: 5", with: "pool_size: 4"), source: "test")
    }
    #expect(error?.description.contains("BlurPooling2D.pool_size: expected 3, 5 or 7, got 4") == true)
  }
}
