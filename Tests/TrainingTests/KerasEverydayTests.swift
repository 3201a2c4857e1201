import Foundation
import Testing
import WhiskerFormats
import WhiskerGraph
import WhiskerImages
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Models as people write them, saved by Keras 2.13, 2.15 and 3.15 (`Tools/reference/keras_everyday.py`).
@Suite struct KerasEverydayTests {
  /// One file and what Keras predicts with it.
  struct FileCase: Decodable, Sendable, CustomTestStringConvertible {
    let file: String
    /// The result that is asked for, of several.
    let output: String?
    let predictions: [[Float]]

    var testDescription: String { file }
    var url: URL { KerasFixtures.url("keras-everyday/\(file)") }
    /// Half precision rounds each layer's result to 11 bits, bfloat16 to 8.
    var tolerance: Float { file.contains("bfloat16") ? 3e-2 : file.contains("float16") ? 4e-3 : 2e-5 }
    var choices: ModelChoices {
      ModelChoices(imageSize: file.contains("open_size") ? 12 : nil, output: output)
    }
  }

  static let all: [FileCase] =
    (try? KerasFixtures.everyday()) ?? []

  @Test func `There are files of three Kerases`() {
    #expect(Self.all.count == 97)
    #expect(Set(Self.all.map { $0.file.prefix(4) }) == ["2.13", "2.15", "3.15"])
  }

  @Test(arguments: all)
  func `A file predicts what Keras predicts, and so does what Whisker writes of it`(_ file: FileCase)
    async throws
  {
    let stored = try StoredModel(contentsOf: file.url, choices: file.choices)
    try await expectPredictions(of: stored, file)
    try await withTemporaryFolder { folder in
      for ending in ["keras", "h5", "safetensors"] {
        let url = folder.appendingPathComponent("model.\(ending)")
        try stored.write(to: url)
        let again = try StoredModel(contentsOf: url)
        try await expectPredictions(of: again, file)
        guard ending != "safetensors" else { continue }
        #expect(again.loss == stored.loss)
        #expect(again.lossTakesLogits == stored.lossTakesLogits)
        #expect(!again.network.layers.contains { $0.name.contains("/") })
      }
    }
  }

  private static let images = Tensor(
    shape: [4, 12, 12, 3],
    values: Formula.integers("keras-everyday/images", count: 4 * 12 * 12 * 3, below: 256).map { Float($0) })

  private func expectPredictions(of stored: StoredModel, _ file: FileCase) async throws {
    let predictions = try await predictions(of: Model(stored.network), stored.state)
    #expect(predictions.count == file.predictions.joined().count)
    for (found, expected) in zip(predictions, file.predictions.joined()) {
      #expect(abs(found - expected) <= file.tolerance * max(1, abs(expected)), "\(found) for \(expected)")
    }
  }

  private func predictions(of model: Model, _ state: TrainingState) async throws -> [Float] {
    try model.setWeights(state.weights)
    let outputs = try model.network().output[0]
    try model.compile(
      loss: outputs == 1 ? .binaryCrossentropy : .sparseCategoricalCrossentropy,
      engine: EngineKind.reference.make())
    return try await model.predict(Self.images).values
  }

  // MARK: - Probabilities

  @Test(arguments: all.filter { $0.file.contains("logits") })
  func `Logits become probabilities as the loss says`(_ file: FileCase) async throws {
    let saved = try SavedModel(contentsOf: file.url)
    let isSigmoid = file.file.contains("two_logits")
    #expect(saved.remarks.count == 1 && saved.remarks[0].contains(isSigmoid ? "sigmoid" : "softmax"))
    let expected = file.predictions.flatMap { row in
      let exponentials = row.map { exp($0) }
      return isSigmoid ? row.map { 1 / (1 + exp(-$0)) } : exponentials.map { $0 / exponentials.reduce(0, +) }
    }
    try saved.compile(engine: EngineKind.reference.make())
    let found = try await saved.model.predict(Self.images).values
    for (found, expected) in zip(found, expected) { #expect(abs(found - expected) < 1e-5) }
    // The loss is computed from the logits, as in Keras.
    let asTheyAre = try SavedModel(contentsOf: file.url, stating: ModelStatement(outputs: .probabilities))
    #expect(try asTheyAre.model.network().layers.count == (try saved.model.network().layers.count) - 1)
  }

  @Test func `A network without a last activation gives logits, whatever its loss`() async throws {
    let network = try Network(input: [4, 4, 3], layers: [Rescaling(1), GlobalAveragePooling2D(), Dense(2)])
    let saved = try await saved(network)
    #expect(saved.assumptions.contains(.logits(.softmax)))
    #expect(saved.assumptions.contains(.rescale(1 / 255)), "nothing is scaled by 1")
    let one = try Network(input: [4, 4, 3], layers: [GlobalAveragePooling2D(), Dense(1), Dropout(0.5)])
    #expect(try await self.saved(one).assumptions.contains(.logits(.sigmoid)))
    let scaled = try Network(
      input: [4, 4, 3], layers: [Dropout(0.1), Rescaling(0.5), Flatten(), Dense(2, activation: .sigmoid)])
    #expect(
      try await self.saved(scaled).assumptions.allSatisfy { if case .logits = $0 { false } else { true } })
    #expect(try await self.saved(scaled).assumptions.contains(.rescale(1)))
  }

  @Test func `Numbers that are no probabilities are refused`() async throws {
    let network = try Network(
      input: [4, 4, 3],
      layers: [Rescaling(0, offset: -1), Flatten(), Dense(1, activation: .tanh, kernelInitializer: .ones)])
    let saved = try await saved(network)
    #expect(saved.assumptions.allSatisfy { if case .logits = $0 { false } else { true } })
    try saved.compile(engine: EngineKind.reference.make())
    try await withTemporaryFolder { folder in
      let photo = folder.appendingPathComponent("a.png")
      try Photo(height: 4, width: 4, channels: 3, pixels: [UInt8](repeating: 9, count: 48)).write(to: photo)
      let error = await #expect(throws: WhiskerError.self) {
        try await saved.predict(photos: [photo.path]) { _ in }
      }
      #expect(error?.code == .notProbabilities)
      let stated = try await self.saved(network, ModelStatement(outputs: .logits))
      try stated.compile(engine: EngineKind.reference.make())
      var found: [Float] = []
      try await stated.predict(photos: [photo.path]) { found = try $0.get().probabilities }
      #expect(found.allSatisfy { 0...1 ~= $0 } && found[1] < 0.5)
    }
  }

  /// A network with its first weights, written as another program would and read again.
  private func saved(_ network: Network, _ statement: ModelStatement = .init()) async throws -> SavedModel {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("m.safetensors")
      let weights = network.initialWeights(RandomKey(seed: 1))
      try StoredModel(network: network, state: TrainingState(weights: weights)).write(to: url)
      return try SavedModel(contentsOf: url, stating: statement)
    }
  }

  // MARK: - What a file says

  @Test func `Bytes go into a network for bytes as they are`() throws {
    for file in ["2.15-bytes_input.keras", "3.15-functions.keras"] {
      let saved = try SavedModel(contentsOf: KerasFixtures.url("keras-everyday/\(file)"))
      #expect(saved.preparation.rescale == 1)
    }
  }

  @Test func `A size that is left open must be stated, and a fixed one can't be changed`() throws {
    let open = KerasFixtures.url("keras-everyday/3.15-open_size.keras")
    let error = #expect(throws: WhiskerError.self) { try SavedModel(contentsOf: open) }
    #expect(error?.code == .openInputSize)
    let statement = ModelStatement(choices: ModelChoices(imageSize: Size2D(height: 20, width: 30)))
    let saved = try SavedModel(contentsOf: open, stating: statement)
    #expect(saved.preparation.height == 20 && saved.preparation.width == 30)
    let fixed = KerasFixtures.url("keras-everyday/3.15-gaps.keras")
    let change = #expect(throws: WhiskerError.self) { try SavedModel(contentsOf: fixed, stating: statement) }
    #expect(change?.code == .invalidSetting && change?.place == "image size")
    #expect(
      try SavedModel(contentsOf: fixed, stating: ModelStatement(choices: ModelChoices(imageSize: 12)))
        .assumptions.count > 1)
  }

  @Test func `What only training needs is left out with a remark`() throws {
    for file in ["2.15-training_only.keras", "2.15-training_only.h5", "3.15-training_only.keras"] {
      let remarks = try StoredModel(contentsOf: KerasFixtures.url("keras-everyday/\(file)")).remarks
      for setting in [
        "kernel_constraint", "bias_regularizer", "kernel_regularizer \"L1L2\"", "activity_regularizer",
        "gamma_regularizer", "beta_constraint",
      ] {
        #expect(remarks.contains { $0.contains(setting) }, "\(file): \(setting) in \(remarks)")
      }
    }
  }

  @Test func `The state of an optimizer for half precision is read`() throws {
    for file in ["2.15-mixed_float16.keras", "2.15-mixed_float16.h5", "3.15-mixed_float16.keras"] {
      let stored = try StoredModel(contentsOf: KerasFixtures.url("keras-everyday/\(file)"))
      #expect(stored.remarks == [], "\(file)")
      #expect(stored.state.optimizerStep == 1, "\(file)")
      #expect(stored.state.slots.count == 12, "\(file)")
    }
  }

  @Test(arguments: ["a.h5", "a.safetensors", "a.bin", "a"])
  func `A file is read by its first bytes`(name: String) async throws {
    try await withTemporaryFolder { folder in
      for (original, format) in [("3.15-gaps.keras", "keras"), ("2.15-gaps.h5", "h5")] {
        let url = folder.appendingPathComponent("\(format)-\(name)")
        try FileManager.default.copyItem(at: KerasFixtures.url("keras-everyday/\(original)"), to: url)
        #expect(try StoredModel(contentsOf: url).network.layers.count == 10)
      }
    }
  }

  @Test func `One of several results must be asked for, by a name that there is`() throws {
    for (file, names) in [
      ("2.15-two_outputs.h5", "sick, breed"), ("2.15-named_outputs.keras", "breed, sick"),
      ("3.15-named_outputs.keras", "breed, sick"), ("3.15-two_outputs.keras", "sick, breed"),
    ] {
      let url = KerasFixtures.url("keras-everyday/\(file)")
      let several = #expect(throws: WhiskerError.self) { try SavedModel(contentsOf: url) }
      #expect(several?.code == .severalOutputs && several?.got == "2: \(names)", "\(file): \(several as Any)")
      let unknown = #expect(throws: WhiskerError.self) {
        try SavedModel(contentsOf: url, stating: ModelStatement(choices: ModelChoices(output: "age")))
      }
      #expect(unknown?.code == .invalidSetting && unknown?.place == "output layer", "\(file)")
      let sick = try SavedModel(
        contentsOf: url, stating: ModelStatement(choices: ModelChoices(output: "sick")))
      #expect(sick.loss.kind == .binary && sick.classNames == ["0", "1"])
    }
  }

  @Test func `A layer that is called twice has its weights once, here and in files`() async throws {
    for (file, count) in [("3.15-shared.keras", 4), ("2.15-shared_within.h5", 3), ("2.13-shared.keras", 4)] {
      let stored = try StoredModel(contentsOf: KerasFixtures.url("keras-everyday/\(file)"))
      func weighty(_ model: StoredModel) -> Int {
        Set(model.state.weights.keys.compactMap { $0.hasSuffix("/kernel") ? $0 : nil }).count
      }
      #expect(weighty(stored) == count, "\(file)")
      #expect(stored.network.layers.contains { $0.owner != nil })
      try await withTemporaryFolder { folder in
        for ending in ["keras", "h5", "safetensors"] {
          let url = folder.appendingPathComponent("again.\(ending)")
          try stored.write(to: url)
          #expect(weighty(try StoredModel(contentsOf: url)) == count, "\(file) as \(ending)")
        }
      }
    }
  }

  // MARK: - Damage

  @Test(arguments: [
    ["3.15-arithmetic.keras", "2.13-nested_twice.keras", "2.15-layer_activations.keras"],
    [
      "3.15-open_size.keras", "3.15-float16.keras", "2.15-sliced_channels.keras", "2.15-mixed_float16.keras",
      "3.15-shared.keras", "2.15-named_outputs.keras",
    ],
  ])
  func `Damaged keras files are refused or read, within limits`(names: [String]) async throws {
    try await survive(names, as: "damaged.keras")
  }

  @Test(arguments: [
    ["2.15-arithmetic.h5", "2.15-nested_twice.h5", "2.15-functions.h5", "2.15-reversed_channels.h5"],
    ["2.15-slashes.h5", "2.15-open_size.h5", "3.15-layer_activations.h5", "2.15-logits.h5"],
  ])
  func `Damaged h5 files are refused or read, within limits`(names: [String]) async throws {
    try await survive(names, as: "damaged.h5")
  }

  /// Damage to the description itself: the rest of the file is in order, so that readers get far.
  @Test(arguments: [
    ["2.15-arithmetic.h5", "2.15-functions.h5", "2.15-reversed_channels.h5"],
    ["2.15-nested_twice.h5", "3.15-layer_activations.h5", "3.15-arithmetic.h5"],
    ["2.15-shared_within.h5", "3.15-shared.h5", "2.15-nested_outputs.h5", "2.15-named_outputs.h5"],
  ])
  func `Damaged descriptions are refused or read, within limits`(names: [String]) async throws {
    let roots = try names.map { try HDF5File(contentsOf: KerasFixtures.url("keras-everyday/\($0)")).root }
    let texts = roots.map { Array(($0.attributes["model_config"]?.string ?? "").utf8) }
    let files = DamagedFiles(texts, seed: 33) { bytes, random in
      JSONDamage.strike(&bytes, &random)
    }
    let tally = try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.h5")
      var number = 0
      return try await files.survive(as: "description.json", refusal: WhiskerError.self) { text in
        var root = roots[number % roots.count]
        number += 1
        root.attributes["model_config"] = HDF5Value(
          String(decoding: try Data(contentsOf: text), as: UTF8.self))
        try HDF5File.write(root, to: url)
        _ = try StoredModel(contentsOf: url, choices: ModelChoices(imageSize: 12))
      }
    }
    #expect(tally.refused > 300)
    #expect(tally.read > 20)
  }

  private func survive(_ names: [String], as name: String) async throws {
    let originals = try names.map {
      [UInt8](try Data(contentsOf: KerasFixtures.url("keras-everyday/\($0)")))
    }
    let files = DamagedFiles(originals, seed: 32)
    let tally = try await files.survive(as: name, refusal: WhiskerError.self) { url in
      _ = try StoredModel(contentsOf: url, choices: ModelChoices(imageSize: 12))
    }
    #expect(tally.refused > 50)
  }
}
