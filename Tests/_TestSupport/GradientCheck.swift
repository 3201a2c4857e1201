public import WhiskerGraph
import WhiskerReferenceEngine
public import WhiskerSystem
import WhiskerTensors

extension OpExample {
  /// The example with a loss, `Σ y · cotangent`, and its gradients as outputs `gradient x0`, ….
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if an op has no gradient.
  public func graphWithGradients(for variables: [String]) throws(WhiskerError) -> Graph {
    guard let y = graph.outputs["y"] else { preconditionFailure("\(name) has no output y") }
    var graph = graph
    let cotangent = try graph.input("cotangent", graph.shape(of: y))
    let loss = try graph.append(.sum, try graph.append(.multiply, y, cotangent))
    let values = graph.values.filter { value in
      if case .input(let name) = graph[value].op { variables.contains(name) } else { false }
    }
    for (value, gradient) in zip(values, try graph.gradients(of: loss, for: values)) {
      if case .input(let name) = graph[value].op { graph.output("gradient \(name)", gradient) }
    }
    return graph
  }

  /// Every example that has gradients, with them: for engines, which meet ops in training as these graphs
  /// join them.
  public static let withGradients = all.filter { !$0.variables.isEmpty }.map { example in
    let graph = Graph.built { graph throws(WhiskerError) in
      graph = try example.graphWithGradients(for: example.variables)
    }
    var random = RandomStream(RandomKey(seed: 31))
    let cotangent = random.numbers(graph.inputs["cotangent"] ?? [])
    return OpExample(
      name: "gradients of \(example.name)", kind: example.kind, graph: graph,
      runs: example.runs.map { $0.merging(["cotangent": cotangent]) { $1 } })
  }

  /// Compares the gradient table with central finite differences, both in the reference engine.
  ///
  /// Each element is moved by 1/512 up and down, and the gradients must agree to 1/1000 of the largest element
  /// of theirs, or of 0.02 if all are smaller (results are rounded to Float). In larger inputs, 48 elements are
  /// tried.
  ///
  /// - Throws: ``Disagreement``, or what the engine throws.
  public func checkGradients() async throws {
    let engine = ReferenceEngine()
    let program = try await engine.compile(graph)
    let gradientGraph = try graphWithGradients(for: variables)
    try gradientGraph.verify()
    let gradientProgram = try await engine.compile(gradientGraph)
    guard let inputs = runs.first, let y = graph.outputs["y"] else { return }

    var random = RandomStream(RandomKey(seed: 30))
    let cotangent = random.numbers(graph.shape(of: y))
    let results = try await engine.run(
      gradientProgram, inputs: inputs.merging(["cotangent": cotangent]) { $1 })
    for variable in variables {
      guard let input = inputs[variable], let gradient = results["gradient \(variable)"] else {
        throw Disagreement(description: "\(name): expected a gradient for \(variable), got none")
      }
      let largest = gradient.values.reduce(0) { max($0, abs(Double($1))) }
      for index in random.permutation(input.values.count).prefix(48) {
        var (above, below) = (input, input)
        above.values[index] += 1 / 512
        below.values[index] -= 1 / 512
        let after = try await engine.run(program, inputs: inputs.merging([variable: above]) { $1 })
        let before = try await engine.run(program, inputs: inputs.merging([variable: below]) { $1 })
        let step = Double(above.values[index]) - Double(below.values[index])
        let difference = Self.dot(after["y"], before["y"], cotangent) / step
        guard abs(Double(gradient.values[index]) - difference) <= 1e-3 * max(largest, 0.02) else {
          throw Disagreement(
            description: "\(name): expected \(difference) as gradient for element \(index) of \(variable), "
              + "got \(gradient.values[index])")
        }
      }
    }
  }

  /// `Σ (after − before) · cotangent`, in Double so that what didn't change cancels.
  private static func dot(_ after: Tensor?, _ before: Tensor?, _ cotangent: Tensor) -> Double {
    guard let after, let before else { return .nan }
    return cotangent.values.indices.reduce(0.0) { sum, index in
      sum + (Double(after.values[index]) - Double(before.values[index])) * Double(cotangent.values[index])
    }
  }
}
