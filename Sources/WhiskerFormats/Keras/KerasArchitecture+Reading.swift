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
  init(_ model: JSONValue, file: String) throws(WhiskerError) {
    do {
      try self.init(model)
    } catch let error as WhiskerError {
      throw error.inside(file)
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
    var (members, input, inputName): ([Member], Shape?, String?) = ([], nil, nil)
    for (index, entry) in entries.enumerated() {
      let entry = try KerasReading.Entry(entry, place: "layers[\(index)]")
      if entry.className == "InputLayer" {
        guard members.isEmpty, input == nil else { throw entry.fault(expected: "one input", got: "another") }
        input = try entry.inputShape()
        inputName = entry.name
        continue
      }
      if members.isEmpty, input == nil, entry.config["batch_input_shape"] != nil {
        input = try entry.inputShape()
      }
      let previous = members.last?.name ?? inputName ?? "input_layer"
      if inputName == nil { inputName = previous }
      members.append(try entry.member(inputs: [previous]))
    }
    if input == nil, case .model(let model, _, _) = members.first { input = model.input }
    if input == nil, let shape = config["build_input_shape"] {
      input = try KerasReading.shape(shape, "build_input_shape")
    }
    guard let input, let inputName else {
      throw WhiskerError(
        .unsupported, "", expected: "the shape of the input",
        got: "none: the model was saved before it was built")
    }
    guard let last = members.last else {
      throw WhiskerError(
        .unsupported, "layers", expected: "at least one layer", got: "none")
    }
    self.init(
      name: config["name"]?.string ?? "sequential", isSequential: true, inputName: inputName, input: input,
      members: members, output: last.name)
  }

  // MARK: - Functional

  private init(functional config: JSONValue) throws {
    let entries = try KerasReading.array(config["layers"], "layers")
    var (members, inputs): ([Member], [(name: String, shape: Shape)]) = ([], [])
    for (index, entry) in entries.enumerated() {
      let entry = try KerasReading.Entry(entry, place: "layers[\(index)]")
      if entry.className == "InputLayer" {
        inputs.append((entry.name, try entry.inputShape()))
      } else {
        members.append(try entry.member(inputs: entry.sources()))
      }
    }
    guard let input = inputs.first, inputs.count == 1 else {
      let names = inputs.map(\.name).joined(separator: ", ")
      throw WhiskerError(
        .unsupported, "layers", expected: "one input",
        got: "\(inputs.count)" + (names.isEmpty ? "" : ": \(names)"))
    }
    let names = [input.name] + members.map(\.name)
    guard Set(names).count == names.count else {
      throw WhiskerError(
        .corruptHeader, "layers", expected: "one layer of each name", got: "two of one")
    }
    let outputs = try KerasReading.tensors(config["output_layers"] ?? .null, "output_layers")
    guard let output = outputs.first, outputs.count == 1 else {
      throw WhiskerError(
        .unsupported, "output_layers", expected: "one output", got: "\(outputs.count)")
    }
    for name in members.flatMap(\.inputs) + outputs where !names.contains(name) {
      throw WhiskerError(.corruptHeader, "", expected: "the name of a layer", got: "\"\(name)\"")
    }
    self.init(
      name: config["name"]?.string ?? "functional", isSequential: false, inputName: input.name,
      input: input.shape, members: members, output: output)
  }
}

/// Reading parts of Keras's descriptions.
enum KerasReading {
  /// One layer of a description.
  struct Entry {
    let className: String
    let name: String
    let config: [String: JSONValue]
    private let entry: JSONValue
    let place: String

    init(_ entry: JSONValue, place: String) throws {
      self.entry = entry
      self.place = place
      className = try KerasReading.string(entry["class_name"], "\(place).class_name")
      guard let config = entry["config"]?.object else {
        throw WhiskerError(
          .corruptHeader, "\(place).config", expected: "settings",
          got: "\(entry["config"]?.excerpt ?? "none")")
      }
      self.config = config
      name = try KerasReading.string(entry["name"] ?? config["name"], "\(place).config.name")
    }

    /// An error about this layer.
    func fault(
      _ code: WhiskerError.Code = .unsupported, expected: String, got: String
    ) -> WhiskerError {
      WhiskerError(code, description, expected: expected, got: got)
    }

    private var description: String { "layer '\(name)' (\(place))" }

    /// The shape of one sample of an input.
    func inputShape() throws -> Shape {
      let key = config["batch_shape"] != nil ? "batch_shape" : "batch_input_shape"
      do {
        let type = config["dtype"].flatMap(KerasSettings.typeName)
        guard type == nil || type == "float32" || className != "InputLayer" else {
          throw WhiskerError(
            .unsupported, "dtype", expected: "\"float32\"", got: "\"\(type ?? "")\"")
        }
        return try KerasReading.shape(config[key] ?? .null, key)
      } catch let error as WhiskerError {
        throw error.inside(description)
      }
    }

    /// The layer itself, or the model used in its place.
    func member(inputs: [String]) throws -> KerasArchitecture.Member {
      if let code = runsCode() {
        throw fault(
          .refused, expected: "a layer without code of its own", got: "\(code), which Whisker doesn't run")
      }
      guard KerasArchitecture.classNames.contains(className) else { return .layer(try node(inputs: inputs)) }
      guard inputs.count == 1 else { throw fault(expected: "one input of a model", got: "\(inputs.count)") }
      do {
        return .model(try KerasArchitecture(entry), self, reads: inputs[0])
      } catch let error as WhiskerError {
        throw error.inside(description)
      }
    }

    private func node(inputs: [String]) throws -> Node {
      let known = KerasReading.aliases[className] ?? className
      guard let type = AnyLayer.type(named: known) else {
        throw fault(
          expected: "one of \(AnyLayer.classNames.joined(separator: ", "))", got: "\"\(className)\"")
      }
      let settings = KerasSettings(config, className: known, of: type)
      do {
        var layer = try settings.layer(type)
        layer.name = name
        layer.isTrainable = settings.isTrainable
        return Node(
          layer: layer, name: name, className: known, inputs: inputs, axis: settings.axis, place: place)
      } catch let error as WhiskerError {
        throw error.inside(description)
      }
    }

    /// The layers whose results the layer takes.
    func sources() throws -> [String] {
      do {
        let calls = try KerasReading.array(entry["inbound_nodes"], "inbound_nodes")
        guard let call = calls.first, calls.count == 1 else {
          throw WhiskerError(
            .unsupported, "inbound_nodes", expected: "the layer to be used once", got: "\(calls.count) times")
        }
        return try KerasReading.sources(ofCall: call)
      } catch let error as WhiskerError {
        throw error.inside(description)
      }
    }

    typealias Node = KerasArchitecture.Node

    /// The part of the layer that would run code that isn't Keras's own.
    private func runsCode() -> String? {
      if className.contains("Lambda") { return "\"\(className)\"" }
      for part in [entry] + config.values {
        if let found = KerasReading.foreignCode(part) { return found }
      }
      return nil
    }
  }

  /// Names of older releases.
  private static let aliases = [
    "BatchNormalizationV1": "BatchNormalization", "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
  ]

  /// The name of an object in this part whose code Keras would have to be given or would take from the file.
  static func foreignCode(_ part: JSONValue) -> String? {
    if let name = part["class_name"]?.string, name.contains("lambda") { return "\"\(name)\"" }
    if let name = part["registered_name"]?.string, name.contains(">"), !name.hasPrefix("keras") {
      return "the registered object \"\(name)\""
    }
    let packages = ["keras", "tf_keras", "builtins"]
    if let module = part["module"]?.string,
      !packages.contains(where: { module == $0 || module.hasPrefix($0 + ".") })
    {
      return "\"\(part["class_name"]?.string ?? "")\" of the module \"\(module)\""
    }
    return nil
  }

  static func string(_ value: JSONValue?, _ place: String) throws -> String {
    guard let text = value?.string else {
      throw WhiskerError(
        .corruptHeader, "\(place)", expected: "a string", got: "\(value?.excerpt ?? "none")")
    }
    return text
  }

  static func array(_ value: JSONValue?, _ place: String) throws -> [JSONValue] {
    guard let elements = value?.array else {
      throw WhiskerError(
        .corruptHeader, "\(place)", expected: "a list", got: "\(value?.excerpt ?? "none")")
    }
    return elements
  }

  /// The shape of one sample, of `[null, 150, 150, 3]`.
  static func shape(_ value: JSONValue, _ place: String) throws -> Shape {
    let sizes = try array(value, place)
    let shape = sizes.dropFirst().compactMap(\.integer)
    guard !sizes.isEmpty, shape.count == sizes.count - 1, shape.allSatisfy({ $0 > 0 && $0 <= 1 << 31 }) else {
      throw WhiskerError(
        .unsupported, "\(place)", expected: "[null, sizes above 0…]", got: "\(value.excerpt)")
    }
    return Shape(shape)
  }

  /// The names in `["conv2d", 0, 0]`, or in a list or object of such.
  static func tensors(_ value: JSONValue, _ place: String) throws -> [String] {
    if let list = value.array, let name = list.first?.string {
      guard list.count >= 3, list[1].integer == 0, list[2].integer == 0 else {
        throw WhiskerError(
          .unsupported, "\(place)", expected: "the first result of \"\(name)\"", got: "\(value.excerpt)")
      }
      return [name]
    }
    if let members = value.object {
      guard members.count == 1, let only = members.first else {
        throw WhiskerError(
          .unsupported, "\(place)", expected: "one result", got: "\(members.count)")
      }
      return try tensors(only.value, place)
    }
    return try array(value, place).flatMap { try tensors($0, place) }
  }

  /// The names of what one call of a layer takes.
  static func sources(ofCall call: JSONValue) throws -> [String] {
    let place = "inbound_nodes"
    if let arguments = call["args"] {
      // Keras 3: {"args": [tensor or list of tensors], "kwargs": {"mask": null}}.
      for (key, value) in call["kwargs"]?.object ?? [:] where value != .null && key != "training" {
        throw WhiskerError(
          .unsupported, "\(place)", expected: "no argument \"\(key)\"", got: "\(value.excerpt)")
      }
      return try historyNames(arguments, place)
    }
    // 2.x: [["conv2d", 0, 0, {}], …].
    return try array(call, place).map { source in
      let parts = try array(source, place)
      for (key, value) in parts.dropFirst(3).first?.object ?? [:] where value != .null && key != "training" {
        throw WhiskerError(
          .unsupported, "\(place)", expected: "no argument \"\(key)\"", got: "\(value.excerpt)")
      }
      guard let name = try tensors(source, place).first else {
        throw WhiskerError(.unsupported, place, expected: "a layer", got: "none")
      }
      return name
    }
  }

  private static func historyNames(_ value: JSONValue, _ place: String) throws -> [String] {
    if let elements = value.array { return try elements.flatMap { try historyNames($0, place) } }
    guard value["class_name"]?.string == "__keras_tensor__", let history = value["config"]?["keras_history"]
    else {
      throw WhiskerError(
        .unsupported, "\(place)", expected: "the results of layers", got: "\(value.excerpt)")
    }
    return try tensors(history, place)
  }
}
