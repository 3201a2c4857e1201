import Foundation
import Synchronization
import Testing
import WhiskerDatasets
import WhiskerFormats
import WhiskerImages
import WhiskerLayers
import WhiskerOneDNNEngine
import WhiskerPretrained
import WhiskerRuns
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Recipes that build on the network of a model file.
@Suite struct BaseFileTests {
  /// A small network with a shortcut, whose last layer is a classifier.
  private static func network(input: Shape = [24, 24, 3], scaling: Bool = false) throws -> Network {
    let photo = Input(input)
    let stem = Conv2D(8, kernel: 3, padding: .same, activation: .relu, name: "stem")
    var x = scaling ? stem(Rescaling(1 / 255)(photo)) : stem(photo)
    let shortcut = x
    x = Conv2D(8, kernel: 3, padding: .same, activation: .relu, name: "branch")(x)
    x = Add(name: "sum")(x, shortcut)
    x = Conv2D(12, kernel: 3, strides: 2, activation: .relu, name: "last_map")(x)
    x = GlobalAveragePooling2D(name: "mean")(x)
    x = Dense(6, activation: .relu, name: "hidden")(x)
    return try Model(input: photo, output: Dense(10, activation: .softmax, name: "predictions")(x)).network()
  }

  private static func write(_ network: Network, to url: URL) async throws -> [String: Tensor] {
    let weights = try await Model(network, seed: 5).weights()
    try StoredModel(network: network, state: TrainingState(weights: weights)).write(to: url)
    return weights
  }

  /// Two classes of photos that colour tells apart.
  private static func makePhotos(in folder: URL) throws {
    for (index, name) in ["red", "blue"].enumerated() {
      let folder = folder.appendingPathComponent("train/\(name)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for number in 0..<8 {
        let noise = Formula.integers("\(name)/\(number)", count: 30 * 30 * 3, below: 120)
        let pixels = noise.enumerated().map { UInt8($1 + ($0 % 3 == 2 * index ? 130 : 0)) }
        try Photo(height: 30, width: 30, pixels: pixels).write(
          to: folder.appendingPathComponent("\(number).png"))
      }
    }
  }

  private static func recipe(_ text: String) throws -> Recipe { try Recipe(yaml: text, source: "test") }

  private static func run(_ recipe: Recipe, in folder: URL, _ output: String) -> TrainingRun {
    var run = TrainingRun(
      data: folder.appendingPathComponent("data"), recipe: recipe,
      output: folder.appendingPathComponent(output))
    run.validationSplit = 0.25
    run.featureCache = FeatureCache(folder: folder.appendingPathComponent("cache"))
    return run
  }

  // MARK: The recipe

  @Test("A recipe's base is a name, a path or settings, and is written as it was read")
  func coding() throws {
    let head = "head: logistic_regression"
    for (text, base) in [
      ("resnet50", RecipeBase.published(.resNet50)),
      ("models/mine.keras", .file(BaseFile("models/mine.keras"))),
      (
        "{model: a.h5, preprocessing: tf, interpolation: bicubic, layer: mean, output: a}",
        .file(BaseFile("a.h5", preprocessing: .tf, interpolation: .bicubic, layer: "mean", output: "a"))
      ),
    ] {
      let read = try Self.recipe("base: \(text)\n\(head)")
      #expect(read.base == base)
      #expect(try Self.recipe(read.yaml()).base == base)
    }
    for (text, part) in [
      ("resnet", "one of efficientnet-lite0"),
      ("{model: a.h5, preprocessing: none}", "bytes, unit, tf, torch, caffe"),
      ("{file: a.h5}", "file"),
    ] {
      let error = #expect(throws: WhiskerError.self) { try Self.recipe("base: \(text)\n\(head)") }
      #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }
  }

  @Test(
    "The part of a network that gives features ends before its classifier, or after the layer that is named")
  func features() throws {
    let network = try Self.network()
    let whole = try network.features(after: nil)
    #expect(whole.output == [6])
    #expect(whole.layers.last?.name == "hidden")
    let map = try network.features(after: "sum")
    #expect(map.output == [8])
    #expect(map.layers.map(\.name) == ["stem", "branch", "sum", "global_average_pooling2d"])
    #expect(try map.taking([9, 40, 3]).output == [8])
    let error = #expect(throws: WhiskerError.self) { try network.features(after: "nothing") }
    #expect(error?.code == .noSuchLayer)
    // Without a classifier the result is what the last layer gives.
    #expect(try map.features(after: nil).layers.count == map.layers.count)
    let flat = try Network(
      input: [8, 8, 3], layers: [Conv2D(4, kernel: 3), Flatten(), Dense(5), Dense(2)])
    #expect(try flat.features(after: nil).output == [5])
    let refusal = #expect(throws: WhiskerError.self) { try flat.features(after: nil).taking([9, 9, 3]) }
    #expect(refusal?.place == "dense")
  }

  @Test("A layer before the others changes nothing but what they read")
  func prepending() async throws {
    let network = try Self.network()
    let scaled = try network.prepending(Rescaling(2, name: "twice"))
    let x = Formula.uniform("x", [2, 24, 24, 3])
    var double = x
    for index in double.values.indices { double.values[index] *= 2 }
    let weights = try await Model(network, seed: 3).weights()
    var results: [Tensor] = []
    for (network, x) in [(network, double), (scaled, x)] {
      let model = Model(network)
      try model.setWeights(weights)
      try model.compile(loss: .sparseCategoricalCrossentropy, engine: OneDNNEngine())
      results.append(try await model.predict(x, batchSize: 2))
    }
    #expect(results[0] == results[1])
  }

  @Test("The last 40 % of the layers are those of the layers with weights")
  func share() throws {
    let network = try Self.network()
    #expect(try network.layers(matching: "last 40 %").map(\.name) == ["hidden", "predictions"])
    #expect(try network.layers(matching: "last 1%").map(\.name) == ["predictions"])
    #expect(try network.layers(matching: "last 100 %").count == 5)
    for pattern in ["last 0 %", "last 101 %", "last", "last x %"] {
      let error = #expect(throws: WhiskerError.self) { try network.layers(matching: pattern) }
      #expect(error?.code == .noSuchLayer)
    }
    // What the recipe finetune trains of EfficientNet-Lite0: blocks 5 to 7 and the top.
    let base = PretrainedNetwork.efficientNetLite0.layers(top: .features)
    let lite = try Model(input: base.input, output: Dense(1, name: "end")(base.output)).network()
    let blocks = try lite.layers(matching: "block[5-7]*") + lite.layers(matching: "top*")
    let expected = blocks.filter { !$0.weights.isEmpty }.map(\.name) + ["end"]
    #expect(try lite.layers(matching: "last 52 %").map(\.name) == expected)
  }

  // MARK: Preparation

  @Test("Preprocessing is what Keras's preprocess_input does to the bytes 0, 128 and 255")
  func preprocessing() throws {
    let photo = Photo(height: 1, width: 1, pixels: [0, 128, 255])
    // keras.src.applications.imagenet_utils.preprocess_input of Keras 3.15, data_format channels_last.
    let expected: [Preprocessing: [Float]] = [
      .bytes: [0, 128, 255], .unit: [0, 0.5019608, 1], .tf: [-1, 0.003921628, 1],
      .torch: [-2.117904, 0.20518206, 2.64], .caffe: [151.061, 11.221001, -123.68],
    ]
    for mode in Preprocessing.allCases {
      var values = mode.preparation(height: 1, width: 1).prepare(photo).values
      if let layer = mode.layer {
        values = zip(zip(values, layer.scale.values), layer.offset.values).map { $0.0 * $0.1 + $1 }
      }
      let wanted = try #require(expected[mode])
      for (value, wanted) in zip(values, wanted) {
        #expect(abs(value - wanted) <= 2e-6 * max(1, abs(wanted)), "\(mode)")
      }
    }
  }

  @Test("Networks of keras.applications are known by the names of their models and files")
  func applications() {
    for (name, function, mode, side) in [
      ("mobilenetv2_1.00_224", "MobileNetV2", Preprocessing.tf, 224),
      ("mobilenet_0.25_128", "MobileNet", .tf, 224),
      ("resnet50", "ResNet50", .caffe, 224), ("resnet50v2", "ResNet50V2", .tf, 224),
      ("resnet50_mine", "ResNet50", .caffe, 224), ("densenet201", "DenseNet201", .torch, 224),
      ("inception_resnet_v2", "InceptionResNetV2", .tf, 299), ("NASNet", "NASNet", .tf, 224),
      ("xception_weights_tf_dim_ordering_tf_kernels_notop.h5", "Xception", .tf, 299),
    ] {
      let known = KerasApplication(named: name)
      #expect(known?.function == function)
      #expect(known?.preprocessing == mode)
      #expect(known?.side == side)
    }
    for (name, function, side) in [
      ("efficientnetv2-b0", "EfficientNetV2B0", 224), ("EfficientNetV2S", "EfficientNetV2S", 384),
      ("efficientnetb7", "EfficientNetB7", 600), ("convnext_tiny_notop.h5", "ConvNeXtTiny", 224),
      ("weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5", "MobileNetV3Small", 224),
      ("resnet-rs-101", "ResNetRS101", 224), ("regnety032", "RegNetY032", 224),
    ] {
      let known = KerasApplication(named: name)
      #expect(known?.function == function)
      #expect(known?.side == side)
      #expect(known?.preprocessing == nil)
    }
    for name in ["model", "sequential_1", "my_resnet50", ""] { #expect(KerasApplication(named: name) == nil) }
  }

  // MARK: Runs

  @Test(
    "Features of a file are what its layers give for photos as they are stated, and the run's model is whole")
  func run() async throws {
    try await withTemporaryFolder { folder in
      try Self.makePhotos(in: folder.appendingPathComponent("data"))
      let file = folder.appendingPathComponent("base.keras")
      let weights = try await Self.write(Self.network(), to: file)
      let recipe = try Self.recipe(
        """
        base: {model: \(file.path), preprocessing: torch, interpolation: nearest}
        head: {logistic_regression: {l2: [0.001]}}
        """)
      let run = Self.run(recipe, in: folder, "run")
      let engine = OneDNNEngine()
      let notes = Mutex<[String]>([])
      let outcome = try await run.run(on: engine) { event in
        if case .noted(let text) = event { notes.withLock { $0.append(text) } }
      }
      #expect(
        notes.withLock(\.self) == [
          "\(file.path): 6 features of 'hidden'; photos of 24 × 24 pixels, nearest, "
            + "(byte / 255 − ImageNet's mean) / deviation"
        ])
      let saved = try SavedModel(contentsOf: outcome.model)
      let network = try saved.model.network()
      #expect(
        network.layers.map(\.name) == [
          "preprocess_input", "stem", "branch", "sum", "last_map", "mean", "hidden", "dense",
        ])
      let state = try await saved.model.weights()
      for (name, tensor) in weights where !name.hasPrefix("predictions") { #expect(state[name] == tensor) }
      #expect(
        saved.preparation == PhotoPreparation(height: 24, width: 24, interpolation: .nearest, rescale: 1))
      #expect((outcome.history.epochs.last?.accuracy ?? 0) == 1)
    }
  }

  @Test(
    "A model of Whisker's says itself how photos are prepared, and another size fits a base of convolutions")
  func ownFile() async throws {
    try await withTemporaryFolder { folder in
      try Self.makePhotos(in: folder.appendingPathComponent("data"))
      let preparation = PhotoPreparation(height: 24, width: 24, interpolation: .bicubic, rescale: 0.01)
      let file = folder.appendingPathComponent("own.safetensors")
      let model = Model(try Self.network(), seed: 2)
      try await SavedModel(
        model: model, preparation: preparation, classNames: (0..<10).map { "c\($0)" },
        loss: .sparseCategoricalCrossentropy
      ).write(to: file)
      let recipe = try Self.recipe(
        "base: \(file.path)\nimage: {height: 20, width: 28}\nhead: {logistic_regression: {l2: [0.01]}}")
      let outcome = try await Self.run(recipe, in: folder, "run").run(on: OneDNNEngine()) { _ in }
      var expected = preparation
      (expected.height, expected.width) = (20, 28)
      #expect(try SavedModel(contentsOf: outcome.model).preparation == expected)

      let stated = try Self.recipe(
        "base: {model: \(file.path), preprocessing: tf}\nhead: logistic_regression")
      let error = #expect(throws: WhiskerError.self) { try stated.readingBase() }
      #expect(error?.message.contains("none for a model that says itself") == true)
    }
  }

  @Test("Fine-tuning on a file goes on after an interruption with the same bits")
  func resumed() async throws {
    try await withTemporaryFolder { folder in
      try Self.makePhotos(in: folder.appendingPathComponent("data"))
      let file = folder.appendingPathComponent("base.h5")
      _ = try await Self.write(Self.network(scaling: true), to: file)
      let recipe = try Self.recipe(
        """
        base: \(file.path)
        head: {logistic_regression: {l2: [0.01]}}
        optimizer: {adam: {learning_rate: 0.001}}
        training: {batch_size: 4, epochs: 3}
        phases: [{name: upper, train: [last 50 %]}]
        """)
      let engine = OneDNNEngine()
      let whole = try await Self.run(recipe, in: folder, "whole").run(on: engine) { _ in }
      var short = recipe
      short.training.epochs = 1
      _ = try await Self.run(short, in: folder, "parts").run(on: engine) { _ in }
      var rest = Self.run(recipe, in: folder, "parts")
      rest.existing = .resume
      let resumed = try await rest.run(on: engine) { _ in }
      #expect(try Data(contentsOf: whole.model) == Data(contentsOf: resumed.model))
      let saved = try SavedModel(contentsOf: whole.model)
      #expect(saved.preparation.rescale == 1)
      // What isn't among the upper half stays the file's.
      let (before, after) = try await (
        StoredModel(contentsOf: file).state.weights, saved.model.weights()
      )
      #expect(after["stem/kernel"] == before["stem/kernel"])
      #expect(after["hidden/kernel"] != before["hidden/kernel"])
    }
  }

  // MARK: Refusals

  @Test("A file whose network says nothing about photos, or holds no network, is refused with what to do")
  func refusals() async throws {
    try await withTemporaryFolder { folder in
      let unknown = folder.appendingPathComponent("unknown.keras")
      _ = try await Self.write(Self.network(), to: unknown)
      let gray = folder.appendingPathComponent("gray.keras")
      _ = try await Self.write(Self.network(input: [24, 24, 1]), to: gray)
      let numbers = folder.appendingPathComponent("numbers.keras")
      _ = try await Self.write(try Network(input: [7], layers: [Dense(3)]), to: numbers)
      let broken = folder.appendingPathComponent("broken.keras")
      try Data(contentsOf: unknown).prefix(900).write(to: broken)
      let cases: [(String, WhiskerError.Code, String)] = [
        (unknown.path, .unknownPreprocessing, "bytes (bytes as they are), unit (byte / 255)"),
        ("{model: \(gray.path), preprocessing: caffe}", .invalidSetting, "bytes, unit or tf for gray"),
        ("{model: \(numbers.path), preprocessing: tf}", .badModel, "an input of photos"),
        (
          "{model: \(unknown.path), preprocessing: tf, layer: steam}", .badModel,
          "none of \"stem\", \"branch\""
        ),
        (broken.path, .badModel, "broken.keras"), (folder.path + "/no.keras", .missingFile, "a model file"),
        (folder.path, .badModel, "a folder"),
      ]
      for (base, code, part) in cases {
        let recipe = try Self.recipe("base: \(base)\nhead: logistic_regression")
        let error = #expect(throws: WhiskerError.self) { try recipe.readingBase() }
        #expect(error?.code == code, "\(base): \(error.map { "\($0)" } ?? "")")
        #expect(error.map { "\($0)".contains(part) } == true, "\(base): \(error.map { "\($0)" } ?? "")")
      }
    }
  }
}
