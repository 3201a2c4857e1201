import Foundation
import Testing
import WhiskerGraph
import WhiskerOneDNNEngine
import WhiskerTensors

@Suite struct ThreadTests {
  /// How many threads this process has.
  private var threadCount: Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task"))?.count ?? 0
  }

  /// Other tests have engines of their own at the same time, but never nearly as many.
  @Test func anEngineTakesItsThreadsWithIt() async throws {
    var engines: [OneDNNEngine] = []
    for _ in 0..<100 {
      let engine = OneDNNEngine(.init(threads: 2))
      var graph = Graph()
      let x = try graph.input("x", [4])
      graph.output("y", try graph.append(.scale(2), x))
      let result = try await engine.run(
        engine.compile(graph), inputs: ["x": Tensor(shape: [4], values: [1, 2, 3, 4])])
      #expect(result["y"]?.values == [2, 4, 6, 8])
      engines.append(engine)
    }
    let before = threadCount
    #expect(before >= 100)
    engines = []
    for _ in 0..<200 where threadCount > before - 70 { try await Task.sleep(for: .milliseconds(50)) }
    #expect(threadCount <= before - 70)
  }

  /// Jobs of many tasks run one at a time, and none is lost when the last reference goes with one of them.
  @Test func enginesServeManyTasks() async throws {
    let engine = OneDNNEngine(.init(threads: 1))
    var graph = Graph()
    let (w, rate) = (try graph.state("w", [8]), try graph.input("rate", []))
    try graph.append(.update(.sgd(momentum: 0, isNesterov: false), state: "w"), w, rate)
    try await engine.load(["w": Tensor(shape: [8], repeating: 1)])
    let program = try await engine.compile(graph)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<50 { group.addTask { _ = try await engine.run(program, inputs: ["rate": Tensor(0.5)]) } }
      try await group.waitForAll()
    }
    #expect(try await engine.read(["w"])["w"]?.values == Array(repeating: 0x1p-50, count: 8))
    for _ in 0..<200 {
      Task { [engine = OneDNNEngine(.init(threads: 1))] in _ = try? await engine.read([]) }
    }
  }
}
