import Foundation
import WhiskerGraph
import WhiskerSystem
import WhiskerTensors

/// Turns a graph into ONNX nodes, one op after another.
///
/// A value exists in up to two layouts, each under its own name: as in the graph, and for pictures with the
/// channels first. Each reader of a value asks for the layout that it needs; a transposition is added the first
/// time that it is missing. Consecutive convolutions and poolings thus need none.
struct ONNXExporter {
  /// How the elements of a value lie.
  enum Layout {
    /// As in the graph: `[N, H, W, C]`.
    case channelsLast
    /// As ONNX's convolutions and poolings have it: `[N, C, H, W]`.
    case channelsFirst
  }

  let graph: Graph
  private let weights: [String: Tensor]
  let file: String
  private var nodes: [ONNXNode] = []
  private var initializers: [ONNXTensor] = []
  private var initializerNames: Set<String> = []
  private var names: [Value: [Layout: String]] = [:]
  /// Computed kernels, transposed.
  private var kernelNames: [Value: String] = [:]
  /// The values whose first axis is the batch.
  private var batched: Set<Value> = []

  init(_ graph: Graph, weights: [String: Tensor], file: String) {
    self.graph = graph
    self.weights = weights
    self.file = file
  }

  /// The whole graph.
  mutating func exported(inputNotes: [String: String]) throws(WhiskerError) -> ONNXGraph {
    var message = ONNXGraph()
    message.name = "whisker"
    for value in graph.values {
      let node = graph[value]
      if case .input(let name) = node.op {
        if node.shape.rank > 0 { batched.insert(value) }
        names[value] = [.channelsLast: name]
        message.input.append(information(value, name, inputNotes[name] ?? ""))
      } else {
        if node.operands.contains(where: batched.contains) && !node.op.reducesBatch { batched.insert(value) }
        try export(node.op, node.operands, value)
      }
    }
    for (name, value) in graph.outputs.sorted(by: { $0.key < $1.key }) {
      let source = try self.name(value)
      if case .constant(_, let shape) = graph[value].op {
        append("Expand", [source, integers(shape.sizes)], output: name, node: "output/\(name)")
      } else {
        append("Identity", [source], output: name, node: "output/\(name)")
      }
      message.output.append(information(value, name, ""))
    }
    message.node = nodes
    message.initializer = initializers
    return message
  }

  // MARK: What ops need

  /// The shape of a value.
  func shape(of value: Value) -> Shape { graph.shape(of: value) }

  /// Whether a value's first axis is the batch.
  func isBatched(_ value: Value) -> Bool { batched.contains(value) }

  /// Whether a value lies there with the channels first.
  func isChannelsFirst(_ value: Value) -> Bool { names[value]?[.channelsFirst] != nil }

  /// The name of a value in a layout.
  mutating func name(_ value: Value, _ layout: Layout = .channelsLast) throws(WhiskerError) -> String {
    if names[value] == nil {
      // Weights and numbers are written where one is read as it is: onnxruntime warns of those that nothing reads.
      switch graph[value].op {
      case .state(let name): names[value] = [.channelsLast: try weight(name)]
      case .constant(let number, let shape):
        names[value] = [.channelsLast: constant(number, rank: shape.rank)]
      default: break
      }
    }
    if let name = names[value]?[layout] { return name }
    guard let (other, source) = names[value]?.first, other != layout, shape(of: value).rank == 4 else {
      throw unsupported(graph[value].op)
    }
    let name = "\(source)/\(layout == .channelsFirst ? "nchw" : "nhwc")"
    let order = layout == .channelsFirst ? [0, 3, 1, 2] : [0, 2, 3, 1]
    append("Transpose", [source], [.ints("perm", order)], output: name, node: name)
    names[value, default: [:]][layout] = name
    return name
  }

  /// Appends an operator that makes a value.
  mutating func emit(
    _ type: String, _ operands: [String], _ attributes: [ONNXAttribute] = [], as value: Value,
    _ layout: Layout = .channelsLast
  ) {
    let name = "\(graph[value].op.kind.rawValue)_\(value.index)"
    append(type, operands, attributes, output: name, node: name)
    names[value] = [layout: name]
  }

  /// Appends an operator that makes an intermediate value; one of several of its type needs a name.
  ///
  /// - Parameter others: the names of further results that nothing reads.
  mutating func step(
    _ type: String, _ operands: [String], _ attributes: [ONNXAttribute] = [], towards value: Value,
    _ own: String? = nil, others: [String] = []
  ) -> String {
    let name = "\(graph[value].op.kind.rawValue)_\(value.index)/\(own ?? type.lowercased())"
    append(type, operands, attributes, output: name, node: name, others: others.map { "\(name)/\($0)" })
    return name
  }

  /// Says that a value is another under the name.
  mutating func alias(_ value: Value, _ name: String, _ layout: Layout = .channelsLast) {
    names[value] = [layout: name]
  }

  /// A number that every element meets.
  mutating func scalar(_ number: Float) -> String {
    let name = "number/\(number)"
    initialize(name, [], of: .float) { withUnsafeBytes(of: number) { Data($0) } }
    return name
  }

  /// Whole numbers, such as the sizes of axes.
  mutating func integers(_ numbers: [Int]) -> String {
    let name = "integers/\(numbers.map(String.init).joined(separator: ","))"
    initialize(name, [numbers.count], of: .int64) {
      numbers.map(Int64.init).withUnsafeBytes { Data($0) }
    }
    return name
  }

  /// A whole number without axes.
  mutating func index(_ number: Int) -> String {
    let name = "index/\(number)"
    initialize(name, [], of: .int64) { withUnsafeBytes(of: Int64(number)) { Data($0) } }
    return name
  }

  /// The numbers from 1 on.
  mutating func count(to last: Int) -> String {
    let name = "numbers/1 to \(last)"
    initialize(name, [last], of: .float) { (1...max(last, 1)).map(Float.init).withUnsafeBytes { Data($0) } }
    return name
  }

  /// The same number in every element, of as many axes, each of one element.
  mutating func constant(_ number: Float, rank: Int) -> String {
    let name = "number/\(number)/\(rank)"
    initialize(name, Array(repeating: 1, count: rank), of: .float) {
      withUnsafeBytes(of: number) { Data($0) }
    }
    return name
  }

  /// Weights of places in a matrix, a row of it for each list.
  mutating func matrix(_ taps: [[Resampling.Tap]], columns: Int, _ name: String) -> String {
    initialize(name, [taps.count, columns], of: .float) {
      var values = [Float](repeating: 0, count: taps.count * columns)
      for (row, taps) in taps.enumerated() {
        for tap in taps { values[row * columns + tap.index] += tap.weight }
      }
      return values.withUnsafeBytes { Data($0) }
    }
    return name
  }

  /// A value of one axis with all its elements there, where an operator doesn't repeat one for all.
  mutating func vector(_ value: Value) throws(WhiskerError) -> String {
    guard case .constant(let number, let shape) = graph[value].op else { return try name(value) }
    let name = "number/\(number)/times \(shape.count)"
    initialize(name, shape.sizes, of: .float) {
      Array(repeating: number, count: shape.count).withUnsafeBytes { Data($0) }
    }
    return name
  }

  /// A weight as it is in the graph.
  mutating func weight(_ state: String) throws(WhiskerError) -> String {
    let tensor = try tensor(state)
    initialize(state, tensor.shape.sizes, of: .float) { tensor.values.withUnsafeBytes { Data($0) } }
    return state
  }

  /// A convolution's kernel `[h, w, I, O]` as ONNX has it, `[O, I, h, w]`.
  mutating func kernel(_ value: Value) throws(WhiskerError) -> String {
    guard case .state(let state) = graph[value].op else {
      if let name = kernelNames[value] { return name }
      let name = step("Transpose", [try name(value)], [.ints("perm", [3, 2, 0, 1])], towards: value)
      kernelNames[value] = name
      return name
    }
    let (tensor, name) = (try tensor(state), "\(state)/oihw")
    let (height, width, inputs, outputs) = (
      tensor.shape[0], tensor.shape[1], tensor.shape[2], tensor.shape[3]
    )
    initialize(name, [outputs, inputs, height, width], of: .float) {
      var values = [Float](repeating: 0, count: tensor.values.count)
      for tap in 0..<height * width {
        for input in 0..<inputs {
          for output in 0..<outputs {
            values[(output * inputs + input) * height * width + tap] =
              tensor.values[(tap * inputs + input) * outputs + output]
          }
        }
      }
      return values.withUnsafeBytes { Data($0) }
    }
    return name
  }

  /// An error for what ONNX has no operator for.
  func unsupported(_ op: Op) -> WhiskerError {
    WhiskerError(.unsupported, file, expected: "ops of inference for ONNX", got: "\(op)")
  }

  // MARK: Messages

  private func tensor(_ state: String) throws(WhiskerError) -> Tensor {
    guard let tensor = weights[state] else {
      throw WhiskerError(.missingTensor, file, expected: "a weight '\(state)'", got: "none")
    }
    return tensor
  }

  private mutating func append(
    _ type: String, _ operands: [String], _ attributes: [ONNXAttribute] = [], output: String, node: String,
    others: [String] = []
  ) {
    nodes.append(
      .with {
        $0.opType = type
        $0.name = node
        $0.input = operands
        $0.output = [output] + others
        $0.attribute = attributes
      })
  }

  private mutating func initialize(
    _ name: String, _ sizes: [Int], of kind: ONNXTensor.ElementKind, _ bytes: () -> Data
  ) {
    guard initializerNames.insert(name).inserted else { return }
    initializers.append(
      .with {
        $0.name = name
        $0.dims = sizes.map(Int64.init)
        $0.dataType = kind
        $0.rawData = bytes()
      })
  }

  private func information(_ value: Value, _ name: String, _ note: String) -> ONNXValueInfo {
    let dimensions = shape(of: value).sizes.enumerated().map { axis, size in
      ONNXDimension.with {
        if axis == 0 && isBatched(value) { $0.dimParam = "batch" } else { $0.dimValue = Int64(size) }
      }
    }
    return .with {
      $0.name = name
      $0.docString = note
      $0.type.tensorType.elemType = .float
      $0.type.tensorType.shape.dim = dimensions
    }
  }
}

extension Op {
  /// Whether the result has no batch though the operand has.
  fileprivate var reducesBatch: Bool { [.sum, .mean, .channelMean, .channelVariance].contains(kind) }
}

extension ONNXAttribute {
  /// Whole numbers.
  static func ints(_ name: String, _ numbers: [Int]) -> ONNXAttribute {
    .with {
      $0.name = name
      $0.ints = numbers.map(Int64.init)
      $0.kind = .ints
    }
  }

  /// A whole number.
  static func int(_ name: String, _ number: Int) -> ONNXAttribute {
    .with {
      $0.name = name
      $0.i = Int64(number)
      $0.kind = .int
    }
  }

  /// A number.
  static func float(_ name: String, _ number: Float) -> ONNXAttribute {
    .with {
      $0.name = name
      $0.f = number
      $0.kind = .float
    }
  }
}
