import Testing
import WhiskerTensors

@Suite struct RandomTests {
  /// Philox 4×32-10's published known answer for a zero key and a zero counter.
  @Test func philoxMatchesItsKnownAnswer() {
    #expect(
      RandomKey(seed: 0).block(at: 0)
        == SIMD4<UInt32>(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
  }

  @Test func derivedKeysDifferAndRepeat() {
    let root = RandomKey(seed: 7)
    #expect(root.derived(1, 2) == root.derived(1).derived(2))
    #expect(root.derived(1, 2) != root.derived(2, 1))
    #expect(root.derived("shuffle") != root.derived("dropout"))
    #expect(Set((0..<1000).map { root.derived($0).bits }).count == 1000)
  }

  @Test func uniformFillsItsRangeEvenly() {
    var stream = RandomStream(RandomKey(seed: 1))
    var bins = [Int](repeating: 0, count: 10)
    for _ in 0..<100_000 { bins[Int(stream.uniform() * 10)] += 1 }
    for bin in bins { #expect(abs(bin - 10_000) < 400) }
  }

  @Test func normalHasUnitVariance() {
    var stream = RandomStream(RandomKey(seed: 2))
    let draws = (0..<100_000).map { _ in Double(stream.normal()) }
    let mean = draws.reduce(0, +) / 100_000
    let variance = draws.reduce(0) { $0 + $1 * $1 } / 100_000
    #expect(abs(mean) < 0.02)
    #expect(abs(variance - 1) < 0.03)
  }

  @Test(arguments: [1, 2, 17, 2000]) func permutationHoldsEveryNumberOnce(count: Int) {
    var stream = RandomStream(RandomKey(seed: 3))
    let order = stream.permutation(count)
    #expect(order.sorted() == Array(0..<count))
    if count > 100 { #expect(order != Array(0..<count)) }
  }

  @Test func shapesPrintAsInKeras() {
    #expect("\(Shape([20, 150, 150, 3]))" == "(20, 150, 150, 3)")
    #expect("\(Shape([20]))" == "(20)")
  }
}
