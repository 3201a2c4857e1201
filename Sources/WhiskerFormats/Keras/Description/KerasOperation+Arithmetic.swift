import WhiskerSystem

/// Sums, differences, products and quotients, of two results or of one and a constant.
extension KerasOperation {
  func square() throws -> KerasArchitecture.Node {
    let source = try source()
    return try node("Multiply", [:], [source, source])
  }

  /// One side of an operator.
  private enum Operand {
    case result(String)
    case constant([Float])
  }

  func arithmetic() throws -> [KerasArchitecture.Node] {
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

  func rescaling(
    _ scale: Float, _ offset: Float, of source: String, part: String? = nil
  ) throws -> KerasArchitecture.Node {
    try rescaling([scale], [offset], of: source, part: part)
  }

  func rescaling(
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
}
