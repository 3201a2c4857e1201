public import WhiskerSystem
public import WhiskerTensors

/// A computation as a list of single-assignment values, each made by one ``Op`` from earlier ones.
///
/// Shapes are concrete: the batch size is part of a graph, and another batch size is another graph.
///
/// ```swift
/// var graph = Graph()
/// let x = try graph.input("x", [20, 4])
/// let w = try graph.state("w", [4, 1])
/// graph.output("y", try graph.append(.matrixProduct(MatrixProduct()), x, w))
/// ```
public struct Graph: Sendable {
  /// One op with its operands and the shape of its result.
  public struct Node: Hashable, Sendable {
    /// What is computed.
    public let op: Op
    /// From what: values of smaller index.
    public let operands: [Value]
    /// The shape of the result.
    public let shape: Shape

    package init(op: Op, operands: [Value], shape: Shape) {
      self.op = op
      self.operands = operands
      self.shape = shape
    }
  }

  /// All nodes; ``Value/index`` is the position here.
  public private(set) var nodes: [Node] = []
  /// The results that a run hands back, by name.
  public private(set) var outputs: [String: Value] = [:]

  /// A graph of nothing.
  public init() {}

  package init(nodes: [Node], outputs: [String: Value]) {
    self.nodes = nodes
    self.outputs = outputs
  }

  /// The values, in order.
  public var values: [Value] { nodes.indices.map { Value(index: $0) } }

  /// The node that makes a value.
  public subscript(value: Value) -> Node { nodes[value.index] }

  /// The shape of a value.
  public func shape(of value: Value) -> Shape { nodes[value.index].shape }

  /// A tensor fed at each run.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the name is taken.
  public mutating func input(_ name: String, _ shape: Shape) throws(WhiskerError) -> Value {
    guard !nodes.contains(where: { $0.op == .input(name) }) else {
      throw WhiskerError(.malformed, name, expected: "one input of this name", got: "a second")
    }
    return push(.input(name), [], shape)
  }

  /// A tensor that lives in the engine; asking again for the same name gives the same value.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the state was declared with another shape.
  public mutating func state(_ name: String, _ shape: Shape) throws(WhiskerError) -> Value {
    if let index = nodes.firstIndex(where: { $0.op == .state(name) }) {
      guard nodes[index].shape == shape else {
        throw WhiskerError(
          .operandMismatch, name, expected: "the declared \(nodes[index].shape)", got: "\(shape)")
      }
      return Value(index: index)
    }
    return push(.state(name), [], shape)
  }

  /// Appends an op.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the op doesn't take operands of these shapes.
  @discardableResult
  public mutating func append(_ op: Op, _ operands: Value...) throws(WhiskerError) -> Value {
    try append(op, operands)
  }

  /// Appends an op.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the op doesn't take operands of these shapes.
  @discardableResult
  public mutating func append(_ op: Op, _ operands: [Value]) throws(WhiskerError) -> Value {
    let shapes = operands.map { shape(of: $0) }
    return push(op, operands, try op.outputShape(for: shapes))
  }

  /// Names a value as a result of every run.
  public mutating func output(_ name: String, _ value: Value) { outputs[name] = value }

  /// The number everywhere in a shape.
  public mutating func constant(_ number: Float, _ shape: Shape = []) -> Value {
    push(.constant(number, shape), [], shape)
  }

  private mutating func push(_ op: Op, _ operands: [Value], _ shape: Shape) -> Value {
    nodes.append(Node(op: op, operands: operands, shape: shape))
    return Value(index: nodes.count - 1)
  }
}

extension Graph {
  /// The tensors fed at each run, with their shapes, by name.
  public var inputs: [String: Shape] {
    nodes.reduce(into: [:]) { inputs, node in
      if case .input(let name) = node.op { inputs[name] = node.shape }
    }
  }

  /// Every state that the graph reads or changes, slots of optimizers included, with their shapes, by name.
  public var states: [String: Shape] {
    nodes.reduce(into: [:]) { states, node in states.merge(statesTouched(by: node)) { $1 } }
  }

  /// The names of the states that a run changes, slots of optimizers included.
  package var changedStates: Set<String> {
    nodes.reduce(into: []) { if $1.op.hasEffect { $0.formUnion(statesTouched(by: $1).keys) } }
  }

  /// The states that one node reads or changes, with the shapes it needs them to have.
  func statesTouched(by node: Node) -> [String: Shape] {
    switch node.op {
    case .state(let name): return [name: node.shape]
    case .update(let rule, _, let name):
      let shape = shape(of: node.operands[0])
      return rule.slots.reduce(into: [name: shape]) { $0[$1.name(for: name)] = shape }
    case .movingAverage(_, let name), .blend(let name): return [name: shape(of: node.operands[0])]
    default: return [:]
    }
  }

  /// A readable listing, one line a value.
  ///
  ///     %2 = convolution window 3×3 stride 1×1 relu (%0, %1) : (20, 148, 148, 32)
  public func dump() -> String {
    var lines = nodes.enumerated().map { index, node in
      let operands = node.operands.map(\.description).joined(separator: ", ")
      let result = node.op.hasEffect ? "" : " : \(node.shape)"
      return "%\(index) = \(node.op)\(operands.isEmpty ? "" : " (\(operands))")\(result)"
    }
    for (name, value) in outputs.sorted(by: { $0.key < $1.key }) { lines.append("output \(name) = \(value)") }
    return lines.joined(separator: "\n")
  }
}

extension Graph: ShortDescription {
  /// How many values there are, and the names of the outputs; ``dump()`` lists them.
  public var description: String { "Graph(\(nodes.count) values, outputs: \(outputs.keys.sorted().excerpt))" }
}

/// One single-assignment value of a ``Graph``: the result of its node number `index`.
public struct Value: Hashable, Sendable {
  /// The number of the node that makes the value; operands always have smaller numbers.
  public let index: Int

  package init(index: Int) { self.index = index }
}

extension Value: CustomStringConvertible {
  /// `%12`.
  public var description: String { "%\(index)" }
}
