import Foundation
import Testing
import WhiskerDatasets
import WhiskerSystem
import WhiskerTensors

@Suite("Patterns of file names")
struct GlobPatternTests {
  @Test(
    "Wildcards and sets",
    arguments: [
      ("*.jpg", ["a.jpg", "고양이.jpg", "a.b.jpg"], ["a.jpeg", ".jpg", "ajpg", ""]),
      (
        "cat.?.jpg", ["cat.1.jpg", "cat.é.jpg", "cat.e\u{301}.jpg", "cat.🐈.jpg"], ["cat.10.jpg", "cat..jpg"]
      ),
      ("[a-c]*", ["a", "bat", "c1"], ["d", "", "A"]), ("[!a-c]*", ["d", "1"], ["a", ".x", ""]),
      ("[]x]", ["]", "x"], ["[", ""]), ("[a", ["[a"], ["a"]), ("a[-b]", ["a-", "ab"], ["ac"]),
      ("\\*\\[", ["*["], ["a[", "**["]), (".*", [".a", "."], ["a"]), ("**", ["a", ""], [".a"]),
      ("*a*b*c*", ["abc", "xaxbxcx", "aabbcc"], ["acb", "ab"]), ("고양이?", ["고양이1"], ["고양이", "고양"]),
      ("고*".decomposedStringWithCanonicalMapping, ["고양이"], ["양이"]),
    ])
  func table(pattern: String, matching: [String], others: [String]) {
    for name in matching { #expect(GlobPattern(pattern).matches(name), "\(pattern) \(name)") }
    for name in others { #expect(!GlobPattern(pattern).matches(name), "\(pattern) \(name)") }
  }

  @Test("Random patterns agree with the plain definition by recursion")
  func definition() {
    var stream = RandomStream(RandomKey(seed: 5))
    func text(_ alphabet: [Character], _ length: Int) -> String {
      String((0..<stream.integer(below: length)).map { _ in alphabet[stream.integer(below: alphabet.count)] })
    }
    var matched = 0
    for _ in 0..<20_000 {
      let pattern = text(["a", "b", "*", "?", "é"], 7)
      let name = text(["a", "b", "é"], 8)
      let expected = matches(Array(pattern)[...], Array(name)[...])
      #expect(GlobPattern(pattern).matches(name) == expected, "\(pattern) \(name)")
      if expected { matched += 1 }
    }
    #expect(matched > 1000)
  }

  private func matches(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return name.isEmpty }
    if first == "*" {
      return matches(pattern.dropFirst(), name) || (!name.isEmpty && matches(pattern, name.dropFirst()))
    }
    guard let character = name.first, first == "?" || first == character else { return false }
    return matches(pattern.dropFirst(), name.dropFirst())
  }

  @Test("Any text is a pattern, and no pattern takes long")
  func hostile() {
    var stream = RandomStream(RandomKey(seed: 6))
    let alphabet: [Character] = ["[", "]", "!", "-", "\\", "*", "?", "a", "^", "é"]
    for _ in 0..<5000 {
      let pattern = String(
        (0..<stream.integer(below: 9)).map { _ in alphabet[stream.integer(below: alphabet.count)] })
      _ = GlobPattern(pattern).matches("a-]é")
    }
    let many = String(repeating: "*a", count: 50)
    #expect(!GlobPattern(many + "b").matches(String(repeating: "a", count: 2000)))
  }
}
