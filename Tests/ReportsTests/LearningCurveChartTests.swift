import Foundation
import Testing
import WhiskerReports
import WhiskerRuns
import WhiskerSystem
import WhiskerTraining
import _TestSupport

@Suite struct LearningCurveChartTests {
  /// A curve of some sizes, three runs each, as it is read from JSON.
  private func result(_ sizes: [Int], repeats: Int = 3) throws -> LearningCurve.Result {
    func spread(_ values: [Double]) throws -> Any {
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(Spread(values)))
    }
    var (scores, points): ([Any], [Any]) = ([], [])
    for (index, size) in sizes.enumerated() {
      let accuracies = (1...repeats).map { 0.8 + 0.02 * Double(index) + 0.01 * Double($0) }
      for (number, accuracy) in accuracies.enumerated() {
        scores.append([
          "repeat": number + 1, "seed": number, "train": size, "validation": 100, "accuracy": accuracy,
          "loss": 0.3,
        ])
      }
      points.append([
        "photos": size, "accuracy": try spread(accuracies), "loss": try spread(accuracies.map { _ in 0.3 }),
      ])
    }
    return try JSONDecoder().decode(
      LearningCurve.Result.self,
      from: JSONSerialization.data(withJSONObject: ["scores": scores, "points": points]))
  }

  @Test func thePictureShowsEachTrainingAndTheMeans() async throws {
    try await withTemporaryFolder { folder in
      let chart = LearningCurveChart(try result([20, 50, 100, 1000]))
      let file = folder.appendingPathComponent("curve.svg")
      try await chart.write(to: file)
      let svg = try String(contentsOf: file, encoding: .utf8)
      for text in [
        "Validation accuracy by training photos", "Training photos", "One training",
        "Mean and standard deviation", "20", "50", "100", "1000",
      ] { #expect(svg.contains("<text>\(text)</text>"), "\(text)") }
      // Dots of runs, of means, which gnuplot draws twice where there are bars, and one in the legend.
      let dots = svg.components(separatedBy: "<use xlink:href='#gpPt6' transform='translate").count - 1
      #expect(dots == 12 + 2 * 4 + 1)
      try await chart.write(to: folder.appendingPathComponent("curve.png"))
      let png = try Data(contentsOf: folder.appendingPathComponent("curve.png"))
      #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]))
      await #expect(throws: WhiskerError.self) {
        try await chart.write(to: folder.appendingPathComponent("curve.pdf"))
      }
    }
  }

  @Test func oneTrainingOfOneSizeIsACurveToo() async throws {
    try await withTemporaryFolder { folder in
      let chart = LearningCurveChart(try result([30], repeats: 1))
      let file = folder.appendingPathComponent("curve.svg")
      try await chart.write(to: file)
      let svg = try String(contentsOf: file, encoding: .utf8)
      #expect(svg.contains("<text>Mean</text>") && svg.contains("<text>30</text>"))
      #expect(chart.text().contains("•"))
    }
  }

  @Test func numbersOfPhotosAreFarApartByTheirRatio() throws {
    let lines = LearningCurveChart(try result([10, 100, 101, 1000])).text(columns: 80)
      .split(separator: "\n").map(String.init)
    #expect(lines.count == 2 + 12 + 2 && lines.allSatisfy { $0.count <= 80 })
    let axis = Array(lines[14])
    let marks = axis.indices.filter { axis[$0] == "┬" }
    // 101 has no mark next to that of 100, which stands in the middle.
    #expect(marks.count == 3 && abs(marks[1] - marks[0] - (marks[2] - marks[1])) <= 1, "\(marks)")
    #expect(lines[15].split(separator: " ") == ["10", "100", "1000"])
  }
}
