package import WhiskerSystem
import WhiskerTensors

extension Graph {
  /// The graph with each normalisation by known statistics folded into the convolution that is its only source.
  ///
  /// `γ · (x ∗ k + b − mean) / √(variance + ε) + β` is a convolution with the kernel `γ · k / √(variance + ε)` and the
  /// bias `γ · (b − mean) / √(variance + ε) + β`: the normalisation of kernel and bias, whose last axis is the result's
  /// channels. They follow from states alone, so that an engine needs to compute them only once, or where the kernel is
  /// trained and the statistics are frozen, once a step and not for every pixel.
  package func foldingNormalizations() throws(WhiskerError) -> Graph {
    var uses = [Int](repeating: 0, count: nodes.count)
    for node in nodes { for operand in node.operands { uses[operand.index] += 1 } }
    for value in outputs.values { uses[value.index] += 1 }

    var result = FoldedGraph()
    for node in nodes {
      guard case .normalization(let epsilon) = node.op, let source = node.operands.first,
        uses[source.index] == 1, case .convolution(let convolution) = self[source].op,
        convolution.activation == nil
      else {
        result.keep(node)
        continue
      }
      result.fold(self[source], into: node, epsilon: epsilon)
    }
    return Graph(nodes: result.nodes, outputs: outputs.mapValues { result.renumbered[$0.index] }).pruned()
  }
}

/// The new graph while it is made.
private struct FoldedGraph {
  private(set) var nodes: [Graph.Node] = []
  /// The new value of each old one so far.
  private(set) var renumbered: [Value] = []

  mutating func keep(_ node: Graph.Node) {
    renumbered.append(push(node.op, node.operands.map { renumbered[$0.index] }, node.shape))
  }

  mutating func fold(_ convolution: Graph.Node, into normalization: Graph.Node, epsilon: Float) {
    let operands = convolution.operands.map { renumbered[$0.index] }
    let statistics = normalization.operands.dropFirst().map { renumbered[$0.index] }
    let (mean, variance, gamma, beta) = (statistics[0], statistics[1], statistics[2], statistics[3])
    let (kernelShape, channels) = (nodes[operands[1].index].shape, nodes[gamma.index].shape)
    let zeros = push(.constant(0, channels), [], channels)
    let op = Op.normalization(epsilon: epsilon)
    let kernel = push(op, [operands[1], zeros, variance, gamma, zeros], kernelShape)
    let bias = push(
      op, [operands.count == 3 ? operands[2] : zeros, mean, variance, gamma, beta], channels)
    renumbered.append(push(convolution.op, [operands[0], kernel, bias], convolution.shape))
  }

  private mutating func push(_ op: Op, _ operands: [Value], _ shape: Shape) -> Value {
    nodes.append(Graph.Node(op: op, operands: operands, shape: shape))
    return Value(index: nodes.count - 1)
  }
}

extension Graph {
  /// For each value whether it follows from constants and from states that the graph doesn't change alone, and
  /// so is the same in every run until a state is set.
  package var isFixed: [Bool] {
    let changed = changedStates
    var isFixed: [Bool] = []
    for node in nodes {
      switch node.op {
      case .constant: isFixed.append(true)
      case .state(let name): isFixed.append(!changed.contains(name))
      case .input: isFixed.append(false)
      default: isFixed.append(!node.op.hasEffect && node.operands.allSatisfy { isFixed[$0.index] })
      }
    }
    return isFixed
  }
}
