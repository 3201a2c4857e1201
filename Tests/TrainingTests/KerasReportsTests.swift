import Foundation
import Testing
import WhiskerFormats
import WhiskerGraph
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Files that people report they can't load, made by changing what Whisker wrote.
@Suite struct KerasReportsTests {
  private static let weights = "model.weights.h5"

  /// A small network for photos of 8 × 8, with weights drawn from a seed.
  private func model(_ layers: [any Layer], input: Shape = [8, 8, 3]) throws -> StoredModel {
    let network = try Network(input: input, layers: layers)
    return StoredModel(
      network: network, state: TrainingState(weights: network.initialWeights(RandomKey(seed: 3))),
      loss: .sparseCategoricalCrossentropy, optimizer: .adamW(learningRate: 0.01, weightDecay: 0))
  }

  private func plain(_ between: [any Layer] = []) throws -> StoredModel {
    try model(
      [Conv2D(4, kernel: 3, activation: .relu)] + between + [
        GlobalAveragePooling2D(), Dense(3, activation: .softmax),
      ])
  }

  /// Writes a model as `.h5`, changes the tree, and reads it.
  private func read(_ stored: StoredModel, _ change: (inout HDF5Group) throws -> Void) async throws
    -> StoredModel
  {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("m.h5")
      try stored.write(to: url)
      var root = try HDF5File(contentsOf: url).root
      try change(&root)
      let changed = folder.appendingPathComponent("changed.h5")
      try HDF5File.write(root, to: changed)
      return try StoredModel(contentsOf: changed)
    }
  }

  /// Reads a model whose description was changed: each pair's first text is found.
  private func read(_ stored: StoredModel, replacing pairs: [(String, String)]) async throws -> StoredModel {
    try await read(stored) { root in
      var text = try #require(root.attributes["model_config"]?.string)
      for (old, new) in pairs {
        let range = try #require(text.range(of: old), "\(old) in \(text)")
        text.replaceSubrange(range, with: new)
      }
      root.attributes["model_config"] = HDF5Value(text)
    }
  }

  /// Writes a model as `.keras`, changes the names and texts of its entries, and reads it.
  private func readArchive(
    _ url: URL, _ change: (String, [UInt8]) -> (String, [UInt8])
  ) async throws -> StoredModel {
    try await withTemporaryFolder { folder in
      let archive = try ZipArchive(contentsOf: url)
      let entries = try archive.sizes.keys.sorted().map { name in
        let (name, bytes) = change(name, try archive.contents(of: name))
        return ZipWriter.Entry(name, bytes)
      }
      let changed = folder.appendingPathComponent("changed.keras")
      try ZipWriter.write(entries, to: changed)
      return try StoredModel(contentsOf: changed)
    }
  }

  private func predictions(_ stored: StoredModel) async throws -> [Float] {
    let model = Model(stored.network)
    try model.setWeights(stored.state.weights)
    try model.compile(loss: .sparseCategoricalCrossentropy, engine: EngineKind.reference.make())
    let input = stored.network.input
    return try await model.predict(Formula.uniform("reports", Shape([2] + input.sizes))).values
  }

  // MARK: - Layers

  @Test(arguments: ["efficientnet>FixedDropout", "FixedDropout", "DropConnect"])
  func `What drops things in training by another package's class is read`(className: String) async throws {
    let stored = try plain([Dropout(0.2)])
    let read = try await read(
      stored, replacing: [("\"class_name\":\"Dropout\"", "\"class_name\":\"\(className)\"")])
    #expect(try await predictions(read) == predictions(stored))
    #expect(read.remarks.contains { $0.contains("drops connections") } == (className == "DropConnect"))
  }

  @Test func `Swish as another package's layer is SiLU, unless it is stretched`() async throws {
    let stored = try plain([Activation(.silu)])
    let layer = ("\"activation\":\"silu\"", "\"beta\":1.0")
    let name = ("\"class_name\":\"Activation\"", "\"class_name\":\"Swish\"")
    #expect(try await predictions(read(stored, replacing: [name, layer])) == predictions(stored))
    let error = await #expect(throws: WhiskerError.self) {
      try await self.read(stored, replacing: [name, (layer.0, "\"beta\":2.0")])
    }
    #expect(error?.got?.contains("Swish") == true)
  }

  @Test func `A quantized layer is refused for what it is`() async throws {
    for policy in ["QuantizedDTypePolicy", "Int4DTypePolicy"] {
      let dtype = "{\"class_name\":\"\(policy)\",\"config\":{\"mode\":\"int8\",\"source_name\":\"float32\"}}"
      let error = await #expect(throws: WhiskerError.self) {
        try await self.read(
          plain(), replacing: [("\"dtype\":\"float32\",\"filters\"", "\"dtype\":\(dtype),\"filters\"")])
      }
      #expect(error?.got?.contains("quantized") == true, "\(String(describing: error))")
    }
  }

  @Test func `What LoRA learned apart from the weights is refused`() async throws {
    let error = await #expect(throws: WhiskerError.self) {
      try await self.read(plain()) { root in
        var layer = try #require(root.group("model_weights/dense"))
        let names = try #require(layer.attributes["weight_names"]?.strings)
        layer.attributes["weight_names"] = HDF5Value(names + ["dense/lora_kernel_a"])
        root.set(layer, at: "model_weights/dense")
      }
    }
    #expect(error?.place.contains("'dense'") == true && error?.expected?.contains("LoRA") == true)
  }

  @Test func `A class of the user's own with Keras's layers is read, which is said`() async throws {
    let stored = try plain()
    let read = try await read(
      stored, replacing: [("\"class_name\":\"Sequential\"", "\"class_name\":\"CatModel\"")])
    #expect(try await predictions(read) == predictions(stored))
    #expect(
      read.readingRemarks == [
        "its class CatModel has code of its own, which isn't in the file: read as the plain "
          + "sequential model of its layers"
      ])
  }

  @Test func `Gray photos without an axis of channels are read where that makes no difference`() async throws
  {
    let layers: [any Layer] = [Flatten(), Dense(4, activation: .relu), Dense(3, activation: .softmax)]
    let stored = try model(layers, input: [8, 8, 1])
    func shape(_ sizes: String) -> String { "\"batch_shape\":[null,\(sizes)]" }
    let read = try await read(stored, replacing: [(shape("8,8,1"), shape("8,8"))])
    #expect(read.network.input == [8, 8, 1])
    #expect(try await predictions(read) == predictions(stored))
    #expect(read.readingRemarks.contains { $0.contains("no axis of channels") })
    let rows = try model([Dense(4), Flatten(), Dense(3, activation: .softmax)], input: [8, 8, 8])
    await #expect(throws: WhiskerError.self) {
      try await self.read(rows, replacing: [(shape("8,8,8"), shape("8,8"))])
    }
  }

  @Test(arguments: ["3.15-shared.keras", "3.15-shared_within.keras", "3.15-shared_outputs.keras"])
  func `Keras 3.2's lost calls are refused, and only those`(file: String) async throws {
    let url = KerasFixtures.url("keras-everyday/\(file)")
    func read(version: String, losing: Bool) async throws -> StoredModel {
      try await readArchive(url) { name, bytes in
        var text = String(decoding: bytes, as: UTF8.self)
        if name == "metadata.json" { text = text.replacing(/3\.15\.\d+/, with: version) }
        if name == "config.json" && losing {
          text = text.replacing(/("keras_history": \["\w+"), 1, 0\]/) { "\($0.output.1), 0, 0]" }
        }
        return (name, name == Self.weights ? bytes : Array(text.utf8))
      }
    }
    let choices = file.contains("outputs")
    for (version, losing) in [("3.2.1", false), ("3.3.3", true), ("3.15.1", false)] where !choices {
      _ = try await read(version: version, losing: losing)
    }
    if !choices {
      let error = await #expect(throws: WhiskerError.self) { try await read(version: "3.2.1", losing: true) }
      #expect(error?.got?.contains("Keras 3.2") == true)
    }
  }

  // MARK: - Archives

  @Test func `An archive packed with its folder is read, others are named`() async throws {
    let url = KerasFixtures.url("keras-everyday/3.15-normalized.keras")
    let stored = try StoredModel(contentsOf: url)
    for folder in ["model/", "./", "a/b.keras/"] {
      #expect(try await readArchive(url) { ("\(folder)\($0)", $1) }.state.weights == stored.state.weights)
    }
    let error = await #expect(throws: WhiskerError.self) {
      try await self.readArchive(url) { ($0 == Self.weights ? "a/\($0)" : "b/\($0)", $1) }
    }
    #expect(error?.code == .packedModel)
  }

  // MARK: - Training

  /// Puts names into an optimizer's list, with variables of one number, or with those of the same names' others.
  private func withVariables(
    _ scalars: [(String, Double)] = [], others: String? = nil, config: [(String, String)] = []
  ) async throws -> StoredModel {
    var stored = try plain()
    for (number, weight) in stored.network.weights.enumerated() {
      for slot in UpdateRule.adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-7, isAMSGrad: false).slots {
        stored.state.slots[slot.name(for: weight.name)] = Formula.uniform(
          "\(slot)\(number)", weight.specification.shape)
      }
    }
    stored.state.step = 7
    stored.state.optimizerStep = 7
    let read = try await read(stored) { root in
      var group = try #require(root.group("optimizer_weights"))
      var names = try #require(group.attributes["weight_names"]?.strings)
      if let others {
        let weights = stored.network.weights.enumerated().map { ("\(others)/\($0)", $1.specification.shape) }
        for (name, shape) in weights { group.set(HDF5Dataset(Formula.uniform(name, shape)), at: name) }
        names.insert(contentsOf: weights.map(\.0), at: 2)
      }
      for (name, value) in scalars {
        group.set(
          HDF5Dataset(value == value.rounded() ? HDF5Value(Int(value)) : HDF5Value(value)), at: name)
      }
      names.insert(contentsOf: scalars.map(\.0), at: 0)
      group.attributes["weight_names"] = HDF5Value(names)
      root.set(group, at: "optimizer_weights")
      var text = try #require(root.attributes["training_config"]?.string)
      for (old, new) in config {
        let range = try #require(text.range(of: old), "\(old) in \(text)")
        text.replaceSubrange(range, with: new)
      }
      root.attributes["training_config"] = HDF5Value(text)
    }
    #expect(read.state.step == 7)
    #expect(read.state.slots.filter { !$0.key.hasSuffix(":gradient_accumulator") } == stored.state.slots)
    return read
  }

  @Test func `An optimizer within one that scales the loss goes on, in h5 too`() async throws {
    let scaling = [
      ("scale/iteration", 3.0), ("scale/rate", 0.5), ("scale/steps", 2.0), ("scale/dynamic", 32_768.5),
    ]
    #expect(try await withVariables(scaling).remarks == [])
  }

  @Test func `Averages of weights and sums of gradients don't hide an optimizer's state`() async throws {
    let averaging = [("\"learning_rate\"", "\"use_ema\":true,\"learning_rate\"")]
    #expect(try await withVariables(others: "average", config: averaging).remarks.count == 1)
    let summing = [("\"learning_rate\"", "\"gradient_accumulation_steps\":4,\"learning_rate\"")]
    let summed = try await withVariables(others: "sum", config: summing)
    #expect(summed.remarks == [])
    // These are the optimizer's too.
    for (number, weight) in summed.network.weights.enumerated() {
      #expect(
        summed.state.slots["\(weight.name):gradient_accumulator"]
          == Formula.uniform("sum/\(number)", weight.specification.shape))
    }
  }

  @Test func `A model whose optimizer's state is damaged predicts, and says so`() async throws {
    var stored = try plain()
    stored.state.optimizerStep = 1
    let read = try await read(stored) { root in
      var group = try #require(root.group("optimizer_weights"))
      group.attributes["weight_names"] = HDF5Value(["iteration", "none"])
      root.set(group, at: "optimizer_weights")
    }
    #expect(read.remarks.contains { $0.contains("lacks variables") })
    #expect(try await predictions(read) == predictions(stored))
  }

  @Test func `A loss of the user's own is named`() async throws {
    let loss =
      "{\"class_name\":\"function\",\"config\":\"focal\",\"module\":\"builtins\",\"registered_name\":\"function\"}"
    let read = try await read(plain()) { root in
      let text = try #require(root.attributes["training_config"]?.string)
      root.attributes["training_config"] = HDF5Value(
        text.replacing("\"sparse_categorical_crossentropy\"", with: loss, maxReplacements: 1))
    }
    #expect(read.remarks.contains("its loss is focal, which Whisker doesn't have"))
  }
}
