import Testing
import WhiskerSystem

@Suite struct SpellingTests {
  @Test(arguments: [
    ("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("Conv2D", "Conv2d", 1), ("flaw", "lawn", 2),
    ("same", "same", 0), ("ab", "ba", 2),
  ]) func `A distance is the number of letters to change`(first: String, second: String, distance: Int) {
    #expect(Spelling.distance(first, second) == distance)
    #expect(Spelling.distance(second, first) == distance)
  }

  @Test func `The nearest names come first, whatever their capitals`() {
    let names = ["Dense", "Conv2D", "Flatten", "SeparableConv2D", "Dropout"]
    #expect(Spelling.nearest(to: "conv3d", among: names, count: 1) == ["Conv2D"])
    #expect(Spelling.nearest(to: "DENSE", among: names, count: 2).first == "Dense")
    #expect(Spelling.nearest(to: "x", among: ["b", "a"], count: 3) == ["b", "a"])
  }

  @Test func `A word of any length is soon compared`() {
    let long = String(repeating: "x", count: 1_000_000)
    #expect(Spelling.distance(long, "x") == 99)
  }
}
