import WhiskerLayers
import WhiskerSystem

extension KerasReading {
  /// One layer of a description.
  struct Entry {
    let className: String
    private(set) var name: String
    /// The name of the layer's first call; nil for that itself.
    private(set) var firstCall: String?
    let config: [String: JSONValue]
    private let entry: JSONValue
    let place: String

    init(_ entry: JSONValue, place: String) throws {
      self.entry = entry
      self.place = place
      let className = try KerasReading.string(entry["class_name"], "\(place).class_name")
      let plainName = className.split(separator: ">").last.map(String.init) ?? className
      self.className = KerasReading.published.contains(plainName) ? plainName : className
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

    private var description: String { "layer '\(firstCall ?? name)' (\(place))" }

    /// The sizes of one sample of an input; nil for those that are left open.
    func inputShape() throws -> [Int?] {
      let key = config["batch_shape"] != nil ? "batch_shape" : "batch_input_shape"
      do {
        guard className != "InputLayer" || isNumeric(inputType) else {
          throw WhiskerError(.unsupported, "dtype", expected: "numbers", got: "\"\(inputType)\"")
        }
        return try KerasReading.shape(config[key] ?? .null, key)
      } catch let error as WhiskerError {
        throw error.inside(description)
      }
    }

    /// The type of an input's numbers.
    var inputType: String { config["dtype"].flatMap(KerasSettings.typeName) ?? "float32" }

    private func isNumeric(_ type: String) -> Bool { type.contains("float") || type.contains("int") }

    /// Whether it may be an operation of Keras 3's: its module is that of operations, or not said, as in `.h5` files, and
    /// it has none of a layer's settings.
    var maybeOperation: Bool {
      guard let module = entry["module"]?.string else { return config["trainable"] == nil }
      return module.hasPrefix("keras.src.ops") || module.hasPrefix("keras.ops")
    }

    /// Whether the file says the module of its class.
    var isOfModule: Bool { entry["module"]?.string != nil }

    /// The layer itself, what computes an operation, or the model used in its place.
    func member(_ call: KerasCall) throws -> KerasArchitecture.Member {
      if let code = runsCode() {
        throw fault(
          .refused, expected: "a layer without code of its own", got: "\(code), which Whisker doesn't run")
      }
      if let operation = try KerasOperation(self, call) { return .layers(try operation.nodes(), name: name) }
      do {
        let inputs = try call.sources()
        guard KerasArchitecture.classNames.contains(className) else {
          return .layers(try nodes(inputs: inputs), name: name)
        }
        guard inputs.count == 1 else {
          throw WhiskerError(.unsupported, "", expected: "one input of a model", got: "\(inputs.count)")
        }
        return .model(try KerasArchitecture(entry), self, reads: inputs[0])
      } catch let error as WhiskerError {
        throw error.place.hasPrefix(description) ? error : error.inside(description)
      }
    }

    /// The layer, and the layer that is its activation, if one is.
    private func nodes(inputs: [String]) throws -> [Node] {
      // What merges one input leaves it as it is.
      if KerasReading.mergingClasses.contains(className), inputs.count == 1 {
        return [try identity(of: inputs)]
      }
      if config["activation"]?.string == KerasReading.oldHardSigmoid {
        return try hardSigmoid(inputs: inputs)
      }
      if let node = try published(inputs: inputs) { return [node] }
      guard let activation = KerasSettings.activationLayer(config["activation"]) else {
        if className == "Activation", KerasSettings.activation(config["activation"] ?? .null) == "linear" {
          return [try identity(of: inputs)]
        }
        return [try node(className, config, name: name, inputs: inputs)]
      }
      let isAlone = className == "Activation"
      let part = isAlone ? name : name(ofPart: KerasReading.activationPart)
      var members = activation.object ?? [:]
      var settings = members["config"]?.object ?? [:]
      settings["name"] = .string(part)
      members["config"] = .object(settings)
      members["name"] = nil
      let inner = try Entry(.object(members), place: "\(place).config.activation")
      guard case .layers(var function, _) = try inner.member(KerasCall(isAlone ? inputs : [name])) else {
        throw fault(expected: "a layer as activation", got: "\"\(inner.className)\"")
      }
      for index in function.indices { function[index].isFiled = false }
      if isAlone { return function }
      var plain = config
      plain["activation"] = "linear"
      return [try node(className, plain, name: name, inputs: inputs)] + function
    }

    /// The layer and Keras 2's `hard_sigmoid`, as today's of another multiple.
    private func hardSigmoid(inputs: [String]) throws -> [Node] {
      let isAlone = className == "Activation"
      let (scaling, part) = (
        name(ofPart: KerasReading.scalingPart), isAlone ? name : name(ofPart: KerasReading.activationPart)
      )
      var function = [
        try node(
          "Rescaling", ["scale": KerasReading.hardSigmoidFactor], name: scaling,
          inputs: isAlone ? inputs : [name]),
        try node("Activation", ["activation": "hard_sigmoid"], name: part, inputs: [scaling]),
      ]
      for index in function.indices { function[index].isFiled = false }
      if isAlone { return function }
      var plain = config
      plain["activation"] = "linear"
      return [try node(className, plain, name: name, inputs: inputs)] + function
    }

    /// A layer of another package's class that isn't named after one of Keras's.
    private func published(inputs: [String]) throws -> Node? {
      var node: Node
      switch className {
      case "Swish" where config["beta"]?.number ?? 1 == 1:
        node = try self.node("Activation", ["activation": "silu"], name: name, inputs: inputs)
      case "DropConnect":
        node = try identity(of: inputs)
        node.notes = [
          "its layer '\(firstCall ?? name)' drops connections in training, which Whisker's doesn't"
        ]
      default: return nil
      }
      node.filedClass = className.snakeCase
      return node
    }

    /// A layer that gives what it takes.
    func identity(of inputs: [String]) throws -> Node {
      let isKnown = AnyLayer.type(named: "Identity") != nil
      return try node(
        isKnown ? "Identity" : "Rescaling", isKnown ? [:] : ["scale": 1], name: name, inputs: inputs)
    }

    /// A layer with these settings in Keras's form.
    func node(
      _ className: String, _ config: [String: JSONValue], name: String, inputs: [String]
    ) throws -> Node {
      let known = KerasReading.aliases[className] ?? className
      guard let type = AnyLayer.type(named: known) else {
        throw fault(expected: AnyLayer.expected(insteadOf: className), got: "\"\(className)\"")
      }
      let settings = KerasSettings(
        className == "ThresholdedReLU" ? ["threshold": config["theta"] ?? 1] : config, className: known,
        of: type)
      do {
        var layer = try settings.layer(type)
        layer.name = name
        layer.isTrainable = settings.isTrainable
        var node = Node(
          layer: layer, name: name, className: known, inputs: inputs, axis: settings.axis, place: place)
        if known != className { node.filedClass = className.snakeCase }
        node.notes = settings.notes.map { "its layer '\(firstCall ?? self.name)' has \($0)" }
        return node
      } catch let error as WhiskerError {
        throw error.inside(description)
      }
    }

    /// How often the layer is called.
    var callCount: Int { entry["inbound_nodes"]?.array?.count ?? 0 }

    /// The same layer where it is called again.
    func called(_ number: Int) -> Entry {
      guard number > 0 else { return self }
      var entry = self
      entry.name = KerasReading.name(name, call: number)
      entry.firstCall = name
      return entry
    }

    /// The name of one of several nodes that the entry becomes, until it is known which names are free.
    func name(ofPart part: String) -> String { name + KerasReading.partMark + part }

    /// The layer at each of its calls: the first has its weights, others use those.
    func members(_ calls: KerasCalls) throws -> [KerasArchitecture.Member] {
      let own = try self.calls(calls)
      guard let first = own.first else {
        throw fault(expected: "the layer to be used", got: "not at all")
      }
      let member = try member(first)
      return try [member]
        + own.enumerated().dropFirst().map { number, call in
          try called(number).member(call).sharing(member)
        }
    }

    /// How the layer is called.
    private func calls(_ calls: KerasCalls) throws -> [KerasCall] {
      do {
        return try KerasReading.array(entry["inbound_nodes"], "inbound_nodes").map {
          try KerasCall($0, calls: calls)
        }
      } catch let error as WhiskerError {
        throw error.inside(description)
      }
    }

    typealias Node = KerasArchitecture.Node

    /// The part of the layer that would run code that isn't Keras's own.
    private func runsCode() -> String? {
      let isNamed = ["TFOpLambda", "SlicingOpLambda"].contains(className)
      if className.contains("Lambda") && !isNamed { return "\"\(className)\"" }
      for part in (KerasReading.published.contains(className) ? [] : [entry]) + config.values {
        if let found = KerasReading.foreignCode(part) { return found }
      }
      return nil
    }
  }
}
