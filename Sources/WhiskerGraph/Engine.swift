import Synchronization
public import WhiskerSystem
public import WhiskerTensors

/// What runs graphs.
///
/// An engine holds one set of named states (weights, optimizer slots) in its own layouts; programs compiled
/// by it read and change them, so that nothing is copied between steps.
///
/// Engines are actors: one runs one thing at a time.
public protocol Engine: Actor {
  /// The programs of this engine that are still referenced.
  nonisolated var programs: ProgramLedger { get }

  /// Prepares a graph for running. States that the engine doesn't hold yet are made, filled with 0.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the graph is malformed, or has an op or a state shape that doesn't fit.
  func compile(_ graph: Graph) throws(WhiskerError) -> Program

  /// Sets states by name; those not named keep their values.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if a state has another shape in the engine already.
  func load(_ states: [String: Tensor]) throws(WhiskerError)

  /// Forgets states by name; unknown names are ignored.
  ///
  /// A program that names one is refused until the state is set again.
  func discard(_ names: [String])

  /// Copies states out, by name.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if there is no such state.
  func read(_ names: [String]) throws(WhiskerError) -> [String: Tensor]

  /// Runs a program once: reads all inputs, applies its updates, and returns its outputs.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if an input is missing or of another shape than declared; `foreignProgram` if
  ///   another engine made the program.
  func run(_ program: Program, inputs: [String: Tensor]) throws(WhiskerError) -> [String: Tensor]
}

/// A graph prepared by one ``Engine``; only that engine can run it.
///
/// What the engine prepared is freed with the last reference to the program.
public final class Program: Sendable {
  fileprivate let body: any Sendable
  fileprivate let ledger: ProgramLedger
  private let byteCount: Int

  fileprivate init(_ body: any Sendable, byteCount: Int, in ledger: ProgramLedger) {
    self.body = body
    self.byteCount = byteCount
    self.ledger = ledger
    ledger.change(count: 1, byteCount: byteCount)
  }

  deinit { ledger.change(count: -1, byteCount: -byteCount) }
}

/// What an engine knows about its programs: which are its own, how many are still referenced, and how much
/// memory those have planned.
public final class ProgramLedger: Sendable {
  private let totals = Mutex((count: 0, byteCount: 0))

  /// The ledger of an engine without programs.
  public init() {}

  /// How many programs are still referenced.
  public var count: Int { totals.withLock(\.count) }

  /// The bytes that they have planned for what they compute.
  public var byteCount: Int { totals.withLock(\.byteCount) }

  /// A new program.
  ///
  /// - Parameters:
  ///   - body: What the engine made of the graph.
  ///   - byteCount: The bytes that it has planned.
  public func program(_ body: any Sendable, byteCount: Int) -> Program {
    Program(body, byteCount: byteCount, in: self)
  }

  /// What the engine made of a program's graph.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `foreignProgram` if another engine made the program.
  public func body<Body>(of program: Program, as type: Body.Type = Body.self) throws(WhiskerError) -> Body {
    guard program.ledger === self, let body = program.body as? Body else {
      throw WhiskerError(
        .foreignProgram, "program", expected: "one that this engine compiled", got: "another engine's")
    }
    return body
  }

  fileprivate func change(count: Int, byteCount: Int) {
    totals.withLock { totals in
      totals.count += count
      totals.byteCount += byteCount
    }
  }
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
