import Testing
import WhiskerGraph
import WhiskerOneDNNEngine
import WhiskerReferenceEngine
import _TestSupport

/// The engine against the reference engine.
///
/// What disagrees is thrown by the check (``Disagreement``), which fails the test.
@Suite struct OpTests {
  @Test(arguments: OpExample.all + OpExample.withGradients) func agreesWithTheReference(example: OpExample)
    async throws
  {
    try await example.check(engine: OneDNNEngine(), tolerance: 1e-4)
  }

  @Test(arguments: OpExample.all + OpExample.withGradients) func agreesWithoutWinograd(example: OpExample)
    async throws
  {
    try await example.check(engine: OneDNNEngine(.init(usesWinograd: false)), tolerance: 1e-4)
  }

  @Test(
    .enabled(if: hasAVX2, "needs AVX2"),
    arguments: OpExample.all.filter {
      [.convolution, .convolutionInputGradient, .convolutionKernelGradient, nil].contains($0.kind)
    })
  func agreesWithOurOwnConvolutions(example: OpExample) async throws {
    try await example.check(engine: OneDNNEngine(.ownConvolutions), tolerance: 1e-4)
  }

  @Test(arguments: [1, 2, 3]) func anyNumberOfThreadsServes(threads: Int) async throws {
    for example in OpExample.all where example.kind == nil {
      try await example.check(engine: OneDNNEngine(.init(threads: threads)), tolerance: 1e-4)
    }
  }
}
