package import WhiskerSystem

/// The rewrites. Each keeps what the graph computes and returns the new graph; values are renumbered, which
/// is why passes run before anybody keeps values, and outputs are found by name.
extension Graph {
  /// The forward graph with what belongs together in one op, before gradients are appended:
  /// ReLU moves after max-pooling (they commute, and the pooled tensor is smaller in both directions), zeros
  /// around a picture join the convolution that is their only reader, and activations join the convolution,
  /// product or pooling whose result nothing else reads.
  package func fused() throws(WhiskerError) -> Graph {
    let moved = try rewritten { graph, node, uses in
      guard case .pooling(var pooling) = node.op, pooling.kind == .maximum,
        case .activation(.relu) = graph[node.operands[0]].op, uses[node.operands[0].index] == 1
      else { return nil }
      pooling.hasReLU = true
      return (.pooling(pooling), graph[node.operands[0]].operands)
    }
    let padded = try moved.rewritten { graph, node, uses in
      guard case .convolution(var convolution) = node.op, let x = node.operands.first,
        case .pad(let edges) = graph[x].op, uses[x.index] == 1,
        let joined = convolution.window.padded(by: edges)
      else { return nil }
      convolution.window = joined
      return (.convolution(convolution), graph[x].operands + node.operands.dropFirst())
    }
    return try padded.rewritten { graph, node, uses in
      guard case .activation(let activation) = node.op, activation.isFusible,
        uses[node.operands[0].index] == 1
      else { return nil }
      let producer = graph[node.operands[0]]
      switch producer.op {
      case .convolution(var convolution) where convolution.activation == nil:
        convolution.activation = activation
        return (.convolution(convolution), producer.operands)
      case .matrixProduct(var product) where product.activation == nil:
        product.activation = activation
        return (.matrixProduct(product), producer.operands)
      case .pooling(var pooling) where pooling.kind == .maximum && activation == .relu:
        pooling.hasReLU = true
        return (.pooling(pooling), producer.operands)
      default: return nil
      }
    }
  }

  /// The graph with constants folded, reshapes that do nothing removed, and unused values dropped.
  package func simplified() throws(WhiskerError) -> Graph {
    try rewritten { graph, node, _ in
      guard let operand = node.operands.first, case .constant(let number, _) = graph[operand].op else {
        return nil
      }
      switch node.op {
      case .scale(let factor): return (.constant(factor * number, node.shape), [])
      case .rescale(let factor, let offset): return (.constant(factor * number + offset, node.shape), [])
      case .broadcast, .reshape, .mean: return (.constant(number, node.shape), [])
      case .sum, .reduce:
        let share = graph.shape(of: operand).count / max(node.shape.count, 1)
        return (.constant(number * Float(share), node.shape), [])
      default: return nil
      }
    }.pruned()
  }

  /// The graph without the nodes that no output and no effect depends on; on request without effects too.
  package func pruned(keepingEffects keepsEffects: Bool = true) -> Graph {
    var isNeeded = nodes.map { keepsEffects && $0.op.hasEffect }
    for value in outputs.values { isNeeded[value.index] = true }
    for index in nodes.indices.reversed() where isNeeded[index] {
      for operand in nodes[index].operands { isNeeded[operand.index] = true }
    }
    var renumbered: [Value: Value] = [:]
    var kept: [Node] = []
    for (index, node) in nodes.enumerated() where isNeeded[index] {
      renumbered[Value(index: index)] = Value(index: kept.count)
      kept.append(
        Node(op: node.op, operands: node.operands.compactMap { renumbered[$0] }, shape: node.shape))
    }
    return Graph(nodes: kept, outputs: outputs.compactMapValues { renumbered[$0] })
  }

  /// Applies a local rule to every node in order.
  ///
  /// The rule sees the graph made so far, the node (its operands
  /// renumbered into it) and how often each of those values is read, and gives the replacing op and operands,
  /// or nil to keep the node.
  private func rewritten(
    _ rule: (Graph, Node, [Int]) -> (Op, [Value])?
  ) throws(WhiskerError) -> Graph {
    var uses = [Int](repeating: 0, count: nodes.count)
    for node in nodes { for operand in node.operands { uses[operand.index] += 1 } }
    for value in outputs.values { uses[value.index] += 1 }
    // A rewritten graph keeps one node for each old one, so that numbers and use counts stay valid; what is
    // left without a reader is dropped at the end.
    var result: [Node] = []
    for node in nodes {
      let graph = Graph(nodes: result, outputs: [:])
      if let (op, operands) = rule(graph, node, uses) {
        result.append(Node(op: op, operands: operands, shape: node.shape))
      } else {
        result.append(node)
      }
    }
    return Graph(nodes: result, outputs: outputs).pruned()
  }
}

extension Window {
  /// The window with more zeros around the picture; nil if some windows would then see nothing else, which engines
  /// are not made for.
  fileprivate func padded(by edges: EdgePadding) -> Window? {
    var result = self
    result.padding.top += edges.top
    result.padding.left += edges.left
    result.padding.bottom += edges.bottom
    result.padding.right += edges.right
    guard max(result.padding.top, result.padding.bottom) < reach.height,
      max(result.padding.left, result.padding.right) < reach.width
    else { return nil }
    return result
  }
}
