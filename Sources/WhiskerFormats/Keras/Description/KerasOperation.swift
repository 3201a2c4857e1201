import WhiskerLayers
import WhiskerSystem

/// Arithmetic in a model, such as `x / 127.5 - 1`: what Keras 3 writes as operations and TensorFlow's Keras as
/// `TFOpLambda` (2.4 to 2.15), `SlicingOpLambda` or `TensorFlowOpLayer` (2.0 to 2.3).
///
/// They name a function and hold no code. Layers of Whisker's take their places.
struct KerasOperation {
  let function: Function
  let entry: KerasReading.Entry
  let call: KerasCall

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

  func source() throws -> String {
    guard case .result(let name)? = call.argument(0, "x", "input", "features", "logits", "a") else {
      throw entry.fault(expected: "the result of a layer", got: "none")
    }
    return name
  }

  func value(_ argument: KerasCall.Argument?) -> JSONValue? {
    if case .value(let value)? = argument { value } else { nil }
  }

  // MARK: - Settings

  /// A constant, given in the call or, as Keras 3 has most of them, in the settings.
  func setting(_ index: Int, _ names: String...) -> JSONValue? {
    if let value = value(call.argument(index, names)) { return value }
    return names.lazy.compactMap { entry.config[$0] }.first
  }

  /// A number that is given so.
  func number(_ index: Int, _ names: String...) throws -> Double? {
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

  // MARK: - Nodes

  func node(
    _ className: String, _ settings: [String: JSONValue], _ inputs: [String], part: String? = nil
  ) throws -> KerasArchitecture.Node {
    var node = try entry.node(
      className, settings, name: part.map { entry.name(ofPart: $0) } ?? entry.name, inputs: inputs)
    node.isFiled = false
    return node
  }
}
