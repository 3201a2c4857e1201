import Testing
import WhiskerGraph
import WhiskerLayers
import WhiskerReferenceEngine
import WhiskerTensors
import _TestSupport

/// Blurred pooling is a convolution with binomial coefficients, with zeros around the picture.
@Suite struct BlurPoolingTests {
  @Test(arguments: [(3, 2), (3, 1), (5, 2), (5, 3), (7, 2)])
  func `It convolves each channel with binomial coefficients`(size: Int, strides: Int) async throws {
    let (height, width, channels) = (11, 8, 2)
    var stream = RandomStream(RandomKey(seed: UInt64(size * 10 + strides)))
    let x = Tensor(
      shape: [1, height, width, channels],
      values: (0..<height * width * channels).map { _ in stream.uniform() })
    let layers = BlurPooling2D(size, strides: strides).layers
    let network = try Network(input: [height, width, channels], layers: layers)
    var graph = Graph()
    let input = try graph.input("x", x.shape)
    graph.output("y", try network.append(to: &graph, input: input, phase: .inference))
    let engine = ReferenceEngine()
    let y = try #require(try await engine.run(engine.compile(graph), inputs: ["x": x])["y"])

    let rows: [Int: [Double]] = [3: [1, 2, 1], 5: [1, 4, 6, 4, 1], 7: [1, 6, 15, 20, 15, 6, 1]]
    let row = try #require(rows[size])
    let sum: Double = row.reduce(0, +)
    let padding = (strides - 1 + size - 1) / 2
    func places(_ side: Int) -> Int { (side + 2 * padding - size) / strides + 1 }
    #expect(y.shape == [1, places(height), places(width), channels])
    for (index, value) in y.values.enumerated() {
      let (channel, place) = (index % channels, index / channels)
      let left = place % places(width) * strides - padding
      let top = place / places(width) * strides - padding
      var expected = 0.0
      for (down, a) in row.enumerated() where (0..<height).contains(top + down) {
        for (right, b) in row.enumerated() where (0..<width).contains(left + right) {
          let pixel = (top + down) * width + left + right
          expected += a * b * Double(x.values[pixel * channels + channel])
        }
      }
      #expect(abs(Double(value) - expected / (sum * sum)) < 1e-6)
    }
  }
}
