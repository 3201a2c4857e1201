import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// Arithmetic in a model, such as `x / 127.5 - 1`: what Keras 3 writes as operations and TensorFlow's Keras as
/// `TFOpLambda` (2.4 to 2.15), `SlicingOpLambda` or `TensorFlowOpLayer` (2.0 to 2.3).
///
/// They name a function and hold no code. What comes of them are layers of Whisker's.
struct KerasOperation {
  /// What is computed.
  enum Function: Hashable {
    case add, subtract, multiply, divide, negate, cast, slice
    case concatenate, mean, maximum
    /// A function of each element or row, by Keras's name of the activation.
    case activation(String)
  }

  private let function: Function
  private let entry: KerasReading.Entry
  private let call: KerasCall

  /// The operation that a call of an entry is; nil for a layer.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `unsupported` for a function that Whisker doesn't have.
  init?(_ entry: KerasReading.Entry, _ call: KerasCall) throws {
    let name: String
    switch entry.className {
    case "TFOpLambda", "SlicingOpLambda":
      name = entry.config["function"]?.string ?? ""
    case "TensorFlowOpLayer":
      name = try KerasOperation.oldDefinition(entry)["op"]?.string ?? ""
    default:
      guard entry.maybeOperation else { return nil }
      name = entry.className
      // Where the module isn't said, a name may be that of a layer too, which takes several inputs as one list.
      if !entry.isOfModule {
        let isLayer = AnyLayer.type(named: name) != nil && call.positional.count < 2
        guard !isLayer, KerasOperation.function(name) != nil else { return nil }
      }
    }
    guard let function = KerasOperation.function(name) else {
      throw entry.fault(expected: "arithmetic or an activation", got: "the function \"\(name)\"")
    }
    self.function = function
    self.entry = entry
    self.call = call
  }

  /// The function of a name: `math.truediv`, `__operators__.add` and `TrueDivide` are of one kind.
  private static func function(_ name: String) -> Function? {
    let last = name.split(separator: ".").last.map(String.init) ?? ""
    return functions[last.replacing("_", with: "").lowercased()]
  }

  /// By the last part of the name, in small letters without underscores.
  private static let functions: [String: Function] = [
    "add": .add, "addv2": .add, "biasadd": .add, "subtract": .subtract, "sub": .subtract,
    "multiply": .multiply, "mul": .multiply,
    "divide": .divide, "truedivide": .divide, "truediv": .divide, "realdiv": .divide, "div": .divide,
    "negative": .negate, "neg": .negate,
    "cast": .cast, "identity": .cast, "stopgradient": .cast, "getitem": .slice,
    "concat": .concatenate, "concatenate": .concatenate, "concatv2": .concatenate,
    "mean": .mean, "reducemean": .mean, "max": .maximum, "reducemax": .maximum,
    "relu": .activation("relu"), "relu6": .activation("relu6"), "sigmoid": .activation("sigmoid"),
    "softmax": .activation("softmax"), "tanh": .activation("tanh"), "silu": .activation("silu"),
    "swish": .activation("silu"), "gelu": .activation("gelu"), "elu": .activation("elu"),
    "selu": .activation("selu"), "softplus": .activation("softplus"), "softsign": .activation("softsign"),
    "hardsigmoid": .activation("hard_sigmoid"), "hardsilu": .activation("hard_silu"),
    "hardswish": .activation("hard_silu"),
  ]

  // MARK: - Layers

  /// The layers that compute it, the last of which gives the result.
  func nodes() throws -> [KerasArchitecture.Node] {
    switch function {
    case .add, .subtract, .multiply, .divide: return try arithmetic()
    case .negate: return [try rescaling(-1, 0, of: source())]
    case .cast: return [try cast()]
    case .slice: return [try reversal()]
    case .activation(let name):
      return [try node("Activation", ["activation": .string(name)], [source()])]
    case .concatenate:
      guard let inputs = call.argument(0, "values", "xs")?.results, inputs.count > 1 else {
        throw entry.fault(expected: "several results to concatenate", got: "fewer")
      }
      let axis = value(call.argument(1, "axis"))?.integer ?? entry.config["axis"]?.integer ?? -1
      return [try node("Concatenate", ["axis": .integer(axis)], inputs)]
    case .mean, .maximum: return [try pooling()]
    }
  }

  /// One side of an operator.
  private enum Operand {
    case result(String)
    case constant([Float])
  }

  private func arithmetic() throws -> [KerasArchitecture.Node] {
    switch try (operand(0), operand(1)) {
    case (.result(let left), .constant(let right)): return [try affine(left, right)]
    case (.constant(let left), .result(let right)): return [try affine(left, right)]
    case (.constant, .constant): throw entry.fault(expected: "the result of a layer", got: "two constants")
    case (.result(let left), .result(let right)):
      switch function {
      case .add: return [try node("Add", [:], [left, right])]
      case .multiply: return [try node("Multiply", [:], [left, right])]
      case .subtract:
        let negative = try rescaling(-1, 0, of: right, part: "negative")
        return [negative, try node("Add", [:], [left, negative.name])]
      default: throw entry.fault(expected: "a constant to divide by", got: "the result of a layer")
      }
    }
  }

  /// `x ∘ constant`.
  private func affine(_ source: String, _ constant: [Float]) throws -> KerasArchitecture.Node {
    switch function {
    case .add: try rescaling([1], constant, of: source)
    case .subtract: try rescaling([1], constant.map { -$0 }, of: source)
    case .multiply: try rescaling(constant, [0], of: source)
    default: try rescaling(constant.map { 1 / $0 }, [0], of: source)
    }
  }

  /// `constant ∘ x`.
  private func affine(_ constant: [Float], _ source: String) throws -> KerasArchitecture.Node {
    switch function {
    case .add: return try rescaling([1], constant, of: source)
    case .subtract: return try rescaling([-1], constant, of: source)
    case .multiply: return try rescaling(constant, [0], of: source)
    default: throw entry.fault(expected: "a constant to divide by", got: "the result of a layer")
    }
  }

  private func operand(_ index: Int) throws -> Operand {
    let argument =
      index == 0
      ? call.argument(0, "x", "x1", "value", "input") : call.argument(1, "y", "x2", "bias")
    if entry.className == "TensorFlowOpLayer" { return try oldOperand(index) }
    switch argument {
    case .result(let name): return .result(name)
    case .value(let value):
      guard let constant = KerasOperation.constant(value) else {
        throw entry.fault(expected: "a number or one for each channel", got: value.excerpt)
      }
      return .constant(constant)
    case .list, nil:
      throw entry.fault(expected: "two operands", got: argument == nil ? "\(index)" : "a list")
    }
  }

  /// Numbers, one or one for each channel, in whatever form: `127.5`, `[[[1, 2, 3]]]`, an array of NumPy's.
  private static func constant(_ value: JSONValue) -> [Float]? {
    if let className = value["class_name"]?.string, ["__numpy__", "__tensor__"].contains(className) {
      return value["config"]?["value"].flatMap(constant)
    }
    if let number = value.number { return [Float(number)] }
    guard let elements = value.array, !elements.isEmpty else { return nil }
    if elements.count == 1 { return constant(elements[0]) }
    let numbers = elements.compactMap(\.number)
    return numbers.count == elements.count ? numbers.map { Float($0) } : nil
  }

  private func source() throws -> String {
    guard case .result(let name)? = call.argument(0, "x", "input", "features", "logits", "a") else {
      throw entry.fault(expected: "the result of a layer", got: "none")
    }
    return name
  }

  private func value(_ argument: KerasCall.Argument?) -> JSONValue? {
    if case .value(let value)? = argument { value } else { nil }
  }

  // MARK: - Other functions

  /// Keras's types of floats hold the same numbers as far as Whisker computes; whole numbers would be truncated.
  private func cast() throws -> KerasArchitecture.Node {
    let type =
      value(call.argument(1, "dtype")) ?? entry.config["dtype"]?["config"]?["name"] ?? entry.config["dtype"]
    let name = type?.string ?? "float32"
    guard !name.contains("int"), name != "bool" else {
      throw entry.fault(expected: "a cast to floats", got: "\"\(name)\"")
    }
    var node = try entry.identity(of: [source()])
    node.isFiled = false
    return node
  }

  /// `x[..., ::-1]`, which makes BGR of RGB: a convolution whose kernel swaps the channels.
  private func reversal() throws -> KerasArchitecture.Node {
    let slices = value(call.argument(1, "slice_spec", "key"))
    guard let slices, KerasOperation.reversesChannels(slices) else {
      throw entry.fault(
        expected: "the channels in reverse, [..., ::-1]", got: "\(slices?.excerpt ?? "another slice")")
    }
    var kernel = Tensor(shape: [1, 1, 3, 3])
    for channel in 0..<3 { kernel.values[channel * 3 + 2 - channel] = 1 }
    var node = try node(
      "Conv2D", ["filters": 3, "kernel_size": 1, "use_bias": false, "trainable": false], [source()])
    node.constants = ["kernel": kernel]
    return node
  }

  /// Whether a slice takes all of every axis, the last in reverse.
  private static func reversesChannels(_ value: JSONValue) -> Bool {
    let parts = value["items"]?.array ?? value["config"]?["value"]?.array ?? value.array ?? []
    guard let last = parts.last, bounds(last) == [nil, nil, -1] else { return false }
    let isEllipsis = { (part: JSONValue) in
      part.string == "..." || part["class_name"]?.string?.lowercased().contains("ellipsis") == true
    }
    return parts.count > 1
      && parts.dropLast().allSatisfy {
        isEllipsis($0) || [[nil, nil, nil], [nil, nil, 1]].contains(bounds($0))
      }
      && (parts.count == 4 || parts.contains(where: isEllipsis))
  }

  /// Start, stop and step of a slice; nil where there is none.
  private static func bounds(_ slice: JSONValue) -> [Int?] {
    let parts = slice["config"] ?? slice
    guard parts.object != nil else { return [] }
    return ["start", "stop", "step"].map { parts[$0]?.integer }
  }

  /// The mean or maximum over rows and columns.
  private func pooling() throws -> KerasArchitecture.Node {
    let axes = value(call.argument(1, "axis")) ?? entry.config["axis"] ?? .null
    let keeps = value(call.argument(2, "keepdims")) ?? entry.config["keepdims"] ?? false
    guard axes == [1, 2] || axes == [-3, -2] else {
      throw entry.fault(expected: "the axes [1,2], rows and columns", got: axes.excerpt)
    }
    let settings: [String: JSONValue] = keeps.boolean == true ? ["keepdims": true] : [:]
    return try node(
      function == .mean ? "GlobalAveragePooling2D" : "GlobalMaxPooling2D", settings, [source()])
  }

  // MARK: - TensorFlow 2.0 to 2.3

  /// The definition of a graph's node, as JSON in a string.
  private static func oldDefinition(_ entry: KerasReading.Entry) throws -> JSONValue {
    guard let definition = entry.config["node_def"] else { return .null }
    guard let text = definition.string else { return definition }
    return (try? JSONValue(Array(text.utf8), place: "node_def", file: "")) ?? .null
  }

  /// Constants have their places in the settings; results fill the others.
  private func oldOperand(_ index: Int) throws -> Operand {
    let constants = entry.config["constants"]?.object ?? [:]
    if let value = constants["\(index)"] {
      guard let constant = KerasOperation.constant(value) else {
        throw entry.fault(expected: "a number or one for each channel", got: value.excerpt)
      }
      return .constant(constant)
    }
    let place = (0..<index).count { constants["\($0)"] == nil }
    guard place < call.results.count else {
      throw entry.fault(expected: "two operands", got: "\(call.results.count + constants.count)")
    }
    return .result(call.results[place])
  }

  // MARK: - Nodes

  private func rescaling(
    _ scale: Float, _ offset: Float, of source: String, part: String? = nil
  ) throws -> KerasArchitecture.Node {
    try rescaling([scale], [offset], of: source, part: part)
  }

  private func rescaling(
    _ scale: [Float], _ offset: [Float], of source: String, part: String? = nil
  ) throws -> KerasArchitecture.Node {
    func json(_ numbers: [Float]) throws -> JSONValue {
      guard numbers.allSatisfy(\.isFinite) else {
        throw entry.fault(expected: "finite numbers", got: "\(numbers)")
      }
      return numbers.count == 1 ? JSONValue(numbers[0]) : .array(numbers.map { JSONValue($0) })
    }
    return try node("Rescaling", ["scale": json(scale), "offset": json(offset)], [source], part: part)
  }

  private func node(
    _ className: String, _ settings: [String: JSONValue], _ inputs: [String], part: String? = nil
  ) throws -> KerasArchitecture.Node {
    var node = try entry.node(
      className, settings, name: part.map { entry.name(ofPart: $0) } ?? entry.name, inputs: inputs)
    node.isFiled = false
    return node
  }
}
