import Testing
import WhiskerGraph
import WhiskerSystem
import WhiskerTensors
import _TestSupport

@Suite struct VerifierTests {
  private static func node(_ op: Op, _ operands: [Int], _ shape: Shape) -> Graph.Node {
    Graph.Node(op: op, operands: operands.map(Value.init(index:)), shape: shape)
  }

  private static let sgd = UpdateRule.sgd(momentum: 0.9, isNesterov: false)

  /// Malformed graphs, with the place and message of the error.
  private static let malformed: [([Graph.Node], [String: Value], String)] = [
    (
      [node(.scale(1), [0], [])], [:],
      "%0 scale: expected operands before it, got %0"
    ),
    (
      [node(.input("x"), [], [2]), node(.scale(1), [2], [2]), node(.input("y"), [], [2])], [:],
      "%1 scale: expected operands before it, got %2"
    ),
    (
      [node(.input("x"), [], [2]), node(.scale(1), [-1], [2])], [:],
      "%1 scale: expected operands before it, got %-1"
    ),
    (
      [node(.input("x"), [], [2]), node(.scale(1), [0], [3])], [:],
      "%1 scale: expected (2), got (3)"
    ),
    (
      [node(.input("x"), [], [2]), node(.add, [0], [2])], [:],
      "add: expected 2 to 2 operands, got 1"
    ),
    (
      [node(.input("x"), [], [2]), node(.input("y"), [], [3]), node(.add, [0, 1], [2])], [:],
      "add: expected a shape that goes with (2), got (3)"
    ),
    (
      [node(.input("x"), [], [2]), node(.input("x"), [], [2])], [:],
      "%1 input: expected one input \"x\", got two"
    ),
    (
      [node(.state("w"), [], [2]), node(.state("w"), [], [2])], [:],
      "%1 state: expected one state \"w\", got two"
    ),
    (
      [node(.input("x"), [], [2]), node(.state("w"), [0], [2])], [:],
      "%1 state: expected no operands, got 1"
    ),
    (
      [
        node(.constant(1, []), [], []), node(.update(sgd, state: "w"), [0, 0], []), node(.scale(1), [1], []),
      ], [:],
      "%2 scale: expected operands with a result, got update \"w\" sgd(momentum: 0.9, isNesterov: false)"
    ),
    (
      [
        node(.state("w"), [], [3]), node(.input("g"), [], [2]), node(.constant(1, []), [], []),
        node(.update(sgd, state: "w"), [1, 2], []),
      ], [:],
      "%3 update: expected state \"w\" to be (3), got (2)"
    ),
    (
      [
        node(.input("g"), [], [2]), node(.constant(1, []), [], []),
        node(.update(sgd, state: "w"), [0, 1], []),
        node(.state("w:momentum"), [], [3]),
      ], [:],
      "%3 state: expected state \"w:momentum\" to be (2), got (3)"
    ),
    (
      [node(.input("x"), [], [2])], ["y": Value(index: 1)],
      "output y: expected a value of the graph, got %1"
    ),
    (
      [node(.constant(1, []), [], []), node(.update(sgd, state: "w"), [0, 0], [])], ["y": Value(index: 1)],
      "output y: expected a value of the graph, got %1"
    ),
  ]

  @Test(arguments: malformed.indices) func malformedGraphsAreFound(number: Int) throws {
    let (nodes, outputs, message) = Self.malformed[number]
    let error = try #require(throws: WhiskerError.self) { try Graph(nodes: nodes, outputs: outputs).verify() }
    #expect(error.description == message)
  }

  @Test func statesIncludeSlots() throws {
    var graph = Graph()
    let g = try graph.input("g", [2, 3])
    let rule = UpdateRule.rmsprop(rho: 0.9, momentum: 0.5, epsilon: 1e-7, isCentered: true)
    try graph.append(.update(rule, state: "w"), g, graph.constant(0.1))
    #expect(
      graph.states == [
        "w": [2, 3], "w:velocity": [2, 3], "w:momentum": [2, 3], "w:average_gradient": [2, 3],
      ])
    #expect(graph.inputs == ["g": [2, 3]])
  }
}
