import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

extension KerasArchitecture {
  /// Reads `{"class_name": "Sequential" or "Functional", "config": …}`, of Keras 2.0 to 3.
  ///
  /// No code in it is ever run. Layers that would run code of the file, and objects of classes that aren't
  /// Keras's own, are refused by name.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``: `refused`, or `unsupported` for what Whisker doesn't have, naming the layer and its
  ///   place in the file.
  /// - Parameter output: what the one of several results is called that is to be the network's.
  init(_ model: JSONValue, file: String, output: String?) throws(WhiskerError) {
    do {
      try self.init(model)
      try choose(output)
      moveWeights()
    } catch let error as WhiskerError {
      // What the user chose is no fault of the file.
      throw error.code == .invalidSetting ? error : error.inside(file)
    } catch {
      throw WhiskerError(.corruptHeader, file, "\(error)")
    }
  }

  /// The classes of whole models.
  static let classNames: Set = ["Sequential", "Functional", "Model"]

  init(_ model: JSONValue) throws {
    let className = try KerasReading.string(model["class_name"], "class_name")
    guard let config = model["config"] else {
      throw WhiskerError(
        .corruptHeader, "config", expected: "settings", got: "none")
    }
    switch className {
    case "Sequential": try self.init(sequential: config)
    case "Functional", "Model": try self.init(functional: config)
    // A class of the user's, made for a training step of its own, say: Keras writes its layers as those of these two.
    case _ where config["layers"]?.array?.isEmpty == false:
      let isFunctional = config["output_layers"] != nil
      if isFunctional { try self.init(functional: config) } else { try self.init(sequential: config) }
      remarks.append(
        "its class \(className) has code of its own, which isn't in the file: read as the plain "
          + "\(isFunctional ? "functional" : "sequential") model of its layers")
    default:
      throw WhiskerError(
        .unsupported, "class_name", expected: "\"Sequential\" or \"Functional\"",
        got: "\"\(className)\": a class whose code isn't in the "
          + "file")
    }
  }

  // MARK: - Sequential

  private init(sequential config: JSONValue) throws {
    // Until 2.2.2 the settings were the bare list of layers.
    let entries = try KerasReading.array(config["layers"] ?? config, "layers")
    var (members, input, inputName): ([Member], [Int?]?, String?) = ([], nil, nil)
    var inputType: String?
    for (index, entry) in entries.enumerated() {
      let entry = try KerasReading.Entry(entry, place: "layers[\(index)]")
      if entry.className == "InputLayer" {
        guard members.isEmpty, input == nil else { throw entry.fault(expected: "one input", got: "another") }
        input = try entry.inputShape()
        inputName = entry.name
        inputType = entry.inputType
        continue
      }
      if members.isEmpty, input == nil, entry.config["batch_input_shape"] != nil {
        input = try entry.inputShape()
      }
      let previous = members.last?.name ?? inputName ?? "input_layer"
      if inputName == nil { inputName = previous }
      members.append(try entry.member(KerasCall([previous])))
    }
    if input == nil, case .model(let model, _, _) = members.first {
      input = model.input
      inputType = model.inputType
    }
    if input == nil, let shape = config["build_input_shape"] {
      input = try KerasReading.shape(shape, "build_input_shape")
    }
    guard let last = members.last, let inputName else {
      throw WhiskerError(.unsupported, "", expected: "at least one layer", got: "none")
    }
    self.init(
      name: config["name"]?.string ?? "sequential", isSequential: true, inputName: inputName, input: input,
      members: members, outputs: [Output(layer: last.name)])
    self.inputType = inputType ?? self.inputType
  }

  // MARK: - Functional

  private init(functional config: JSONValue) throws {
    let entries = try KerasReading.array(config["layers"], "layers")
    let parsed = try entries.enumerated().map { try KerasReading.Entry($1, place: "layers[\($0)]") }
    let calls = KerasCalls(parsed, config)
    var (members, inputs): ([Member], [(name: String, shape: [Int?], type: String)]) = ([], [])
    for entry in parsed {
      if entry.className == "InputLayer" {
        inputs.append((entry.name, try entry.inputShape(), entry.inputType))
      } else {
        members += try entry.members(calls)
      }
    }
    guard let input = inputs.first, inputs.count == 1 else {
      let names = inputs.map(\.name).joined(separator: ", ")
      throw WhiskerError(
        .unsupported, "layers", expected: "one input",
        got: "\(inputs.count)" + (names.isEmpty ? "" : ": \(names)"))
    }
    let names = [input.name] + members.flatMap(\.results)
    guard Set(names).count == names.count else {
      throw WhiskerError(
        .corruptHeader, "layers", expected: "one layer of each name", got: "two of one")
    }
    try KerasArchitecture.checkChannels(members)
    let outputs = try KerasArchitecture.outputs(config["output_layers"] ?? .null, calls)
    let known = Set(names)
    for name in members.flatMap(\.inputs) + outputs.map(\.layer) where !known.contains(name) {
      throw WhiskerError(.corruptHeader, "", expected: "the name of a layer", got: "\"\(name)\"")
    }
    self.init(
      name: config["name"]?.string ?? "functional", isSequential: false, inputName: input.name,
      input: input.shape, members: members, outputs: outputs)
    inputType = input.type
  }

  /// Refuses single channels that are used as anything but parts of a stack, where their missing axis would matter.
  private static func checkChannels(_ members: [Member]) throws {
    var channels: Set<String> = []
    for case .layers(let nodes, let name) in members where nodes.last?.isOneChannel == true {
      channels.insert(name)
    }
    for member in members {
      let inputs = member.inputs
      if case .layers(let nodes, let name) = member, let node = nodes.first, node.stacksChannels {
        guard let other = inputs.first(where: { !channels.contains($0) }) else { continue }
        throw WhiskerError(
          .unsupported, "layer '\(name)' (\(node.place))", expected: "single channels to stack",
          got: "'\(other)'")
      }
      if let channel = inputs.first(where: channels.contains) {
        throw WhiskerError(
          .unsupported, "layer '\(channel)'", expected: "a channel that is stacked with others",
          got: "one that '\(member.name)' reads")
      }
    }
  }

  /// Gives the weights of layers whose first call doesn't lead to the result to the first call that does.
  private mutating func moveWeights() {
    let needed = Set(neededNodes.map(\.name))
    let places = Dictionary(nodes.enumerated().map { ($1.name, $0) }) { first, _ in first }
    for index in nodes.indices where needed.contains(nodes[index].name) {
      guard let owner = nodes[index].owner, !needed.contains(owner), let place = places[owner] else {
        continue
      }
      // In its place too, as weights are filed by the order of layers.
      var (heir, former) = (nodes[index], nodes[place])
      heir.owner = nil
      heir.isFiled = former.isFiled
      heir.filedClass = former.filedClass
      heir.owners = former.owners
      heir.nameInFile = former.nameInFile ?? former.name
      former.isFiled = false
      (nodes[place], nodes[index]) = (heir, former)
      for other in nodes.indices where nodes[other].owner == owner { nodes[other].owner = heir.name }
      nodes[index].owner = heir.name
    }
  }

  /// The results of a model: a list, or an object with a name for each.
  private static func outputs(_ value: JSONValue, _ calls: KerasCalls) throws -> [Output] {
    var outputs: [Output] = []
    if let members = value.object {
      for (name, value) in members.sorted(by: { $0.key < $1.key }) {
        let tensors = try KerasReading.tensors(value, "output_layers", calls: calls)
        outputs += tensors.map { Output(layer: $0, name: tensors.count == 1 ? name : nil) }
      }
    } else {
      outputs = try KerasReading.tensors(value, "output_layers", calls: calls).map { Output(layer: $0) }
    }
    guard !outputs.isEmpty else {
      throw WhiskerError(.unsupported, "output_layers", expected: "a result", got: "none")
    }
    return outputs
  }

  /// Makes the result that is asked for the network's.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``: `severalOutputs` if there are several and none is asked for,
  ///   `invalidSetting` if there is none of the name.
  private mutating func choose(_ asked: String?) throws(WhiskerError) {
    var known: Set<String> = []
    outputs = outputs.filter { known.insert($0.layer).inserted }
    let names = outputs.map { $0.name ?? $0.layer }
    let list = names.joined(separator: ", ")
    guard let asked else {
      guard outputs.count == 1 else {
        throw WhiskerError(
          .severalOutputs, "", expected: "one result, or the name of the one to read",
          got: "\(outputs.count): \(list)")
      }
      return
    }
    guard let chosen = outputs.first(where: { $0.name == asked || $0.layer == asked }) else {
      throw WhiskerError(.invalidSetting, "output layer", expected: "one of \(list)", got: "\"\(asked)\"")
    }
    outputs = [chosen]
  }
}
