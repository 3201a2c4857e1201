import Foundation
import Testing
import WhiskerDatasets
import WhiskerSystem
import WhiskerTensors

@Suite struct NaturalOrderTests {
  @Test func numbersCountAsNumbers() {
    let names = ["cat.10.jpg", "cat.2.jpg", "cat.1.jpg", "dog.0.jpg", "cat.100.jpg", "cat.jpg"]
    #expect(
      NaturalOrder.sorted(names)
        == ["cat.1.jpg", "cat.2.jpg", "cat.10.jpg", "cat.100.jpg", "cat.jpg", "dog.0.jpg"])
  }

  @Test func numbersOfAnyLengthCount() {
    let large = "9".padding(toLength: 400, withPad: "9", startingAt: 0)
    #expect(NaturalOrder.precedes(large, "1" + large))
    #expect(!NaturalOrder.precedes("1" + large, large))
  }

  @Test func leadingZerosBreakTies() {
    #expect(NaturalOrder.sorted(["a001", "a1", "a01", "a2", "a0"]) == ["a0", "a1", "a01", "a001", "a2"])
  }

  @Test func unicodeFormsSortTogether() {
    let composed = "é"
    let decomposed = "e\u{301}"
    let sorted = NaturalOrder.sorted([decomposed + "10", composed + "9", decomposed + "2", "z1"])
    #expect(
      sorted.map { Array($0.utf8) }
        == ["z1", decomposed + "2", composed + "9", decomposed + "10"].map { Array($0.utf8) })
    #expect(NaturalOrder.precedes(composed, decomposed) != NaturalOrder.precedes(decomposed, composed))
  }

  /// Exactly one of before, after and identical; and transitive.
  @Test func isATotalOrder() {
    var stream = RandomStream(RandomKey(seed: 11))
    for _ in 0..<3000 {
      let (a, b, c) = (randomName(&stream), randomName(&stream), randomName(&stream))
      let isIdentical = a.utf8.elementsEqual(b.utf8)
      let (before, after) = (NaturalOrder.precedes(a, b), NaturalOrder.precedes(b, a))
      #expect(
        [before, after, isIdentical].filter { $0 }.count == 1, "\(a.debugDescription), \(b.debugDescription)")
      if before && NaturalOrder.precedes(b, c) {
        #expect(NaturalOrder.precedes(a, c), "\([a, b, c])")
      }
    }
  }

  @Test func sortingForgetsTheOldOrder() {
    var stream = RandomStream(RandomKey(seed: 12))
    let names = (0..<200).map { _ in randomName(&stream) }
    let sorted = NaturalOrder.sorted(names)
    for _ in 0..<5 {
      let shuffled = stream.permutation(names.count).map { names[$0] }
      #expect(NaturalOrder.sorted(shuffled).map { Array($0.utf8) } == sorted.map { Array($0.utf8) })
    }
  }
}
