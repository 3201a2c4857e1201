import Testing
import WhiskerGraph
import WhiskerReferenceEngine
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// Tests that the shared checks notice what they should.
@Suite struct CheckTests {
  /// What disagrees is thrown by the check.
  @Test(arguments: OpExample.all + OpExample.withGradients) func theReferenceEngineAgreesWithItself(
    example: OpExample
  ) async throws {
    try await example.check(engine: ReferenceEngine(), tolerance: 0)
  }

  @Test(arguments: Op.Kind.allCases) func everyOpHasExamples(kind: Op.Kind) {
    let examples = OpExample.examples(of: kind)
    #expect(!examples.isEmpty)
    for example in examples {
      #expect(example.kind == kind)
      #expect(example.graph.nodes.contains { $0.op.kind == kind })
      #expect(!example.runs.isEmpty)
      #expect(!example.graph.outputs.isEmpty || [.update, .movingAverage, .blend].contains(kind))
    }
  }

  @Test func namesOfExamplesAreUnique() {
    let names = (OpExample.all + OpExample.withGradients).map(\.name)
    for (name, examples) in Dictionary(grouping: names, by: \.self) where examples.count > 1 {
      Issue.record("\(examples.count) examples are called \(name)")
    }
  }

  @Test(arguments: OpExample.all) func aWrongEngineIsFound(example: OpExample) async throws {
    await #expect(throws: Disagreement.self) {
      try await example.check(engine: IdleEngine(), tolerance: 1e-2)
    }
  }

  @Test func notANumberIsADisagreement() throws {
    let one = Tensor(1)
    #expect(throws: Disagreement.self) { try Tensor(.nan).requireClose(to: one, 1, "x") }
    #expect(throws: Disagreement.self) { try one.requireClose(to: Tensor(shape: [1]), 1, "x") }
    try Tensor(1.01).requireClose(to: one, 0.02, "x")
  }
}

/// An engine that computes nothing: every output is 1000, and no state ever changes.
private actor IdleEngine: Engine {
  nonisolated let programs = ProgramLedger()
  private var states: [String: Tensor] = [:]

  func compile(_ graph: Graph) throws(WhiskerError) -> Program {
    states.merge(graph.states.mapValues { Tensor(shape: $0) }) { loaded, _ in loaded }
    return programs.program(graph, byteCount: 0)
  }

  func load(_ states: [String: Tensor]) throws(WhiskerError) { self.states.merge(states) { $1 } }

  func discard(_ names: [String]) { for name in names { states[name] = nil } }

  func read(_ names: [String]) throws(WhiskerError) -> [String: Tensor] {
    states.filter { names.contains($0.key) }
  }

  func run(_ program: Program, inputs: [String: Tensor]) throws(WhiskerError) -> [String: Tensor] {
    let graph: Graph = try programs.body(of: program)
    return graph.outputs.mapValues { Tensor(shape: graph.shape(of: $0), repeating: 1000) }
  }
}
