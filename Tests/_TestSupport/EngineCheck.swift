public import WhiskerGraph
public import WhiskerReferenceEngine
public import WhiskerTensors

/// Two computations that should agree and don't.
public struct Disagreement: Error, CustomStringConvertible {
  /// What was compared, the numbers, and how far apart they may be.
  public let description: String
}

extension OpExample {
  /// Runs the example on an engine and on the reference engine, and compares outputs and states after every run.
  ///
  /// Give engines that hold no states yet.
  ///
  /// - Parameter tolerance: the largest difference allowed, as a fraction of a tensor's largest element.
  /// - Throws: ``Disagreement``, or what an engine throws.
  public func check(
    engine: any Engine, against reference: ReferenceEngine = ReferenceEngine(), tolerance: Double
  ) async throws {
    let names = graph.states.keys.sorted()
    try await engine.load(states)
    try await reference.load(states)
    let program = try await engine.compile(graph)
    let referenceProgram = try await reference.compile(graph)
    for (number, inputs) in runs.enumerated() {
      let outputs = try await engine.run(program, inputs: inputs)
      let expected = try await reference.run(referenceProgram, inputs: inputs)
      try compare(outputs, expected, "output", run: number, tolerance)
      try compare(
        try await engine.read(names), try await reference.read(names), "state", run: number, tolerance)
    }
  }

  private func compare(
    _ tensors: [String: Tensor], _ expected: [String: Tensor], _ what: String, run: Int, _ tolerance: Double
  ) throws {
    guard Set(tensors.keys) == Set(expected.keys) else {
      throw Disagreement(
        description: "\(what)s of \(name): expected \(expected.keys.sorted()), got \(tensors.keys.sorted())")
    }
    for (key, expected) in expected.sorted(by: { $0.key < $1.key }) {
      guard let tensor = tensors[key] else { continue }
      try tensor.requireClose(to: expected, tolerance, "\(what) \(key) of \(name), run \(run)")
    }
  }
}

extension Tensor {
  /// Checks that every element is as expected, up to a fraction of the largest element expected.
  ///
  /// - Throws: ``Disagreement`` with the first element that isn't.
  public func requireClose(to expected: Tensor, _ tolerance: Double, _ place: String) throws {
    guard shape == expected.shape else {
      throw Disagreement(description: "\(place): expected \(expected.shape), got \(shape)")
    }
    let largest = expected.values.reduce(0) { max($0, abs(Double($1))) }
    let margin = tolerance * (largest == 0 ? 1 : largest)
    for (index, (value, expected)) in zip(values, expected.values).enumerated() {
      // The negation catches NaN too.
      guard abs(Double(value) - Double(expected)) <= margin else {
        throw Disagreement(
          description: "\(place): expected \(expected) ± \(margin) in element \(index), got \(value)")
      }
    }
  }
}
