import Foundation
import Testing
import WhiskerReports
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// The metrics against scikit-learn's, as `Tools/reference/metrics.py` wrote them down.
struct MetricsTests {
  struct Fixture: Decodable {
    let cases: [Case]
  }

  struct Case: Decodable, Sendable, CustomStringConvertible {
    struct Curve: Decodable {
      let points: Int
      let `false`: [Double]
      let `true`: [Double]
      let thresholds: [Double]
      let area: Double
    }

    struct Bins: Decodable {
      let bins: [[Double]]
      let error: Double
    }

    let name: String
    let count: Int
    let classes: Int
    let kind: String
    let probabilities: [Float]
    let confusion: [[Int]]
    let accuracy: Double
    let perClass: [[Double]]
    let macro: [Double]
    let weighted: [Double]
    let areas: [Double?]
    let meanArea: Double?
    let curve: Curve?
    let calibration: Bins

    var description: String { name }

    /// The labels and probabilities that the script made too.
    func samples() throws -> ClassifiedSamples {
      var labels = Formula.integers("\(name)/labels", count: count, below: classes)
      var raw = Formula.integers("\(name)/scores", count: count * classes, below: 1000).map(Double.init)
      if kind == "ties" { raw = raw.map { ($0 / 100).rounded(.down) } }
      if kind == "absent" { labels = labels.map { $0 == classes - 1 ? 0 : $0 } }
      for row in 0..<count {
        if kind == "unpredicted" { raw[row * classes + classes - 1] = 0 }
        if kind == "constant" { for column in 0..<classes { raw[row * classes + column] = raw[column] } }
      }
      for row in 0..<count { raw[row * classes + labels[row]] += kind == "ties" ? 3 : 300 }
      if kind == "sure" { raw = raw.map { $0 >= 600 ? $0 * 1024 : 0 } }
      raw = raw.map { $0 + 1 }
      var outputs: [Float] = []
      for row in 0..<count {
        let scores = raw[row * classes..<(row + 1) * classes]
        let total = scores.reduce(0, +)
        let shares = scores.map { Float($0 / total) }
        outputs += classes == 2 ? [shares[1]] : shares
      }
      return try ClassifiedSamples(
        labels: labels, outputs: Tensor(shape: [count, classes == 2 ? 1 : classes], values: outputs))
    }
  }

  static let cases: [Case] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/metrics.json")
    let fixture = (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode(Fixture.self, from: $0) }
    return fixture?.cases ?? []
  }()

  private func isSame(_ mine: [Double], _ theirs: [Double]) -> Bool {
    mine.count == theirs.count && zip(mine, theirs).allSatisfy { abs($0 - $1) <= 1e-9 }
  }

  @Test func fixtureIsThere() { #expect(Self.cases.count == 11) }

  @Test(arguments: cases) func areThoseOfScikitLearn(expected: Case) throws {
    let samples = try expected.samples()
    for (place, value) in expected.probabilities.enumerated() {
      #expect(
        samples.probability(of: place % expected.classes, sample: place / expected.classes) == value)
    }
    let matrix = ConfusionMatrix(samples)
    var counts = Array(
      repeating: Array(repeating: 0, count: expected.classes), count: expected.classes)
    for entry in expected.confusion { counts[entry[0]][entry[1]] = entry[2] }
    #expect(matrix.counts == counts)
    #expect(matrix.total == expected.count)

    let report = ClassificationReport(matrix)
    #expect(abs(report.accuracy - expected.accuracy) <= 1e-9)
    #expect(isSame(report.classes.map(\.precision), expected.perClass[0]))
    #expect(isSame(report.classes.map(\.recall), expected.perClass[1]))
    #expect(isSame(report.classes.map(\.f1), expected.perClass[2]))
    for (scores, numbers) in [
      (report.macroAverage, expected.macro), (report.weightedAverage, expected.weighted),
    ] {
      #expect(isSame([scores.precision, scores.recall, scores.f1], numbers))
    }

    let areas = ROCCurve.areas(samples)
    #expect(areas.map { $0 == nil } == expected.areas.map { $0 == nil })
    #expect(isSame(areas.compactMap(\.self), expected.areas.compactMap(\.self)))
    #expect((ROCCurve.meanArea(areas) == nil) == (expected.meanArea == nil))
    if let mean = ROCCurve.meanArea(areas) { #expect(abs(mean - (expected.meanArea ?? 0)) <= 1e-9) }
    let curve = ROCCurve(samples, of: 1)
    #expect((curve == nil) == (expected.areas[1] == nil))
    if let curve, let wanted = expected.curve {
      #expect(curve.points.count == wanted.points)
      #expect(isSame(curve.points.prefix(60).map(\.falsePositiveRate), wanted.false))
      #expect(isSame(curve.points.prefix(60).map(\.truePositiveRate), wanted.true))
      #expect(
        isSame(curve.points.prefix(60).dropFirst().map { Double($0.threshold) }, wanted.thresholds))
      #expect(abs(curve.area - wanted.area) <= 1e-9)
    }

    let calibration = Calibration(samples)
    #expect(abs(calibration.expectedError - expected.calibration.error) <= 1e-9)
    let filled = calibration.bins.enumerated().filter { $0.element.count > 0 }
    #expect(filled.map { Double($0.offset) } == expected.calibration.bins.map { $0[0] })
    #expect(filled.map { Double($0.element.count) } == expected.calibration.bins.map { $0[1] })
    #expect(isSame(filled.map(\.element.confidence), expected.calibration.bins.map { $0[2] }))
    #expect(isSame(filled.map(\.element.accuracy), expected.calibration.bins.map { $0[3] }))
  }

  /// Probabilities next to 0, of which `1 − p` in single precision makes the same number.
  @Test(arguments: [false, true], 0..<5 as Range<UInt64>)
  func twoClassesHaveOneArea(isSoftmax: Bool, seed: UInt64) throws {
    var stream = RandomStream(RandomKey(seed: seed))
    let labels = (0..<200).map { _ in stream.integer(below: 2) }
    let values = labels.flatMap { label -> [Float] in
      // Logits of −40 to 40, higher where the label is 1.
      let logit = 80 * Double(stream.uniform()) - 40 + (label == 1 ? 4 : -4)
      let (zero, one) = (Float(1 / (1 + exp(logit))), Float(1 / (1 + exp(-logit))))
      return isSoftmax ? [zero, one] : [one]
    }
    let samples = try ClassifiedSamples(
      labels: labels, outputs: Tensor(shape: [200, isSoftmax ? 2 : 1], values: values))
    let areas = ROCCurve.areas(samples).compactMap(\.self)
    #expect(areas.count == 2)
    #expect(areas[0] == areas[1])
    #expect(areas[0] > 0.5)
    // As often as a sample of the second class has the higher probability, ties counting half.
    let ones = labels.indices.map { samples.probability(of: 1, sample: $0) }
    let zeros = labels.indices.map { samples.probability(of: 0, sample: $0) }
    var wins = 0.0
    for first in labels.indices where labels[first] == 1 {
      for second in labels.indices where labels[second] == 0 {
        let isTie = ones[first] == ones[second]
        let wasTold = isSoftmax && isTie && zeros[first] != zeros[second]
        if ones[first] > ones[second] || wasTold && zeros[first] < zeros[second] {
          wins += 1
        } else if isTie && !wasTold {
          wins += 0.5
        }
      }
    }
    let positives = labels.count { $0 == 1 }
    #expect(abs(areas[0] - wins / Double(positives * (200 - positives))) < 1e-12)
    for index in 0...1 {
      let points = try #require(ROCCurve(samples, of: index)).points
      #expect(points.map(\.threshold) == points.map(\.threshold).sorted(by: >))
    }
  }

  @Test func confusionsAreOrderedByFrequency() throws {
    let outputs = Tensor(
      shape: [5, 3], values: [0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0])
    let matrix = ConfusionMatrix(try ClassifiedSamples(labels: [0, 0, 1, 1, 1], outputs: outputs))
    #expect(matrix.counts == [[0, 2, 0], [1, 1, 1], [0, 0, 0]])
    #expect(
      matrix.confusions.map { [$0.truth, $0.predicted, $0.count] } == [[0, 1, 2], [1, 0, 1], [1, 2, 1]])
    #expect(matrix.correct == 1)
  }

  @Test func whatDoesNotFitIsRefused() {
    let outputs = Tensor(shape: [2, 2], values: [0.5, 0.5, 1, 0])
    #expect(throws: WhiskerError.self) { try ClassifiedSamples(labels: [0], outputs: outputs) }
    #expect(throws: WhiskerError.self) { try ClassifiedSamples(labels: [0, 2], outputs: outputs) }
    #expect(throws: WhiskerError.self) {
      try ClassifiedSamples(labels: [0, 1], outputs: Tensor(shape: [2, 1], values: [.nan, 0]))
    }
    #expect(throws: WhiskerError.self) {
      try ClassifiedSamples(labels: [], outputs: Tensor(shape: [0, 2], values: []))
    }
  }
}
