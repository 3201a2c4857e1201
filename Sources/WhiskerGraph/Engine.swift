public import WhiskerSystem
public import WhiskerTensors

/// What runs graphs.
///
/// An engine holds one set of named states (weights, optimizer slots) in layouts of its own; programs compiled
/// by it read and change them, so that nothing moves between two steps.
///
/// Engines are actors: one runs one thing at a time.
public protocol Engine: Actor {
  /// Prepares a graph for running. States that the engine doesn't hold yet are made, filled with 0.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the graph is malformed, or has an op or a state shape that doesn't fit.
  func compile(_ graph: Graph) throws(WhiskerError) -> Program

  /// Sets states by name; those not named keep their values.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if a state has another shape in the engine already.
  func load(_ states: [String: Tensor]) throws(WhiskerError)

  /// Copies states out, by name.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if there is no such state.
  func read(_ names: [String]) throws(WhiskerError) -> [String: Tensor]

  /// Runs a program once: reads all inputs, applies its updates, and returns its outputs.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if an input is missing or of another shape than declared.
  func run(_ program: Program, inputs: [String: Tensor]) throws(WhiskerError) -> [String: Tensor]
}

/// A graph made ready by one ``Engine``, which alone can run it.
public struct Program: Hashable, Sendable {
  package let index: Int

  package init(index: Int) { self.index = index }
}

extension Graph {
  /// Checks that `tensors` has every input of the graph, each of its shape.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `badBinding`, naming the input.
  package func check(inputs tensors: [String: Tensor]) throws(WhiskerError) {
    for (name, shape) in inputs.sorted(by: { $0.key < $1.key }) {
      guard let tensor = tensors[name] else {
        throw WhiskerError(.badBinding, "input \(name)", expected: "a tensor \(shape)", got: "none")
      }
      guard tensor.shape == shape else {
        throw WhiskerError(.badBinding, "input \(name)", expected: "\(shape)", got: "\(tensor.shape)")
      }
    }
  }
}
