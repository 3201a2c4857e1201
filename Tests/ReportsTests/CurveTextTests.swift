import Testing
import WhiskerReports
import WhiskerTraining

@Suite struct CurveTextTests {
  private let history = CurveChartTests.history(epochs: 10)

  @Test func theCurvesAreDrawnWithCharacters() {
    let text = CurveChart(history).text(columns: 80)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 3 + 12 + 2)
    #expect(lines[0].hasPrefix("Training and validation accuracy         Training and validation loss"))
    #expect(lines[2] == "○ Best epoch 5: 75.0 %                   ○ Best epoch 5: 0.600")
    #expect(lines.allSatisfy { $0.count <= 80 && $0.last != " " })
    #expect(text.contains("•") && text.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
    #expect(!text.contains("\u{1B}"))
  }

  @Test("It fits the terminal, down to 40 columns", arguments: [1, 40, 71, 72, 80, 133, 5000])
  func fits(columns: Int) {
    for runs in 1...2 {
      let chart = CurveChart((0..<runs).map { .init("a name of some length, such as this \($0)", history) })
      let lines = chart.text(columns: columns).split(separator: "\n")
      #expect(lines.allSatisfy { $0.count <= max(40, columns) })
      #expect(lines.contains { $0.hasPrefix("Training and validation loss") } == (columns < 72))
    }
  }

  @Test func coloursAreEscapeSequencesAroundTheSameText() {
    let chart = CurveChart(history)
    let colored = chart.text(isColored: true)
    #expect(colored.contains("\u{1B}[36m•"))
    let plain = colored.replacing(/\u{1B}\[[0-9;]*m/, with: "")
    let lines = plain.split(separator: "\n", omittingEmptySubsequences: false)
    let expected = chart.text().split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.map { $0.reversed().drop { $0 == " " }.count } == expected.map(\.count))
  }

  @Test func severalRunsStandBelowOneAnother() {
    let text = CurveChart([.init("first\u{1B}[2J", history), .init("second", history)]).text()
    #expect(text.hasPrefix("first\\u{1B}[2J\nTraining and"))
    #expect(text.contains("\n\nsecond\nTraining and"))
    #expect(!text.contains("\u{1B}"))
  }
}
