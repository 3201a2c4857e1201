import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

@Suite struct RecipeTests {
  static let short = """
    name: tiny
    image: {height: 32, width: 48}
    network:
      - Conv2D: {filters: 8, kernel_size: 3, activation: relu}
      - MaxPooling2D
      - Flatten
      - Dropout: {rate: 0.5}
      - Output
    optimizer: {rmsprop: {learning_rate: 0.001}}
    training: {batch_size: 20, epochs: 3}
    """

  private var short: String { Self.short }

  private func recipe(_ yaml: String) throws(WhiskerError) -> Recipe {
    try Recipe(yaml: yaml, source: "my.yaml")
  }

  @Test func aShortRecipeMeansDefaults() throws {
    let recipe = try recipe(short)
    #expect(recipe.name == "tiny")
    #expect(
      recipe.image
        == PhotoPreparation(height: 32, width: 48, channels: 3, interpolation: .nearest, rescale: 1 / 255))
    #expect(recipe.optimizer == .rmsprop(learningRate: 1e-3))
    #expect(recipe.training.stepsPerEpoch == nil)
    #expect(recipe.training.validationSteps == nil)
    #expect(recipe.training.batchSize == 20)
    #expect(recipe.training.epochs == 3)
    let two = try recipe.model(classes: 2, seed: 0).network()
    #expect(two.output == [1])
    #expect(two.layers.map(\.name) == ["conv2d", "max_pooling2d", "flatten", "dropout", "dense"])
    #expect(try recipe.model(classes: 7, seed: 0).network().output == [7])
  }

  @Test func whatIsWrittenReadsLikeWhatAPersonWrites() throws {
    var recipe = try recipe(short)
    recipe.training.stepsPerEpoch = 100
    #expect(
      try recipe.yaml() == """
        name: tiny
        image: {height: 32, width: 48, channels: 3, interpolation: nearest, rescale: 1/255}
        network:
        - Conv2D: {filters: 8, kernel_size: 3, activation: relu}
        - MaxPooling2D
        - Flatten
        - Dropout: {rate: 0.5}
        - Output
        optimizer: {rmsprop: {learning_rate: 0.001}}
        training: {batch_size: 20, steps_per_epoch: 100, epochs: 3}

        """)
  }

  @Test func everySettingSurvives() throws {
    let long = """
      name: "고양이: 1e5"
      image: {height: 7, width: 9, channels: 1, interpolation: bilinear, rescale: 0.0078125}
      augmentation: {rotation_range: 12.5, width_shift_range: 3, height_shift_range: {uniform_pixels: 2}, \
      shear_range: {radians: 0.2}, zoom_range: [0.7, 1.1], brightness_range: [0.5, 1.5], fill_mode: wrap, \
      random_erasing: {value: random}, mixup_alpha: 0.2}
      network:
        - Rescaling: {scale: 1.7, offset: -0.3}
        - Conv2D: {filters: 8, kernel_size: [3, 5], strides: 2, padding: same, activation: tanh, use_bias: false, \
      kernel_initializer: he_normal, kernel_regularizer: {l2: 0.00001}, name: stem}
        - AveragePooling2D: {pool_size: [1, 2], strides: 1, padding: same}
        - Activation: {activation: relu}
        - GlobalAveragePooling2D
        - Dense: {units: 123456}
        - Output
      optimizer: {sgd: {learning_rate: 0.0123, momentum: 0.9, nesterov: true}}
      training: {batch_size: 1, steps_per_epoch: 2, epochs: 3, validation_steps: 4}
      """
    let first = try recipe(long)
    let text = try first.yaml()
    let second = try recipe(text)
    #expect(try second.yaml() == text)
    #expect(second.name == "고양이: 1e5")
    #expect(second.image == first.image)
    #expect(second.augmentation == first.augmentation)
    #expect(second.augmentation?.heightShiftRange == .uniformPixels(2))
    #expect(second.optimizer == first.optimizer)
    #expect(second.training == first.training)
    #expect("\(second.network)" == "\(first.network)")
    for number in ["1.7", "-0.3", "l2: 1e-05", "0.0123", "0.9", "0.0078125", "123456", "[3, 5]"] {
      #expect(text.contains(number), "\(number) in \(text)")
    }
    #expect(text.contains("고양이"))
  }

  @Test func optimizersKeepWhatDiffersFromTheDefault() throws {
    for optimizer: Optimizer in [
      .rmsprop(), .rmsprop(learningRate: 3e-8, rho: 0.8, momentum: 0.1, epsilon: 1e-5, isCentered: true),
      .sgd(), .sgd(learningRate: 1, momentum: 0.3), .sgd(isNesterov: true, weightDecay: 0.1), .adam(),
      .adamW(),
      .adam(learningRate: 3e-4, beta1: 0.5, beta2: 0.9, epsilon: 1e-3, isAMSGrad: true),
      .adamW(weightDecay: 0.1), .rmsprop(weightDecay: 0.1),
      .adam().following(.cosineDecay(over: .epochs(9.5), alpha: 0.1, warmup: .epochs(0.5), warmupStart: 0.2)),
      .adam().following(.cosineDecay(over: .steps(9), warmup: .steps(3))),
      .sgd().following(.exponentialDecay(over: .steps(9), rate: 0.5, isStaircase: true)),
      .sgd().following(.piecewiseConstant(boundaries: [.steps(3), .steps(9)], factors: [1, 0.5, 0.1])),
      .sgd().following(.piecewiseConstant(boundaries: [.epochs(3)], factors: [1, 0.5])),
    ] {
      var recipe = try recipe(short)
      recipe.optimizer = optimizer
      #expect(try self.recipe(recipe.yaml()).optimizer == optimizer)
    }
  }

  @Test func phasesAreRead() throws {
    let yaml = """
      phases:
        - {name: head, epochs: 3, train: [Output], early_stopping: {patience: 2, restore_best_weights: true}}
        - name: all
          train_batch_normalization: true
          optimizer:
            adamw: {learning_rate: 0.0001, weight_decay: 0.01}
            schedule: {cosine_decay: {warmup_epochs: 1, decay_epochs: 9}}
            rates: {"conv*": 0.1, Output: 2}
          reduce_on_plateau: {monitor: val_acc, factor: 0.5, patience: 3, cooldown: 1, min_lr: 0.00001}

      """
    let recipe = try recipe(short + "\n" + yaml)
    var optimizer = Optimizer.adamW(learningRate: 1e-4, weightDecay: 0.01).following(
      .cosineDecay(over: .epochs(9), warmup: .epochs(1)))
    optimizer.rateFactors = ["conv*": 0.1, "Output": 2]
    #expect(
      recipe.phases == [
        TrainingPhase(
          "head", epochs: 3, training: ["Output"],
          earlyStopping: EarlyStopping(patience: 2, restoresBestWeights: true)),
        TrainingPhase(
          "all", trainsBatchNormalization: true, optimizer: optimizer,
          reduceOnPlateau: ReduceOnPlateau(
            monitor: .validationAccuracy, factor: 0.5, patience: 3, cooldown: 1, minimumRate: 1e-5)),
      ])
    #expect(try self.recipe(recipe.yaml()).phases == recipe.phases)
    let network = try recipe.model(classes: 2, seed: 0).network()
    let last = try #require(network.layers.last?.name)
    #expect(recipe.phases(in: network)[0].trained == [last])
    #expect(recipe.phases(in: network)[1].optimizer?.rateFactors == ["conv*": 0.1, last: 2])
  }

  @Test(arguments: ["1/255", "1 / 255", "0.003921569", "\"1/255\""])
  func quotientsAreNumbers(text: String) throws {
    let yaml = short.replacing("width: 48", with: "width: 48, rescale: \(text)")
    #expect(try recipe(yaml).image.rescale == 1 / 255)
  }

  static let wrong: [(old: String, new: String, says: [String])] = [
    ("name: tiny", "nam: tiny", ["\"nam\"", "name, from, base, head, image"]),
    ("image:", "picture:", ["picture"]),
    ("image: {height: 32, width: 48}", "", ["\"image\"", "none"]),
    ("height: 32, ", "", ["image", "\"height\""]),
    ("height: 32", "height: tall", ["image.height", "whole number"]),
    ("height: 32", "height: 32.5", ["image.height", "whole number"]),
    ("height: 32", "height: -1", ["image", "-1"]),
    ("height: 32", "height: 99999999999999999999", ["image.height"]),
    ("width: 48", "width: 48, depth: 3", ["image", "\"depth\""]),
    ("width: 48", "width: 48, channels: 2", ["image", "channels", "2"]),
    ("width: 48", "width: 48, interpolation: cubic", ["image.interpolation", "cubic"]),
    ("width: 48", "width: 48, rescale: 1/0", ["image.rescale", "1/0"]),
    ("width: 48", "width: 48, rescale: big", ["image.rescale", "big"]),
    ("width: 48", "width: 48, rescale: 1/2/3", ["image.rescale", "1/2/3"]),
    ("width: 48", "width: 48, rescale: 0", ["image", "rescale"]),
    ("width: 48", "width: 48, rescale: .nan", ["image", "rescale"]),
    (
      "network:", "augmentation: {rotation: 4}\nnetwork:", ["augmentation", "\"rotation\"", "rotation_range"]
    ),
    (
      "network:", "augmentation: {rotation_range: 400}\nnetwork:",
      ["augmentation.rotation_range", "0 to 180 degrees", "400"]
    ),
    (
      "network:", "augmentation: {zoom_range: [1, 2, 3]}\nnetwork:", ["augmentation.zoom_range", "a pair"]
    ),
    (
      "network:", "augmentation: {rand_augment: {number: 99}}\nnetwork:",
      ["augmentation.rand_augment.number", "99"]
    ),
    (
      "network:", "standardization: {zca_whitening: true}\nnetwork:",
      ["standardization.zca_whitening", "4096", "got 4608"]
    ),
    (
      "network:", "standardization: {samplewise: true}\nnetwork:", ["standardization", "\"samplewise\""]
    ),
    ("Conv2D:", "Conv3D:", ["network[0]", "nearest being Conv2D, ", "docs/recipes.md", "\"Conv3D\""]),
    ("- Flatten", "- Flaten", ["network[2]", "\"Flaten\"", "Flatten"]),
    ("filters: 8", "filter: 8", ["network[0].Conv2D", "\"filter\""]),
    ("filters: 8, ", "", ["network[0].Conv2D", "\"filters\""]),
    ("filters: 8", "filters: eight", ["network[0].Conv2D.filters", "whole number"]),
    ("- MaxPooling2D", "- Dense", ["network[1].Dense", "\"units\""]),
    ("- MaxPooling2D", "- [MaxPooling2D]", ["network[1]"]),
    ("- MaxPooling2D", "- {MaxPooling2D: {}, Flatten: {}}", ["network[1]", "one layer", "2"]),
    ("activation: relu", "activation: glu", ["network[0].Conv2D.activation", "glu"]),
    ("- Output", "- Output: {units: 3}", ["network[4]", "Output"]),
    ("learning_rate: 0.001", "learning_rate: fast", ["optimizer.rmsprop.learning_rate", "a number"]),
    ("learning_rate: 0.001", "learning_rate: -0.001", ["optimizer.learning_rate", "-0.001"]),
    ("learning_rate: 0.001", "lr: 0.001", ["optimizer.rmsprop", "\"lr\""]),
    ("learning_rate: 0.001", "rho: 2", ["optimizer.rho", "2"]),
    ("rmsprop:", "adadelta:", ["optimizer", "\"adadelta\"", "rmsprop, sgd, adam, adamw"]),
    ("{rmsprop: {learning_rate: 0.001}}", "{}", ["optimizer", "rmsprop, sgd"]),
    (
      "{rmsprop: {learning_rate: 0.001}}",
      "{sgd: {}, schedule: {piecewise_constant: {boundary_steps: [1], boundary_epochs: [1], factors: [1, 2]}}}",
      [
        "optimizer.schedule",
        "boundary_steps or boundary_epochs or boundary_shares, got boundary_steps and boundary_epochs",
      ]
    ),
    (
      "{rmsprop: {learning_rate: 0.001}}\ntraining: {",
      "{sgd: {}, schedule: {cosine_decay: {decay_epochs: 3}}}\ntraining: {reduce_on_plateau: {}, ",
      ["training.reduce_on_plateau", "schedule"]
    ),
    ("batch_size: 20, ", "", ["training", "\"batch_size\""]),
    ("batch_size: 20", "batch_size: 0", ["training.batch_size", "got 0"]),
    ("batch_size: 20", "batch_size: many", ["training.batch_size", "whole number"]),
    ("epochs: 3", "epochs: -3", ["training.epochs", "got -3"]),
    ("epochs: 3", "epochs: 3, steps_per_epoch: 0", ["training.steps_per_epoch", "got 0"]),
    ("epochs: 3", "epochs: 3, validation_steps: -1", ["training.validation_steps", "got -1"]),
    ("epochs: 3", "epochs: 3, epochs: 4", ["epochs"]),
    ("epochs: 3", "epochs: 3, shuffle: true", ["training", "\"shuffle\""]),
  ]

  @Test(arguments: wrong.indices) func errorsNameTheKey(index: Int) throws {
    let (old, new, says) = RecipeTests.wrong[index]
    #expect(short.contains(old))
    let error = #expect(throws: WhiskerError.self) { try recipe(short.replacing(old, with: new)) }
    let found = try #require(error)
    #expect(found.code == .badRecipe)
    #expect(found.place == "my.yaml" || found.place.hasPrefix("my.yaml: "))
    for part in says { #expect(found.description.contains(part), "\(part) in: \(found)") }
  }

  @Test(arguments: ["", "[]", "just text", "a: [1", "\u{0}", "{}", "&a [*a]", "\t- x", "network: []"])
  func otherTextIsAnError(text: String) {
    #expect(throws: WhiskerError.self) { try recipe(text) }
  }

  /// Random damage to a good recipe gives a recipe or one of our errors, never a crash.
  @Test func damagedTextNeverCrashes() {
    var stream = RandomStream(RandomKey(seed: 3))
    let good = Array(short.utf8)
    var errors = 0
    for _ in 0..<300 {
      var bytes = good
      for _ in 0...stream.integer(below: 3) {
        let place = stream.integer(below: bytes.count)
        switch stream.integer(below: 3) {
        case 0: bytes[place] = UInt8(stream.integer(below: 128))
        case 1: bytes.remove(at: place)
        default: bytes.insert(contentsOf: bytes[..<stream.integer(below: 40)], at: place)
        }
      }
      do throws(WhiskerError) {
        let recipe = try recipe(String(decoding: bytes, as: UTF8.self))
        _ = try? recipe.model(classes: 2, seed: 0).network()
        _ = try recipe.yaml()
      } catch {
        errors += 1
      }
    }
    #expect(errors > 50)
  }

  @Test func lossesAndLabelsFollowTheClasses() throws {
    var recipe = try recipe(short)
    #expect(recipe.loss(classes: 2) == .binaryCrossentropy)
    #expect(recipe.loss(classes: 3) == .sparseCategoricalCrossentropy)
    #expect(recipe.classMode(classes: 2) == .binary)
    #expect(recipe.classMode(classes: 3) == .sparse)
    recipe.augmentation = Augmentation(horizontalFlip: true)
    #expect(recipe.classMode(classes: 3) == .sparse)
    recipe.augmentation = Augmentation(mixupAlpha: 0.2)
    #expect(recipe.loss(classes: 3) == .categoricalCrossentropy)
    #expect(recipe.classMode(classes: 3) == .categorical)
    #expect(recipe.classMode(classes: 2) == .binary)
  }
}
