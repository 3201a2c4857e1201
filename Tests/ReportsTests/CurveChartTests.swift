import Foundation
import FoundationXML
import Testing
import WhiskerReports
import WhiskerSystem
import WhiskerTraining
import _TestSupport

@Suite struct CurveChartTests {
  /// A run of some epochs, whose validation gets worse from the middle on.
  static func history(epochs: Int) -> History {
    var history = History()
    history.epochs = (1...epochs).map { epoch in
      let share = Double(epoch) / Double(epochs)
      return History.Epoch(
        loss: 0.7 - 0.6 * share, accuracy: 0.5 + 0.45 * share,
        validation: .init(loss: 0.6 + (share - 0.5) * (share - 0.5), accuracy: 0.75 - abs(share - 0.5) / 2))
    }
    return history
  }

  @Test func thePictureSaysWhatItShows() async throws {
    let svg = try await CurveChart(Self.history(epochs: 20)).svg()
    for text in [
      "Training and validation accuracy", "Training and validation loss", "Training acc", "Validation acc",
      "Training loss", "Validation loss", "Epoch", "Best epoch 10: 75.0 %", "Best epoch 10: 0.600", "20",
    ] { #expect(svg.contains("<text>\(text)</text>"), "\(text)") }
    // A dot for each epoch and each panel, and two in the legends; rings likewise.
    func count(_ mark: String) -> Int {
      svg.components(separatedBy: "<use xlink:href='#\(mark)' transform='translate").count - 1
    }
    #expect(count("gpPt6") == 2 * 20 + 2)
    #expect(count("gpPt5") == 2 + 2)
  }

  @Test func theSameHistoryGivesTheSameBytes() async throws {
    try await withTemporaryFolder { folder in
      for name in ["curves.png", "curves.svg"] {
        let files = ["1 \(name)", "2 \(name)"].map { folder.appendingPathComponent($0) }
        for file in files { try await Self.history(epochs: 7).plot(to: file.path) }
        let bytes = try files.map { try Data(contentsOf: $0) }
        #expect(bytes[0] == bytes[1])
        #expect(bytes[0].count > 10_000)
      }
      let png = try Data(contentsOf: folder.appendingPathComponent("1 curves.png"))
      #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]))
      // The width, big end first.
      #expect(Array(png[16..<20]) == [0, 0, 1600 >> 8, 1600 & 0xFF])
      let other = folder.appendingPathComponent("other.svg")
      try await Self.history(epochs: 8).plot(to: other.path)
      #expect(
        try Data(contentsOf: other) != Data(contentsOf: folder.appendingPathComponent("1 curves.svg")))
    }
  }

  static let strangeNames = [
    "it's", "'''a'' '", "'; system('touch injected'); '", "`touch injected`", "\"`touch injected`\"",
    "고양이 \u{1112}\u{1161}\u{11AB}", "two\nlines\ttab", "back\\slash\\", "trailing \\",
    "{/=40 big} a_1^2 @x &{y}", "%s %d %n", "<b>&amp;</b>", "'\u{301}; system('touch injected') #",
    "$accuracy_best_0", "# no comment", "END",
    // These are shown otherwise.
    "", " ", "\u{0}\u{7}\u{1B}[31m\u{FFFE}", "\u{202E}turned\u{202C}", String(repeating: "long ", count: 100),
  ]

  /// Each name is shown as it is and does nothing, by itself and with the others.
  @Test func namesAreOnlyShown() async throws {
    try await withTemporaryFolder { folder in
      let runs = Self.strangeNames.map { CurveChart.Run($0, Self.history(epochs: 3)) }
      let file = folder.appendingPathComponent("names.svg")
      try await CurveChart(runs).write(to: file)
      try await CurveChart(runs).write(to: folder.appendingPathComponent("names.png"))
      #expect(
        try folder.fileNames == [
          "names.png", "names.svg",
        ])
      #expect(!FileManager.default.fileExists(atPath: "injected"))
      let texts = try SVGTexts(of: Data(contentsOf: file)).texts
      let end = ", best epoch 2: 66.7 %"
      for name in Self.strangeNames.prefix(16) {
        let shown = name.replacing("\n", with: "\\n").replacing("\t", with: "\\t")
        #expect(texts.contains(shown + end), "\(shown): \(texts)")
      }
      for shown in ["\\0\\u{07}\\u{1B}[31m", "turned"] { #expect(texts.contains(shown + end), "\(texts)") }
      #expect(texts.contains { $0.hasPrefix("long long ") && $0.contains("…") && $0.count < 80 })
    }
  }

  @Test("Histories of all kinds can be drawn")
  func oddHistories() async throws {
    var withoutValidation = Self.history(epochs: 5)
    for index in 0..<5 { withoutValidation.epochs[index].validation = nil }
    var sometimes = Self.history(epochs: 9)
    for index in 0..<9 where index % 4 != 3 { sometimes.epochs[index].validation = nil }
    var notFinite = Self.history(epochs: 4)
    notFinite.epochs[2].loss = .nan
    notFinite.epochs[3].loss = .infinity
    notFinite.epochs[3].validation?.loss = 1e300
    var constant = History()
    constant.epochs = Array(
      repeating: .init(loss: 0.5, accuracy: 0.5, validation: .init(loss: 0, accuracy: 1)), count: 3)
    var large = Self.history(epochs: 3)
    large.epochs[0].loss = 1e12
    for history in [
      History(), Self.history(epochs: 1), withoutValidation, sometimes, notFinite, constant, large,
      Self.history(epochs: 3000),
    ] {
      let chart = CurveChart(history)
      #expect(try await chart.svg().contains("Training and validation loss"))
      #expect(chart.text().split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
    #expect(try await CurveChart([]).svg().contains("</svg>"))
    #expect(CurveChart([]).text().isEmpty)
    #expect(!(try await CurveChart(withoutValidation).svg().contains("Best epoch")))
    let many = CurveChart((0..<30).map { .init("run \($0)", Self.history(epochs: 2)) })
    #expect(try await many.svg().contains("run 29, best epoch 1: 75.0 %"))
  }

  @Test func filesAreWrittenWholeOrNotAtAll() async throws {
    try await withTemporaryFolder { folder in
      let history = Self.history(epochs: 2)
      let ending = await #expect(throws: WhiskerError.self) {
        try await history.plot(to: folder.appendingPathComponent("curves.pdf").path)
      }
      #expect(ending?.code == .invalidSetting)
      #expect(ending?.message == "expected a file ending in .png or .svg, got another name")
      let missing = await #expect(throws: WhiskerError.self) {
        try await history.plot(to: folder.appendingPathComponent("none/curves.png").path)
      }
      #expect(missing?.code == .cannotWrite)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(names.isEmpty)
    }
  }
}

/// The texts of an SVG, which must be XML.
private final class SVGTexts: NSObject, XMLParserDelegate {
  private(set) var texts: [String] = []
  private var isInText = false

  init(of data: Data) throws {
    super.init()
    let parser = XMLParser(data: data)
    parser.delegate = self
    if !parser.parse() { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String] = [:]
  ) {
    isInText = name == "text"
    if isInText { texts.append("") }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if isInText { texts[texts.count - 1] += string }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    isInText = false
  }
}
