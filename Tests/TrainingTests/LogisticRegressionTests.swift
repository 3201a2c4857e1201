import Testing
import WhiskerRuns
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Values are scikit-learn's (`Tools/reference/sklearn_logistic.py`).
@Suite struct LogisticRegressionTests {
  private func samples(classes: Int, weighted: Bool = true) -> LogisticRegression.Samples {
    LogisticRegression.Samples(
      features: Formula.uniform("logistic/features", [60, 4], limit: 2).values,
      labels: Formula.integers("logistic/labels", count: 60, below: classes),
      weights: weighted
        ? Formula.uniform("logistic/weights", [60], limit: 0.5, offset: 1).values.map(Double.init) : nil,
      featureCount: 4)
  }

  private func expectClose(_ tensor: Tensor, _ expected: [Double]) {
    #expect(tensor.values.count == expected.count)
    for (found, value) in zip(tensor.values, expected) {
      #expect(abs(Double(found) - value) < 2e-5, "\(found), \(value)")
    }
  }

  @Test func twoClassesAsInScikitLearn() throws {
    var regression = LogisticRegression(featureCount: 4, classes: 2)
    try regression.fit(samples(classes: 2), penalty: 0.05)
    #expect(regression.kernel.shape == [4, 1])
    expectClose(regression.kernel, [-0.11056809, 0.18075615, 0.17026058, 0.19317094])
    expectClose(regression.bias, [0.41368763])
  }

  @Test func threeClassesAsInScikitLearn() throws {
    var regression = LogisticRegression(featureCount: 4, classes: 3)
    try regression.fit(samples(classes: 3), penalty: 0.05)
    expectClose(
      regression.kernel,
      [
        -0.01731138, 0.071874999, -0.054563619, -0.073201666, 0.037738837, 0.035462829, 0.011557916,
        -0.16360254, 0.15204463, -0.012485997, -0.16902694, 0.18151294,
      ])
    // All biases may move together.
    let mean = regression.bias.values.reduce(0, +) / 3
    expectClose(
      Tensor(shape: [3], values: regression.bias.values.map { $0 - mean }),
      [-0.3025708, 0.10699978, 0.19557102])
  }

  @Test func theScoreCountsAndAverages() throws {
    let samples = samples(classes: 2, weighted: false)
    var regression = LogisticRegression(featureCount: 4, classes: 2)
    let ignorant = regression.score(samples)
    #expect(abs(ignorant.loss - 0.693_147_18) < 1e-8)
    #expect(ignorant.accuracy == Double(samples.labels.count { $0 == 0 }) / 60)
    try regression.fit(samples, penalty: 0.001)
    #expect(regression.score(samples).loss < ignorant.loss)
  }

  @Test func separableClassesAreToldAndBitsRepeat() throws {
    let features = (0..<600).map { (index: Int) -> Float in
      let side: Float = index % 2 == 0 ? -1 : 1
      return side + 0.01 * Float(index % 7)
    }
    let samples = LogisticRegression.Samples(
      features: features, labels: (0..<600).map { $0 % 2 }, weights: nil, featureCount: 1)
    var first = LogisticRegression(featureCount: 1, classes: 2)
    try first.fit(samples, penalty: 0.01)
    #expect(first.score(samples).accuracy == 1)
    var second = LogisticRegression(featureCount: 1, classes: 2)
    try second.fit(samples, penalty: 0.01)
    #expect(first.parameters == second.parameters)
  }
}
