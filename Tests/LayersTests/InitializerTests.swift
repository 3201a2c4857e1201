import Testing
import WhiskerLayers
import WhiskerTensors

@Suite struct InitializerTests {
  private let key = RandomKey(seed: 11)

  /// `[kh, kw, I, O]` with fans of 3·5·40 and 3·5·60, then `[I, O]`.
  static let shapes: [(shape: Shape, fanIn: Double, fanOut: Double)] = [
    ([3, 5, 40, 60], 600, 900), ([300, 200], 300, 200),
  ]

  private func variance(_ tensor: Tensor) -> Double {
    let mean = tensor.values.reduce(0.0) { $0 + Double($1) } / Double(tensor.values.count)
    return tensor.values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      / Double(tensor.values.count)
  }

  @Test(arguments: shapes.indices) func uniformsFillTheirRange(index: Int) {
    let (shape, fanIn, fanOut) = InitializerTests.shapes[index]
    for (initializer, limit) in [
      (Initializer.glorotUniform, (6 / (fanIn + fanOut)).squareRoot()),
      (.heUniform, (6 / fanIn).squareRoot()),
    ] {
      let tensor = initializer.tensor(shape, key: key)
      #expect(tensor.shape == shape)
      let largest = tensor.values.reduce(0) { max($0, abs(Double($1))) }
      #expect(largest <= limit * 1.000_001)
      #expect(largest > limit * 0.999)
      #expect(abs(variance(tensor) / (limit * limit / 3) - 1) < 0.03)
    }
  }

  @Test(arguments: shapes.indices) func normalsAreCutAtTwoDeviations(index: Int) {
    let (shape, fanIn, fanOut) = InitializerTests.shapes[index]
    for (initializer, expected) in [
      (Initializer.glorotNormal, 2 / (fanIn + fanOut)), (.heNormal, 2 / fanIn),
    ] {
      let tensor = initializer.tensor(shape, key: key)
      #expect(abs(variance(tensor) / expected - 1) < 0.03)
      let cut = 2 * expected.squareRoot() / 0.879_625_66
      let largest = tensor.values.reduce(0) { max($0, abs(Double($1))) }
      #expect(largest <= cut * 1.000_001)
      #expect(largest > cut * 0.99)
    }
  }

  @Test func constantsAreConstant() {
    #expect(Initializer.zeros.tensor([2, 2], key: key).values == [0, 0, 0, 0])
    #expect(Initializer.ones.tensor([3], key: key).values == [1, 1, 1])
  }

  @Test(arguments: [Initializer.glorotUniform, .heUniform, .glorotNormal, .heNormal])
  func theKeyDecides(initializer: Initializer) {
    let tensor = initializer.tensor([4, 5], key: key)
    #expect(tensor == initializer.tensor([4, 5], key: key))
    #expect(tensor != initializer.tensor([4, 5], key: key.derived(1)))
  }
}
