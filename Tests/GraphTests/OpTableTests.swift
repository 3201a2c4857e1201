import Testing
import WhiskerGraph
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// The table of ops (`Op+Signature.swift`), row by row: whatever is added to it is tested here without being
/// named.
@Suite struct OpTableTests {
  /// The nodes of the examples that are of a kind.
  private func nodes(_ kind: Op.Kind) -> [(graph: Graph, node: Graph.Node)] {
    OpExample.all.flatMap { example in
      example.graph.nodes.filter { $0.op.kind == kind }.map { (example.graph, $0) }
    }
  }

  @Test(arguments: Op.Kind.allCases) func everyRowSaysWhatItTakesAndMakes(kind: Op.Kind) throws {
    let found = nodes(kind)
    #expect(!found.isEmpty, "there is no example of it")
    for (graph, node) in found {
      #expect(node.op.description.split(separator: " ").first.map(String.init) == kind.rawValue)
      #expect(node.op.operandCount.contains(node.operands.count))
      guard kind != .input, kind != .state else { continue }
      let shapes = node.operands.map { graph.shape(of: $0) }
      #expect(try node.op.outputShape(for: shapes) == node.shape)
    }
  }

  @Test(arguments: Op.Kind.allCases) func everyRowRefusesOneOperandTooManyOrTooFew(kind: Op.Kind) throws {
    let (graph, node) = try #require(nodes(kind).first)
    let shapes = node.operands.map { graph.shape(of: $0) }
    let range = node.op.operandCount
    var wrong: [[Shape]] = []
    if range.lowerBound > 0 { wrong.append(Array(shapes.prefix(range.lowerBound - 1))) }
    if range.upperBound < .max {
      wrong.append(shapes + Array(repeating: [], count: range.upperBound - shapes.count + 1))
    }
    #expect(!wrong.isEmpty)
    for operands in wrong {
      let error = try #require(throws: WhiskerError.self) { try node.op.outputShape(for: operands) }
      #expect(error.code == .operandCount)
      #expect(error.description.hasPrefix("\(kind.rawValue): expected"))
    }
  }
}
