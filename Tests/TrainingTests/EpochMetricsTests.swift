import Foundation
import Testing
import WhiskerGraph
import WhiskerLayers
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// The metrics of a whole epoch against scikit-learn's and Keras's, as `Tools/reference/epoch_metrics.py` wrote them down.
@Suite struct EpochMetricsTests {
  struct Fixture: Decodable {
    let cases: [Case]
  }

  struct Case: Decodable, Sendable, CustomStringConvertible {
    let name: String
    let count: Int
    let classes: Int
    let kind: String
    let isWeighted: Bool
    let probabilities: [Float]
    let weights: [Float]
    let sklearn: [String: Double?]
    let keras: [String: Double]

    var description: String { name }

    /// The samples that the script made too.
    var epoch: Epoch {
      var labels = Formula.integers("\(name)/labels", count: count, below: classes)
      var raw = Formula.integers("\(name)/scores", count: count * classes, below: 1000).map(Double.init)
      if kind == "ties" { raw = raw.map { ($0 / 100).rounded(.down) } }
      if kind == "absent" { labels = labels.map { $0 == classes - 1 ? 0 : $0 } }
      for row in 0..<count {
        if kind == "unpredicted" { raw[row * classes + classes - 1] = 0 }
        if kind == "constant" { for column in 0..<classes { raw[row * classes + column] = raw[column] } }
      }
      for row in 0..<count { raw[row * classes + labels[row]] += kind == "ties" ? 3 : 300 }
      raw = raw.map { $0 + 1 }
      var outputs: [Float] = []
      for row in 0..<count {
        let scores = raw[row * classes..<(row + 1) * classes]
        let total = scores.reduce(0, +)
        let shares = scores.map { Float($0 / total) }
        outputs += classes == 2 ? [shares[1]] : shares
      }
      let weights =
        isWeighted
        ? Formula.integers("\(name)/weights", count: count, below: 8).map { Float($0) / 4 } : nil
      return Epoch(labels: labels, outputs: outputs, weights: weights, columns: classes == 2 ? 1 : classes)
    }
  }

  /// Samples that can be handed out in batches.
  struct Epoch {
    let labels: [Int]
    let outputs: [Float]
    let weights: [Float]?
    let columns: Int

    /// The tally of some samples, in batches of a size.
    func tally(_ metrics: [Metric], batchSize: Int, _ range: Range<Int>? = nil) -> MetricTally {
      var tally = MetricTally(metrics, outputCount: columns)
      add(to: &tally, batchSize: batchSize, range)
      return tally
    }

    func add(to tally: inout MetricTally, batchSize: Int, _ range: Range<Int>? = nil) {
      let range = range ?? 0..<labels.count
      for start in stride(from: range.lowerBound, to: range.upperBound, by: batchSize) {
        let rows = start..<min(start + batchSize, range.upperBound)
        tally.add(
          Tensor(
            shape: [rows.count, columns],
            values: Array(outputs[rows.lowerBound * columns..<rows.upperBound * columns])),
          labels: Tensor(shape: [rows.count], values: labels[rows].map { Float($0) }),
          weights: weights.map { Tensor(shape: [rows.count], values: Array($0[rows])) })
      }
    }
  }

  static let cases: [Case] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/epoch-metrics.json")
    let fixture = (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode(Fixture.self, from: $0) }
    return fixture?.cases ?? []
  }()

  @Test func fixtureIsThere() { #expect(Self.cases.count == 12) }

  @Test(arguments: cases) func areThoseOfScikitLearnAndKeras(expected: Case) throws {
    let epoch = expected.epoch
    for (place, value) in expected.probabilities.enumerated() {
      let found =
        expected.classes == 2
        ? (place % 2 == 1 ? epoch.outputs[place / 2] : 1 - epoch.outputs[place / 2]) : epoch.outputs[place]
      #expect(found == value)
    }
    if let weights = epoch.weights { #expect(Array(weights.prefix(8)) == expected.weights) }
    let metrics = try expected.sklearn.keys.sorted().map { try #require(Metric(name: $0)) }
    #expect(metrics.count >= 15)
    let values = epoch.tally(metrics, batchSize: 7).values
    #expect(values.metrics == metrics)
    for (name, wanted) in expected.sklearn {
      let found = values[try #require(Metric(name: name))]
      #expect((found == nil) == (wanted == nil), "\(name)")
      if let found, let wanted { #expect(abs(found - wanted) <= 1e-12, "\(name): \(found), \(wanted)") }
    }
    // Keras computes in single precision.
    for (name, wanted) in expected.keras {
      let found = values[try #require(Metric(name: name))] ?? 0
      #expect(abs(found - wanted) <= 2e-6, "\(name): \(found), \(wanted)")
    }
  }

  @Test(arguments: cases) func cutsIntoBatchesMakeNoDifference(expected: Case) throws {
    let metrics = try expected.sklearn.keys.sorted().map { try #require(Metric(name: $0)) }
    let whole = expected.epoch.tally(metrics, batchSize: expected.count)
    for batchSize in [1, 5, 32] {
      #expect(expected.epoch.tally(metrics, batchSize: batchSize) == whole)
    }
  }

  /// The mean of the batches' values is another number, which is what these metrics aren't.
  @Test(arguments: [Metric.precision, .recall, .f1, .rocAUC, .prAUC])
  func anEpochIsNotTheMeanOfItsBatches(metric: Metric) throws {
    for expected in Self.cases where ["two", "three", "twenty"].contains(expected.name) {
      let epoch = expected.epoch
      let whole = try #require(epoch.tally([metric], batchSize: 7).values[metric])
      let parts = stride(from: 0, to: expected.count - 6, by: 7).compactMap {
        epoch.tally([metric], batchSize: 7, $0..<$0 + 7).values[metric]
      }
      #expect(abs(whole - parts.reduce(0, +) / Double(parts.count)) > 1e-4, "\(expected.name)")
    }
  }

  @Test(arguments: cases) func whatACheckpointKeepsGoesOn(expected: Case) throws {
    let metrics = try expected.sklearn.keys.sorted().map { try #require(Metric(name: $0)) }
    let epoch = expected.epoch
    let half = expected.count / 2
    let before = epoch.tally(metrics, batchSize: 7, 0..<half)
    let json = try JSONEncoder().encode(before)
    // The samples are kept separately.
    #expect(json.count < 4000)
    var after = try #require(JSONDecoder().decode(MetricTally.self, from: json).restoring(before.tensor))
    #expect(after == before)
    epoch.add(to: &after, batchSize: 7, half..<expected.count)
    #expect(after == epoch.tally(metrics, batchSize: 7))
  }

  @Test func damagedSamplesAreRefused() throws {
    let expected = try #require(Self.cases.first { $0.name == "two-weighted" })
    let tally = expected.epoch.tally([.rocAUC], batchSize: 7)
    let tensor = try #require(tally.tensor)
    #expect(tensor.shape == [60, 3])
    for (place, value) in [(0, -1), (0, Float.nan), (1, 2), (1, 0.5), (1, .infinity)] {
      var wrong = tensor
      wrong.values[place] = value
      #expect(tally.restoring(wrong) == nil)
    }
    #expect(tally.restoring(nil) == nil)
    #expect(tally.restoring(Tensor(shape: [60, 2])) == nil)
    #expect(tally.restoring(tensor) == tally)
    let sums = expected.epoch.tally([.f1], batchSize: 7)
    #expect(sums.tensor == nil)
    #expect(sums.restoring(nil) == sums)
    #expect(sums.restoring(tensor) == nil)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(
        MetricTally.self,
        from: Data(
          #"{"metrics":["f1"],"outputs":3,"sums":{"count":0,"weight":0,"correct":0,"hits":{},"classes":[]}}"#
            .utf8))
    }
  }

  /// Nothing to divide by, and values that are NaN.
  @Test func whatIsNotDefinedHasNoValue() {
    let all: [Metric] = [
      .accuracy, .precision, .recall, .f1, .rocAUC, .prAUC, .f1(.weighted), .rocAUC(.macro),
      .prAUC(.weighted),
    ]
    func values(_ labels: [Int], _ outputs: [Float], weights: [Float]? = nil) -> MetricValues {
      Epoch(labels: labels, outputs: outputs, weights: weights, columns: 1).tally(all, batchSize: 2).values
    }
    let none = values([], [])
    for metric in all.prefix(4) { #expect(none[metric] == 0) }
    #expect(none[.rocAUC] == nil && none[.prAUC] == nil && none[.rocAUC(.macro)] == nil)
    let negatives = values([0, 0], [0.1, 0.2])
    #expect(negatives[.accuracy] == 1 && negatives[.precision] == 0 && negatives[.recall] == 0)
    #expect(negatives[.f1] == 0 && negatives[.f1(.weighted)] == 1)
    #expect(negatives[.rocAUC] == nil && negatives[.prAUC] == nil && negatives[.prAUC(.weighted)] == 1)
    let positives = values([1, 1], [0.1, 0.7])
    #expect(positives[.precision] == 1 && positives[.recall] == 0.5)
    #expect(positives[.rocAUC] == nil && positives[.prAUC] == 1)
    // All that count are of one class.
    let weightless = values([0, 1, 1], [0.1, 0.2, 0.3], weights: [0, 1, 1])
    #expect(weightless[.rocAUC] == nil && weightless[.prAUC] == 1)
    let nothing = values([0, 1], [0.1, 0.2], weights: [0, 0])
    #expect(nothing[.accuracy] == 0.5 && nothing[.f1] == 0 && nothing[.prAUC] == nil)
    let broken = values([0, 1, 1], [.nan, 0.2, 0.7])
    #expect(broken[.rocAUC] == nil && broken[.prAUC] == nil && broken[.recall] == 0.5)
    // Exactly ½ is the first class, and ties share a step.
    let half = values([0, 1], [0.5, 0.5])
    #expect(half[.recall] == 0 && half[.rocAUC] == 0.5 && half[.prAUC] == 0.5)
  }

  /// Mixed labels count as the likeliest class, as they do for accuracy.
  @Test func mixedLabelsCountAsTheLikeliestClass() {
    var tally = MetricTally([.accuracy, .recall, .topK(2)], outputCount: 3)
    tally.add(
      Tensor(shape: [2, 3], values: [0.2, 0.5, 0.3, 0.6, 0.3, 0.1]),
      labels: Tensor(shape: [2, 3], values: [0.1, 0.7, 0.2, 0.4, 0.6, 0]))
    #expect(tally.values[.accuracy] == 0.5)
    #expect(tally.values[.topK(2)] == 1)
    #expect(tally.values[.recall] == 1.0 / 6)
  }

  @Test func equalsCountInTheirOrder() {
    let outputs = Tensor(shape: [1, 4], values: [0.25, 0.25, 0.25, 0.25])
    for label in 0..<4 {
      for k in 1..<4 {
        let score = Metric.topK(k).score(
          predictions: outputs, targets: Tensor(shape: [1], values: [Float(label)]), kind: .sparseCategorical)
        #expect(score == (label < k ? 1 : 0))
      }
    }
  }
}
