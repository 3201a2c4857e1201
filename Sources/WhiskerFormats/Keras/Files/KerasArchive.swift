import Foundation
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// A model in a `.keras` file: a ZIP file of `metadata.json`, `config.json` and `model.weights.h5`.
///
/// Weights are in groups named after the layers' classes, numbered in the order of the layers. Whisker's own
/// notes are a further entry, `whisker.json`, which Keras doesn't look at.
enum KerasArchive {
  private enum Name {
    static let metadata = "metadata.json"
    static let config = "config.json"
    static let weights = "model.weights.h5"
    static let notes = "whisker.json"
    static let layers = "layers"
    /// What layers were filed under in the format's first releases.
    static let oldLayers = "_layer_checkpoint_dependencies"
    static let optimizer = "optimizer/vars"
    static let innerOptimizer = "optimizer/inner_optimizer/vars"
  }

  // MARK: - Reading

  /// Reads a file.
  ///
  /// - Parameter choices: what the file leaves open.
  static func model(contentsOf url: URL, choices: ModelChoices = .init()) throws(WhiskerError) -> StoredModel
  {
    let (archive, file) = (try opened(url), url.path)
    guard archive.sizes[Name.config] != nil else {
      throw WhiskerError(
        .notThisFormat, file, expected: "an entry '\(Name.config)', as in a .keras file", got: "none")
    }
    let config = try JSONValue(archive.contents(of: Name.config), place: Name.config, file: file)
    let model = try KerasModel(
      architecture: config, training: config["compile_config"], file: file, version: version(archive),
      choices: choices)
    guard archive.sizes[Name.weights] != nil else {
      let others = archive.sizes.keys.filter { $0.hasPrefix("model.weights") }.sorted().joined(
        separator: ", ")
      throw WhiskerError(
        .missingEntry, file,
        expected: "an entry '\(Name.weights)'", got: "\(others.isEmpty ? "none" : others)")
    }
    var notes: JSONValue?
    if archive.sizes[Name.notes] != nil {
      notes = try JSONValue(archive.contents(of: Name.notes), place: Name.notes, file: file)
    }
    return try archive.reading(Name.weights) { place throws(WhiskerError) in
      let root = try HDF5File(entry: Name.weights, at: place, of: archive).root
      return try storedModel(model, root, notes)
    }
  }

  /// An archive, or the folder in it, where somebody packed an unpacked one.
  private static func opened(_ url: URL) throws(WhiskerError) -> ZipArchive {
    let archive = try ZipArchive(contentsOf: url)
    return archive.folder(of: [Name.config, Name.weights]) ?? archive
  }

  /// Whether an archive is such a file, or holds one in a folder.
  static func isModel(_ archive: ZipArchive) -> Bool {
    archive.sizes[Name.config] != nil || archive.folder(of: [Name.config, Name.weights]) != nil
  }

  /// The release of Keras that wrote a file; nil if it doesn't say.
  private static func version(_ archive: ZipArchive) -> String? {
    guard archive.sizes[Name.metadata] != nil, let bytes = try? archive.contents(of: Name.metadata) else {
      return nil
    }
    return (try? JSONValue(bytes, place: Name.metadata, file: ""))?["keras_version"]?.string
  }

  /// The model of this description with the weights of a file.
  private static func storedModel(
    _ model: KerasModel, _ root: HDF5Group, _ notes: JSONValue?
  ) throws(WhiskerError) -> StoredModel {
    var state = model.firstState
    let container = root.group(Name.layers) == nil ? Name.oldLayers : Name.layers
    let nodes = model.architecture.nodes.filter(\.isFiled)
    let groups = KerasLayerGroups(nodes, in: container, of: root) { model.hasWeights($0) }
    for (node, path) in zip(nodes, groups.paths) where !model.weights(of: node).isEmpty {
      try model.restore(variables(root.group("\(path)/vars")), of: [node], named: node.name, into: &state)
    }
    // With half precision the optimizer proper lies within the one that scales the loss.
    let optimizer = root.group(Name.innerOptimizer) ?? root.group(Name.optimizer)
    return try model.storedModel(
      state, optimizerVariables: variables(optimizer),
      metadata: KerasMetadata(notes, group: root.group(KerasMetadata.name)))
  }

  /// Reads the weights of a file, without regard to its description.
  static func weights(contentsOf url: URL) throws(WhiskerError) -> HDF5Group {
    let archive = try opened(url)
    return try HDF5File(entry: Name.weights, of: archive).root
  }

  /// For each layer of a network that has weights, in order, what lies in its group; empty if there is no such group.
  static func datasets(of network: Network, in layers: HDF5Group) -> [[HDF5Dataset]] {
    var counts: [String: Int] = [:]
    return network.layers.compactMap { entry in
      let name = type(of: entry.layer).defaultName
      let number = counts[name, default: 0]
      counts[name] = number + 1
      guard !entry.weights.isEmpty else { return nil }
      return variables(layers.group(number == 0 ? "\(name)/vars" : "\(name)_\(number)/vars"))
    }
  }

  /// The datasets `0`, `1`, … of a group.
  private static func variables(_ group: HDF5Group?) -> [HDF5Dataset] {
    var datasets: [HDF5Dataset] = []
    while let dataset = group?.dataset("\(datasets.count)") { datasets.append(dataset) }
    return datasets
  }

  // MARK: - Writing

  /// Writes a file, completely or not at all.
  static func write(_ stored: StoredModel, to url: URL) throws(WhiskerError) {
    let model = KerasModel(stored, file: url.path)
    var config: [String: JSONValue]
    do {
      config = try model.architecture.json(.archive, shapes: model.shapes)
    } catch let error as WhiskerError {
      throw error.inside(url.path)
    } catch {
      throw WhiskerError(.cannotWrite, url.path, "a layer's settings can't be written: \(error)")
    }
    if model.architecture.isSequential {
      config["build_config"] = [
        "input_shape": .array([.null] + stored.network.input.sizes.map { .integer($0) })
      ]
    }
    if let training = model.training.json { config["compile_config"] = training }
    var metadata: [String: JSONValue] = ["keras_version": .string(KerasH5File.kerasVersion)]
    if let date = stored.date { metadata["date_saved"] = .string(text(of: date)) }
    var entries = [
      ZipWriter.Entry(Name.metadata, Array(JSONValue.object(metadata).text.utf8)),
      ZipWriter.Entry(Name.config, Array(JSONValue.object(config).text.utf8)),
      ZipWriter.Entry(Name.weights, try HDF5Image(weights(stored, model, url.path), name: url.path)),
    ]
    if let notes = KerasMetadata(stored).json {
      entries.append(ZipWriter.Entry(Name.notes, Array(notes.utf8)))
    }
    try ZipWriter.write(entries, to: url)
  }

  private static func weights(
    _ stored: StoredModel, _ model: KerasModel, _ file: String
  ) throws(WhiskerError) -> HDF5Group {
    var root = HDF5Group()
    func named(_ name: String) -> HDF5Group { HDF5Group(attributes: ["name": HDF5Value(name)]) }
    let architecture = model.architecture
    if !architecture.isSequential {
      root.set(named(architecture.inputName), at: "\(Name.layers)/input_layer/vars")
    }
    let nodes = architecture.nodes.filter(\.isFiled)
    for (node, path) in zip(nodes, KerasLayerGroups(nodes, in: Name.layers).paths) {
      var group = named(node.name)
      for (index, (name, specification)) in model.weights(of: node).enumerated() {
        guard let tensor = stored.state.weights[name], tensor.shape == specification.shape else {
          throw WhiskerError(
            .cannotWrite, file, expected: "a weight '\(name)' \(specification.shape)", got: "none")
        }
        group.set(HDF5Dataset(tensor), at: "\(index)")
      }
      root.set(group, at: "\(path)/vars")
    }
    if model.training.json != nil, let variables = model.variables, let optimizer = model.training.optimizer {
      var group = named(KerasTraining.variableName(of: optimizer))
      group.set(HDF5Dataset(HDF5Value(stored.state.optimizerStep)), at: "0")
      // A rate that follows a schedule isn't a variable.
      let rates = KerasSchedule(of: optimizer) == nil ? [Tensor(optimizer.learningRate)] : []
      for (index, tensor) in (rates + variables.tensors(of: stored.state).map(\.tensor)).enumerated() {
        group.set(HDF5Dataset(tensor), at: "\(index + 1)")
      }
      root.set(group, at: Name.optimizer)
    }
    root.set(named(architecture.name), at: "vars")
    KerasMetadata(stored).write(to: &root)
    return root
  }

  /// A date as Keras writes it, `2026-11-24@11:46:09`, in Greenwich's time.
  private static func text(of date: Date) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(secondsFromGMT: 0)
    formatter.dateFormat = "yyyy-MM-dd'@'HH:mm:ss"
    return formatter.string(from: date)
  }
}
