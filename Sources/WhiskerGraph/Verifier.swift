public import WhiskerSystem
import WhiskerTensors

extension Graph {
  /// Checks every rule that a graph keeps.
  ///
  /// Operands come first, shapes follow from the ops, names are unique, outputs exist, and states have one shape
  /// each. Run after every pass in tests, and in training on request.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` naming the first node that breaks a rule.
  public func verify() throws(WhiskerError) {
    var inputs: Set<String> = []
    var declaredStates: Set<String> = []
    var stateShapes: [String: Shape] = [:]
    for (index, node) in nodes.enumerated() {
      let place = "%\(index) \(node.op.kind.rawValue)"
      for operand in node.operands {
        guard operand.index >= 0, operand.index < index else {
          throw WhiskerError(.malformed, place, expected: "operands before it", got: "\(operand)")
        }
        guard !self[operand].op.hasEffect else {
          throw WhiskerError(
            .malformed, place, expected: "operands with a result", got: "\(self[operand].op)")
        }
      }
      switch node.op {
      case .input, .state:
        guard node.operands.isEmpty else {
          throw WhiskerError(.malformed, place, expected: "no operands", got: "\(node.operands.count)")
        }
      default:
        let shape = try node.op.outputShape(for: node.operands.map { self.shape(of: $0) })
        guard shape == node.shape else {
          throw WhiskerError(.malformed, place, expected: "\(shape)", got: "\(node.shape)")
        }
      }
      if case .input(let name) = node.op, !inputs.insert(name).inserted {
        throw WhiskerError(.malformed, place, expected: "one input \"\(name)\"", got: "two")
      }
      if case .state(let name) = node.op, !declaredStates.insert(name).inserted {
        throw WhiskerError(.malformed, place, expected: "one state \"\(name)\"", got: "two")
      }
      for (name, shape) in statesTouched(by: node) {
        if let known = stateShapes.updateValue(shape, forKey: name), known != shape {
          throw WhiskerError(.malformed, place, expected: "state \"\(name)\" to be \(known)", got: "\(shape)")
        }
      }
    }
    for (name, value) in outputs {
      guard nodes.indices.contains(value.index), !self[value].op.hasEffect else {
        throw WhiskerError(.malformed, "output \(name)", expected: "a value of the graph", got: "\(value)")
      }
    }
  }
}
