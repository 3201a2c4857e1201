import Testing
import WhiskerDatasets
import WhiskerTensors

/// Rules that say by a photo's path to which group it belongs.
@Suite struct GroupPatternTests {
  private func key(_ pattern: String, _ path: String) throws -> [String]? {
    try GroupPattern(pattern).key(of: path)
  }

  @Test func namesAreRead() throws {
    for (pattern, path, expected) in [
      ("{animal}_{n}.jpg", "cats/rex_12.jpg", ["rex"]),
      ("{animal}_{n}.jpg", "cats/rex_the_2nd_12.JPG", ["rex_the_2nd"]),
      ("{animal}_{n}.jpg", "cats/rex.jpg", nil),
      ("{animal}_{n}.jpg", "cats/_12.jpg", nil),
      ("{animal}_{n}.jpg", "cats/rex_12.png", nil),
      ("{animal}_{n}.*", "cats/rex_12.png", ["rex"]),
      ("{animal}_{n}*", "rex_12 (copy).jpeg", ["rex"]),
      ("{animal}-*-{day}.*", "rex-left-eye-mon.tif", ["rex", "eye-mon"]),
      ("{patient}/{n}.png", "train/tumor/p7/003.png", ["p7"]),
      ("{patient}/{n}.png", "003.png", nil),
      ("{patient}/*", "train/p7/a.b.c", ["p7"]),
      ("IMG_{n}_{id}", "img_0042_x.jpg", ["x.jpg"]),
      ("{a}{n}.jpg", "rex12.jpg", ["rex"]),
      ("{a}{n}.jpg", "1.jpg", nil),
      ("{a}{n}.jpg", "12.jpg", ["1"]),
      ("고양이-{a}.*", "고양이-냥.jpg", ["냥"]),
      ("{n}_{n2}.jpg", "1_2.jpg", ["2"]),
    ] as [(String, String, [String]?)] {
      #expect(try key(pattern, path) == expected, "\(pattern) of \(path)")
    }
  }

  @Test func photosOfOneNameAreAGroup() throws {
    let pattern = try GroupPattern("{animal}_{n}.jpg")
    let paths = ["a/rex_1.jpg", "b/rex_2.jpg", "a/tom_1.jpg", "a/tom_2.jpg", "a/bo_1.jpg", "a/other.jpg"]
    #expect(
      try pattern.groups(of: paths).groups == [
        ["a/rex_1.jpg", "b/rex_2.jpg"], ["a/tom_1.jpg", "a/tom_2.jpg"],
      ])
    #expect(pattern.unmatched(paths) == ["a/other.jpg"])
    #expect(
      try GroupPattern("{class}/{animal}_{n}.jpg").groups(of: paths).groups == [
        ["a/tom_1.jpg", "a/tom_2.jpg"]
      ])
  }

  @Test(arguments: [
    ("", "without a name in braces besides {n}"), ("photo_{n}.jpg", "without a name in braces besides {n}"),
    ("{animal_{n}.jpg", "{animal_{n}"), ("{animal", "with a { that nothing closes"),
    ("animal}_{n}.jpg", "with a } that nothing opens"), ("{}_{n}.jpg", "{}"), ("{a b}.jpg", "{a b}"),
    ("{a}_{a}.jpg", "with {a} twice"), ("{a}{b}.jpg", "where nothing says where one part ends"),
    ("{a}*.jpg", "where nothing says where one part ends"), ("{n}{n}_{a}.jpg", "where nothing says"),
    ("**{a}", "where nothing says"), ("{a}//{n}.jpg", "with an empty name"),
    ("/{a}.jpg", "with an empty name"),
    ("{a}/", "with an empty name"),
  ]) func whatMakesNoSenseIsRefused(text: String, reason: String) async {
    let error = await datasetError { _ = try GroupPattern(text) }
    #expect(error?.code == .invalidSetting && error?.place == "group by")
    #expect(error?.message.contains("expected a pattern such as {animal}_{n}.jpg, got ") == true)
    #expect(error?.message.contains(reason) == true, "\(String(describing: error))")
  }

  @Test func aPatternThatNothingMatchesIsRefusedWithAnExample() async throws {
    let pattern = try GroupPattern("{animal}_{n}.jpg")
    let error = await datasetError { _ = try pattern.groups(of: ["cats/cat.0.jpg", "cats/cat.1.jpg"]) }
    #expect(error?.code == .invalidSetting)
    #expect(
      error?.message
        == #"expected a pattern that some photo matches, got "{animal}_{n}.jpg" for 2 photos such as "cats/cat.0.jpg""#
    )
    #expect(try pattern.groups(of: []).isEmpty)
  }

  /// Hostile names cost no more than their length times the pattern's.
  @Test func longNamesAreReadQuickly() throws {
    let name = String(repeating: "ab_", count: 80)
    let pattern = try GroupPattern("*a{x}b*_{y}a*b{z}_*c.jpg")
    #expect(pattern.key(of: name + ".jpg") == nil)
    #expect(pattern.key(of: name + "c.jpg") != nil)
  }

  @Test func anyTextIsReadOrRefused() {
    var stream = RandomStream(RandomKey(seed: 9))
    let pieces = ["{", "}", "{a}", "{n}", "*", "/", "_", "x", ".jpg", "é", "1", " "]
    var read = 0
    for _ in 0..<3000 {
      let text = (0..<stream.integer(below: 7)).map { _ in pieces[stream.integer(below: pieces.count)] }
        .joined()
      guard let pattern = try? GroupPattern(text) else { continue }
      read += 1
      let path = (0..<stream.integer(below: 9)).map { _ in pieces[stream.integer(below: pieces.count)] }
        .joined()
      #expect(pattern.key(of: path)?.contains("") != true)
    }
    #expect(read > 100)
  }
}
