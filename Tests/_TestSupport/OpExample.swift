public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// A small graph around one op, with what to feed it: what engines and the gradient table are checked on.
public struct OpExample: Sendable, CustomStringConvertible {
  /// The op with its settings and the shapes of its operands; unique.
  public let name: String
  /// The op it is an example of; nil for a network.
  public let kind: Op.Kind?
  /// The graph; its result, if it has one, is the output `y`.
  public let graph: Graph
  /// What to load before the first run.
  public let states: [String: Tensor]
  /// The inputs of each run, one after another.
  public let runs: [[String: Tensor]]
  /// The inputs that the op can be differentiated by, near these tensors.
  public let variables: [String]

  /// The name.
  public var description: String { name }

  /// Examples of every op, then small networks that join many.
  public static let all = Op.Kind.allCases.flatMap(examples(of:)) + networks

  /// Examples of one op; a new op doesn't compile without its row.
  public static func examples(of kind: Op.Kind) -> [OpExample] {
    switch kind {
    case .input: input
    case .state: state
    case .constant: constant
    case .add: add
    case .multiply: multiply
    case .scale: scale
    case .rescale: rescale
    case .broadcast: broadcast
    case .reduce: reduce
    case .sum: sum
    case .mean: mean
    case .reshape: reshape
    case .transpose: transpose
    case .pad: pad
    case .crop: crop
    case .concatenate: concatenate
    case .slice: slice
    case .activation: activation
    case .activationGradient: activationGradient
    case .rectifier: rectifier
    case .rectifierGradient: rectifierGradient
    case .matrixProduct: matrixProduct
    case .convolution: convolution
    case .convolutionInputGradient: convolutionInputGradient
    case .convolutionKernelGradient: convolutionKernelGradient
    case .biasGradient: biasGradient
    case .pooling: pooling
    case .poolingGradient: poolingGradient
    case .channelMean: channelMean
    case .channelVariance: channelVariance
    case .normalization: normalization
    case .batchNormalization: batchNormalization
    case .batchNormalizationGradient: batchNormalizationGradient
    case .batchNormalizationScaleGradient: batchNormalizationScaleGradient
    case .layerNormalization: layerNormalization
    case .layerNormalizationGradient: layerNormalizationGradient
    case .layerNormalizationScaleGradient: layerNormalizationScaleGradient
    case .resample: resample
    case .resampleGradient: resampleGradient
    case .dropout: dropout
    case .noise: noise
    case .crossentropy: crossentropy
    case .crossentropyGradient: crossentropyGradient
    case .clipNorm: clipNorm
    case .update: update
    case .movingAverage: movingAverage
    case .blend: blend
    }
  }

  init(
    name: String, kind: Op.Kind?, graph: Graph, states: [String: Tensor] = [:], runs: [[String: Tensor]],
    variables: [String] = []
  ) {
    self.name = name
    self.kind = kind
    self.graph = graph
    self.states = states
    self.runs = runs
    self.variables = variables
  }

  /// One op applied to inputs `x0`, `x1`, …; `varying` numbers those that it is smooth in.
  init(_ op: Op, _ operands: Tensor..., varying: [Int] = [], note: String = "") {
    self.init(op, operands, varying: varying, note: note) { graph, x throws(WhiskerError) in
      try graph.append(op, x)
    }
  }

  /// Inputs `x0`, `x1`, … and the value that `build` makes from them, as an example of `op`.
  init(
    _ op: Op, _ operands: [Tensor], varying: [Int] = [], note: String = "",
    build: (inout Graph, [Value]) throws(WhiskerError) -> Value
  ) {
    let shapes = operands.map(\.shape.description).joined(separator: " ")
    let graph = Graph.built { graph throws(WhiskerError) in
      var x: [Value] = []
      for (index, tensor) in operands.enumerated() { x.append(try graph.input("x\(index)", tensor.shape)) }
      graph.output("y", try build(&graph, x))
    }
    let inputs = Dictionary(uniqueKeysWithValues: operands.enumerated().map { ("x\($0)", $1) })
    self.init(
      name: [op.description, shapes, note].filter { !$0.isEmpty }.joined(separator: " "), kind: op.kind,
      graph: graph, runs: [inputs], variables: varying.map { "x\($0)" })
  }
}

extension Graph {
  /// A graph that is known to be well-formed.
  public static func built(_ build: (inout Graph) throws(WhiskerError) -> Void) -> Graph {
    var graph = Graph()
    do { try build(&graph) } catch { preconditionFailure("an example is malformed: \(error)") }
    return graph
  }
}
