import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// Arithmetic in a model, such as `x / 127.5 - 1`: what Keras 3 writes as operations and TensorFlow's Keras as
/// `TFOpLambda` (2.4 to 2.15), `SlicingOpLambda` or `TensorFlowOpLayer` (2.0 to 2.3).
///
/// They name a function and hold no code. Layers of Whisker's take their places.
struct KerasOperation {
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
        let isLayer =
          AnyLayer.type(named: name) != nil && call.positional.count < 2 && entry.config["newshape"] == nil
        guard !isLayer, Function(name) != nil else { return nil }
      }
    }
    guard let function = Function(name) else {
      throw entry.fault(expected: "arithmetic or an activation", got: "the function \"\(name)\"")
    }
    self.function = function
    self.entry = entry
    self.call = call
  }

  // MARK: - Layers

  /// The layers that compute it, the last of which gives the result.
  func nodes() throws -> [KerasArchitecture.Node] {
    switch function {
    case .add, .subtract, .multiply, .divide: return try arithmetic()
    case .square: return [try square()]
    case .power:
      guard try number(1, "y", "x2") == 2 else {
        throw entry.fault(
          expected: "the power 2", got: value(call.argument(1, "y", "x2"))?.excerpt ?? "another")
      }
      return [try square()]
    case .negate: return [try rescaling(-1, 0, of: source())]
    case .cast: return [try cast()]
    case .slice: return [try slice()]
    case .activation(let name): return [try activation(name)]
    case .leakyReLU:
      let slope = try number(1, "negative_slope", "alpha") ?? 0.2
      return [try node("LeakyReLU", ["negative_slope": .number(slope)], [source()])]
    case .elu: return [try node("ELU", ["alpha": .number(try number(1, "alpha") ?? 1)], [source()])]
    case .clip: return [try clipped()]
    case .concatenate, .stack: return [try concatenation()]
    case .mean, .maximum: return [try pooling()]
    case .reshape: return [try reshaped()]
    case .resize: return [try resized()]
    }
  }

  private func square() throws -> KerasArchitecture.Node {
    let source = try source()
    return try node("Multiply", [:], [source, source])
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

  /// `x[..., ::-1]`, which makes BGR of RGB, or a channel of several that are stacked again: a convolution whose kernel
  /// picks channels.
  private func slice() throws -> KerasArchitecture.Node {
    guard let slices = value(call.argument(1, "slice_spec", "key")),
      let channels = KerasOperation.channels(slices)
    else {
      throw entry.fault(
        expected: "the channels in reverse, [..., ::-1], or one, [..., 0]",
        got: "\(value(call.argument(1, "slice_spec", "key"))?.excerpt ?? "another slice")")
    }
    var kernel = Tensor(shape: [1, 1, 3, channels.count])
    for (index, channel) in channels.enumerated() { kernel.values[channel * channels.count + index] = 1 }
    var node = try node(
      "Conv2D",
      [
        "filters": .integer(channels.count), "kernel_size": 1, "use_bias": false, "trainable": false,
      ], [source()])
    node.constants = ["kernel": kernel]
    node.isOneChannel = channels.count == 1
    return node
  }

  /// The channels that a slice takes of three, if it takes all of the other axes.
  private static func channels(_ value: JSONValue) -> [Int]? {
    let parts = value["items"]?.array ?? value["config"]?["value"]?.array ?? value.array ?? []
    let isEllipsis = { (part: JSONValue) in
      part.string == "..." || part["class_name"]?.string?.lowercased().contains("ellipsis") == true
    }
    let areWhole =
      parts.count > 1
      && parts.dropLast().allSatisfy {
        isEllipsis($0) || [[nil, nil, nil], [nil, nil, 1]].contains(bounds($0))
      }
      && (parts.count == 4 || parts.contains(where: isEllipsis))
    guard areWhole, let last = parts.last else { return nil }
    if let channel = last.integer { return (0..<3).contains(channel) ? [channel] : nil }
    return bounds(last) == [nil, nil, -1] ? [2, 1, 0] : nil
  }

  /// Start, stop and step of a slice; nil where there is none.
  private static func bounds(_ slice: JSONValue) -> [Int?] {
    let parts = slice["config"] ?? slice
    guard parts.object != nil else { return [] }
    return ["start", "stop", "step"].map { parts[$0]?.integer }
  }

  /// The mean or maximum over rows and columns.
  private func pooling() throws -> KerasArchitecture.Node {
    let axes = setting(1, "axis") ?? .null
    guard axes == [1, 2] || axes == [-3, -2] else {
      throw entry.fault(expected: "the axes [1,2], rows and columns", got: axes.excerpt)
    }
    let settings: [String: JSONValue] = setting(2, "keepdims")?.boolean == true ? ["keepdims": true] : [:]
    return try node(
      function == .mean ? "GlobalAveragePooling2D" : "GlobalMaxPooling2D", settings, [source()])
  }

  /// A function of each number or row: only what names it without more is known by name alone.
  private func activation(_ name: String) throws -> KerasArchitecture.Node {
    var name = name
    switch name {
    case "gelu":
      // Keras's own functions differ: that of its operations is the approximation, if nothing is said.
      let isApproximate = setting(1, "approximate")?.boolean ?? entry.isOfModule
      if isApproximate { name = ActivationFunction.approximateGELU.rawValue }
    case "softmax", "log_softmax":
      if let axis = setting(1, "axis"), axis != .null, axis != -1, axis != 3 {
        throw entry.fault(expected: "the axis -1", got: axis.excerpt)
      }
    default:
      let known: Set = ["name", "dtype", "trainable", "function"]
      let more = entry.config.filter { !known.contains($0.key) && $0.value != .null }
      guard call.count == 1, more.isEmpty || entry.className.hasSuffix("Layer") else {
        throw entry.fault(
          expected: "the function \"\(name)\" without settings",
          got: more.isEmpty ? "\(call.count) arguments" : more.keys.sorted().joined(separator: ", "))
      }
    }
    return try node("Activation", ["activation": .string(name)], [source()])
  }

  /// Numbers from 0 to a largest.
  private func clipped() throws -> KerasArchitecture.Node {
    let bounds = (try number(1, "x_min", "clip_value_min"), try number(2, "x_max", "clip_value_max"))
    guard let least = bounds.0, let largest = bounds.1, least == 0, largest > 0 else {
      throw entry.fault(
        expected: "bounds from 0 to a number above", got: "\(bounds.0 ?? .nan) to \(bounds.1 ?? .nan)")
    }
    return try node("ReLU", ["max_value": .number(largest)], [source()])
  }

  private func concatenation() throws -> KerasArchitecture.Node {
    guard let inputs = call.argument(0, "values", "xs", "arrays", "x")?.results, inputs.count > 1 else {
      throw entry.fault(expected: "several results to concatenate", got: "fewer")
    }
    let axis = setting(1, "axis")?.integer ?? (function == .stack ? 0 : -1)
    guard function == .concatenate || axis == -1 || axis == 3 else {
      throw entry.fault(expected: "channels that are stacked, along the axis -1", got: "the axis \(axis)")
    }
    var node = try node("Concatenate", ["axis": .integer(axis)], inputs)
    node.stacksChannels = function == .stack
    return node
  }

  /// The same numbers in another shape, each sample's on its own.
  private func reshaped() throws -> KerasArchitecture.Node {
    let shape = setting(1, "newshape", "shape")?.array?.map(\.integer) ?? []
    guard shape.count > 1, shape[0] == -1 || shape[0] == nil, shape.dropFirst().allSatisfy({ $0 ?? 0 > 0 })
    else {
      throw entry.fault(
        expected: "a shape [-1, sizes above 0…]", got: setting(1, "newshape", "shape")?.excerpt ?? "none")
    }
    return try node(
      "Reshape", ["target_shape": .array(shape.dropFirst().map { .integer($0 ?? 1) })], [source()])
  }

  /// Photos of another size.
  private func resized() throws -> KerasArchitecture.Node {
    let size = setting(1, "size")?.array?.compactMap(\.integer) ?? []
    let method = setting(2, "interpolation", "method")?.string ?? "bilinear"
    let others = ["antialias", "preserve_aspect_ratio", "crop_to_aspect_ratio", "pad_to_aspect_ratio"]
    guard size.count == 2, ["bilinear", "nearest"].contains(method),
      others.allSatisfy({ [nil, .null, false].contains(setting(.max, $0)) })
    else {
      throw entry.fault(
        expected: "a size, nearest or bilinear, without antialiasing",
        got: "\(setting(1, "size")?.excerpt ?? "none") by \(method)")
    }
    return try node(
      "Resizing",
      ["height": .integer(size[0]), "width": .integer(size[1]), "interpolation": .string(method)], [source()])
  }

  /// A constant, given in the call or, as Keras 3 has most of them, in the settings.
  private func setting(_ index: Int, _ names: String...) -> JSONValue? {
    if let value = value(call.argument(index, names)) { return value }
    return names.lazy.compactMap { entry.config[$0] }.first
  }

  /// A number that is given so.
  private func number(_ index: Int, _ names: String...) throws -> Double? {
    let found = value(call.argument(index, names)) ?? names.lazy.compactMap { entry.config[$0] }.first
    guard let found, found != .null else { return nil }
    guard let number = found.number, number.isFinite else {
      throw entry.fault(expected: "a number", got: found.excerpt)
    }
    return number
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
