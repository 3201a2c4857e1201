import Foundation
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// A whole model in one HDF5 file, as `model.save("model.h5")` writes it: the format of Keras 2, which Keras 3
/// still supports.
///
/// Descriptions are JSON in attributes of the root, weights lie in a group for each layer. Whisker's own notes are a
/// further attribute, `whisker`.
enum KerasH5File {
  /// The release of Keras whose form files have.
  static let kerasVersion = "3.15.1"
  private static let backend = "tensorflow"

  enum Name {
    static let architecture = "model_config"
    static let training = "training_config"
    static let weights = "model_weights"
    static let optimizer = "optimizer_weights"
    static let weightNames = "weight_names"
    static let layerNames = "layer_names"
  }

  /// An attribute that would be larger is divided among several: `layer_names0`, `layer_names1`, ….
  private static let attributeLimit = 64_512

  // MARK: - Reading

  /// Reads the tree of a file.
  ///
  /// - Parameter choices: what the file leaves open.
  static func model(
    _ root: HDF5Group, file: String, choices: ModelChoices = .init()
  ) throws(WhiskerError) -> StoredModel {
    guard let text = root.attributes[Name.architecture]?.string else {
      let isWeightsOnly = root.attributes[Name.layerNames] != nil || root.group("layers") != nil
      throw WhiskerError(
        isWeightsOnly ? .weightsAlone : .notThisFormat, file,
        expected: "a model with its \(Name.architecture)",
        got: isWeightsOnly ? "weights alone, as save_weights writes them" : "a file without it")
    }
    func json(_ name: String) throws(WhiskerError) -> JSONValue? {
      guard let text = root.attributes[name]?.string else { return nil }
      return try JSONValue(Array(text.utf8), place: name, file: file)
    }
    let model = try KerasModel(
      architecture: JSONValue(Array(text.utf8), place: Name.architecture, file: file),
      training: json(Name.training), file: file, version: root.attributes["keras_version"]?.string,
      choices: choices)
    guard let weights = root.group(Name.weights) else {
      throw WhiskerError(.missingTensor, file, expected: "a group \(Name.weights)", got: "none")
    }
    var state = model.firstState
    var rest = model.filedNodes[...]
    while let name = rest.first?.topLevelName {
      let nodes = rest.prefix { $0.topLevelName == name }
      rest = rest.dropFirst(nodes.count)
      guard let group = weights.group(name) else {
        throw WhiskerError(
          .missingTensor, file, expected: "the weights of the layer '\(name)'", got: "none")
      }
      try model.restore(datasets(group, file, place: name), of: nodes, named: name, into: &state)
    }
    // Without them, predictions are the same; Keras ends in the middle where two have one name.
    let optimizer = root.group(Name.optimizer)
    let variables = optimizer.flatMap { try? datasets($0, file, place: Name.optimizer) }
    var stored = try model.storedModel(
      state, optimizerVariables: variables ?? [],
      metadata: KerasMetadata(json(KerasMetadata.name), group: root.group(KerasMetadata.name)))
    if optimizer != nil, variables == nil {
      stored.remarks.append("its optimizer's state lacks variables: training would continue without it")
    }
    return stored
  }

  /// The datasets of a group in the order of its `weight_names`.
  static func datasets(
    _ group: HDF5Group, _ file: String, place: String
  ) throws(WhiskerError) -> [HDF5Dataset] {
    var datasets: [HDF5Dataset] = []
    for name in names(Name.weightNames, of: group) where !isRandomState(name) {
      guard !name.contains("/lora_") else {
        throw WhiskerError(
          .unsupported, "\(file): layer '\(place)'", expected: "weights with what LoRA learned added to them",
          got: "them apart: save the model as .keras, which adds it")
      }
      guard let dataset = group.dataset(name) else {
        throw WhiskerError(.missingTensor, file, "\(place): expected a dataset '\(name)', got none")
      }
      datasets.append(dataset)
    }
    return datasets
  }

  /// Whether a name is that of a random generator's state, which Keras counts among the weights.
  private static func isRandomState(_ name: String) -> Bool {
    name.contains("seed_generator") || name.hasSuffix("StateVar:0")
  }

  /// A list of names, which may be divided among several attributes.
  static func names(_ name: String, of group: HDF5Group) -> [String] {
    if let names = group.attributes[name]?.strings { return names }
    var (names, part): ([String], Int) = ([], 0)
    while let more = group.attributes["\(name)\(part)"]?.strings {
      names += more
      part += 1
    }
    return names
  }

  // MARK: - Writing

  /// The tree of a model's file.
  static func tree(_ stored: StoredModel, file: String) throws(WhiskerError) -> HDF5Group {
    let model = KerasModel(stored, file: file)
    var root = HDF5Group(attributes: [
      "keras_version": HDF5Value(kerasVersion), "backend": HDF5Value(backend),
    ])
    do {
      let architecture = try model.architecture.json(.legacy, shapes: model.shapes)
      root.attributes[Name.architecture] = HDF5Value(JSONValue.object(architecture).text)
    } catch let error as WhiskerError {
      throw error.inside(file)
    } catch {
      throw WhiskerError(.cannotWrite, file, "a layer's settings can't be written: \(error)")
    }
    if let training = model.training.legacyJSON { root.attributes[Name.training] = HDF5Value(training.text) }
    let metadata = KerasMetadata(stored)
    if let notes = metadata.json { root.attributes[KerasMetadata.name] = HDF5Value(notes) }
    root.set(try weights(stored, model, file), at: Name.weights)
    if model.training.legacyJSON != nil, let variables = model.variables {
      root.set(optimizer(stored, model, variables), at: Name.optimizer)
    }
    metadata.write(to: &root)
    return root
  }

  private static func weights(
    _ stored: StoredModel, _ model: KerasModel, _ file: String
  ) throws(WhiskerError) -> HDF5Group {
    var root = HDF5Group(attributes: [
      "keras_version": HDF5Value(kerasVersion), "backend": HDF5Value(backend),
    ])
    let inputs = model.architecture.isSequential ? [] : [model.architecture.inputName]
    let nodes = model.architecture.nodes.filter(\.isFiled)
    set(inputs + nodes.map(\.name), as: Name.layerNames, of: &root)
    for name in inputs + [topLevelName] { root.set(emptyGroup, at: name) }
    for node in nodes {
      var group = emptyGroup
      var names: [String] = []
      for (stateName, specification) in model.weights(of: node) {
        guard let tensor = stored.state.weights[stateName], tensor.shape == specification.shape else {
          throw WhiskerError(
            .cannotWrite, file, expected: "a weight '\(stateName)' \(specification.shape)", got: "none")
        }
        names.append(path(stateName, model))
        group.set(HDF5Dataset(tensor), at: path(stateName, model))
      }
      set(names, as: Name.weightNames, of: &group)
      root.set(group, at: node.name)
    }
    return root
  }

  private static let topLevelName = "top_level_model_weights"
  private static let emptyGroup = HDF5Group(attributes: [Name.weightNames: HDF5Value([String]())])

  /// What Keras calls a weight: in a chain the model's name comes first.
  private static func path(_ stateName: String, _ model: KerasModel) -> String {
    model.architecture.isSequential ? "\(model.architecture.name)/\(stateName)" : stateName
  }

  private static func optimizer(
    _ stored: StoredModel, _ model: KerasModel, _ variables: KerasVariables
  ) -> HDF5Group {
    var group = HDF5Group()
    guard let optimizer = model.training.optimizer else { return group }
    let prefix = KerasTraining.variableName(of: optimizer)
    var names: [String] = []
    func add(_ dataset: HDF5Dataset, _ name: String) {
      names.append("\(prefix)/\(name)")
      group.set(dataset, at: "\(prefix)/\(name)")
    }
    add(HDF5Dataset(HDF5Value(stored.state.optimizerStep)), "iteration")
    // A rate that follows a schedule isn't a variable.
    if KerasSchedule(of: optimizer) == nil {
      add(HDF5Dataset(Tensor(optimizer.learningRate)), "learning_rate")
    }
    for (weight, slot, tensor) in variables.tensors(of: stored.state) {
      let name = path(weight, model).replacing("/", with: "_")
      add(HDF5Dataset(tensor), "\(name)_\(slot)")
    }
    set(names, as: Name.weightNames, of: &group)
    return group
  }

  /// Notes names in an attribute, or in several if they are many.
  private static func set(_ names: [String], as name: String, of group: inout HDF5Group) {
    // Each takes as much room as the longest.
    let width = max(1, names.map(\.utf8.count).max() ?? 1)
    let limit = max(1, attributeLimit / width)
    guard names.count > limit else {
      group.attributes[name] = HDF5Value(names)
      return
    }
    for (index, start) in stride(from: 0, to: names.count, by: limit).enumerated() {
      group.attributes["\(name)\(index)"] = HDF5Value(Array(names[start..<min(start + limit, names.count)]))
    }
  }
}
