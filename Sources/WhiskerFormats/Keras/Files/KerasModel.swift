import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// What the two Keras formats share: a description of the network, one of its training, and variables in
/// Keras's order.
struct KerasModel {
  let architecture: KerasArchitecture
  let network: Network
  let training: KerasTraining
  /// The network's layers by name.
  private let entries: [String: Network.Entry]
  private let file: String

  /// Reads the descriptions.
  ///
  /// - Parameters:
  ///   - version: the release of Keras that wrote the file, as the file has it; nil if it doesn't say.
  ///   - choices: what the file leaves open.
  init(
    architecture: JSONValue, training: JSONValue?, file: String, version: String?,
    choices: ModelChoices = .init()
  ) throws(WhiskerError) {
    let isOld = version.map { $0.hasPrefix("1.") || $0.hasPrefix("2.") } ?? false
    var read = try KerasArchitecture(
      isOld ? KerasReading.translated(architecture) : architecture, file: file, output: choices.output)
    if version?.hasPrefix("3.2.") == true, let layer = KerasCalls.layerOfLostCalls(in: architecture) {
      throw WhiskerError(
        .unsupported, "\(file): layer '\(layer)'", expected: "references to each of its calls",
        got:
          "none to some: Keras 3.2 writes all as the first, and reads another model itself; save it with another release"
      )
    }
    read.addChannels()
    self.architecture = read
    network = try read.network(file: file, imageSize: choices.imageSize)
    self.training = training.map { KerasTraining($0) } ?? KerasTraining(loss: nil, optimizer: nil)
    entries = KerasModel.byName(network)
    self.file = file
  }

  /// A model to write.
  init(_ model: StoredModel, file: String) {
    architecture = KerasArchitecture(model.network)
    network = model.network
    training = KerasTraining(
      loss: model.loss, optimizer: model.optimizer, takesLogits: model.lossTakesLogits)
    entries = KerasModel.byName(network)
    self.file = file
  }

  private static func byName(_ network: Network) -> [String: Network.Entry] {
    Dictionary(network.layers.map { ($0.name, $0) }) { first, _ in first }
  }

  /// The weights of one layer in Keras's order, with their names in the network.
  func weights(of node: KerasArchitecture.Node) -> [(name: String, specification: WeightSpecification)] {
    guard let entry = entries[node.name] else { return [] }
    return weightsInOrderOfKeras(entry).map { (entry.stateName(of: $0), $0) }
  }

  /// Whether a layer has weights; one that leads only to a result that isn't read is taken to be as others of its class.
  func hasWeights(_ node: KerasArchitecture.Node) -> Bool {
    if entries[node.name] != nil { return !weights(of: node).isEmpty }
    return architecture.nodes.contains { $0.className == node.className && !weights(of: $0).isEmpty }
  }

  /// The shape of each layer's result by its name, and the input's.
  var shapes: [String: Shape] {
    var shapes = entries.mapValues(\.output)
    shapes[network.inputName] = network.input
    return shapes
  }

  /// The optimizer's state; nil if there is no optimizer that Whisker supports.
  var variables: KerasVariables? {
    guard let optimizer = training.optimizer else { return nil }
    let trained = architecture.nodes.filter(\.layer.isTrainable).flatMap { weights(of: $0) }
    return KerasVariables(
      weights: trained.filter(\.specification.isTrainable).map { ($0.name, $0.specification.shape) },
      optimizer: optimizer, otherSlots: training.otherSlots)
  }

  /// The layers whose weights the file holds.
  var filedNodes: [KerasArchitecture.Node] {
    architecture.nodes.filter { $0.isFiled && !weights(of: $0).isEmpty }
  }

  /// A state with the weights that follow from the description.
  var firstState: TrainingState {
    var state = TrainingState(weights: [:])
    for node in architecture.nodes {
      for (name, tensor) in node.constants { state.weights["\(node.name)/\(name)"] = tensor }
    }
    return state
  }

  /// Takes the variables of a layer, or of all layers of a model used as one, into a state.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `missingTensor` or `shapeMismatch`, naming the layer.
  func restore(
    _ datasets: [HDF5Dataset], of nodes: some Sequence<KerasArchitecture.Node>, named name: String,
    into state: inout TrainingState
  ) throws(WhiskerError) {
    // Keras lists what training changes first, of a whole model too.
    var (trained, others): ([(String, WeightSpecification)], [(String, WeightSpecification)]) = ([], [])
    for node in nodes {
      for weight in weights(of: node) {
        if node.layer.isTrainable && weight.specification.isTrainable {
          trained.append(weight)
        } else {
          others.append(weight)
        }
      }
    }
    let weights = trained + others
    // Counts and the states of random generators are no weights, except where a layer has one itself.
    let datasets = datasets.count == weights.count ? datasets : datasets.filter { !$0.isWholeNumber }
    guard datasets.count == weights.count else {
      throw WhiskerError(
        .missingTensor, file,
        "layer '\(name)': expected \(weights.count) weights, got \(datasets.count)")
    }
    for ((name, specification), dataset) in zip(weights, datasets) {
      guard dataset.shape == specification.shape else {
        throw WhiskerError(
          .shapeMismatch, file, expected: "\(specification.shape) for '\(name)'", got: "\(dataset.shape)")
      }
      state.weights[name] = try dataset.tensor()
    }
  }

  /// The stored model of these weights, with the optimizer's variables if there are any.
  func storedModel(
    _ state: TrainingState, optimizerVariables datasets: [HDF5Dataset], metadata: KerasMetadata
  ) throws(WhiskerError) -> StoredModel {
    var (state, optimizer) = (state, training.optimizer)
    var remarks = training.notes + architecture.nodes.flatMap(\.notes)
    if let variables, !datasets.isEmpty {
      let list = datasets.map { dataset in
        KerasVariables.Variable(
          shape: dataset.shape, tensor: { () throws(WhiskerError) in try dataset.tensor() },
          count: dataset.shape.rank == 0 ? (try? dataset.value())?.integers?.first.map { Int($0) } : nil)
      }
      if let rate = try variables.restore(list, into: &state, remarks: &remarks), rate > 0, rate.isFinite {
        optimizer?.learningRate = rate
      }
    }
    var model = StoredModel(
      network: network, state: state, loss: training.loss, optimizer: optimizer, metadata: metadata.entries,
      tensors: metadata.tensors)
    model.name = architecture.name
    model.remarks = remarks
    model.readingRemarks = architecture.remarks
    model.lossTakesLogits = training.takesLogits
    model.takesBytes = architecture.inputType == "uint8"
    return model
  }
}

/// Whisker's own notes in a Keras file: a JSON object of strings, and tensors in a group `whisker`.
struct KerasMetadata {
  var entries: [String: String] = [:]
  var tensors: [String: Tensor] = [:]

  /// The group of the tensors, and the attribute or the entry of the notes.
  static let name = "whisker"

  init(_ model: StoredModel) {
    entries = model.metadata
    tensors = model.tensors
  }

  init(_ notes: JSONValue?, group: HDF5Group?) throws(WhiskerError) {
    for (key, value) in notes?.object ?? [:] { entries[key] = value.string }
    if let group { try take(group, below: "") }
  }

  private mutating func take(_ group: HDF5Group, below path: String) throws(WhiskerError) {
    for (name, node) in group.children {
      switch node {
      case .group(let group): try take(group, below: path + name + "/")
      case .dataset(let dataset): tensors[path + name] = try dataset.tensor()
      }
    }
  }

  /// The notes as JSON; nil if there are none.
  var json: String? {
    entries.isEmpty ? nil : JSONValue.object(entries.mapValues { .string($0) }).text
  }

  /// Puts the tensors into a file.
  func write(to group: inout HDF5Group) {
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      group.set(HDF5Dataset(tensor), at: "\(KerasMetadata.name)/\(name)")
    }
  }
}
