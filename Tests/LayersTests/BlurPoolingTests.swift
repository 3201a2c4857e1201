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
    let x = stream.numbers([1, height, width, channels])
    let network = try Network(
      input: [height, width, channels], layers: BlurPooling2D(size, strides: strides).layers)
    var graph = Graph()
    let input = try graph.input("x", x.shape)
    graph.output("y", try network.append(to: &graph, input: input, phase: .inference))
    let engine = ReferenceEngine()
    let y = try #require(try await engine.run(engine.compile(graph), inputs: ["x": x])["y"])

    let row = [3: [1.0, 2, 1], 5: [1, 4, 6, 4, 1], 7: [1, 6, 15, 20, 15, 6, 1]][size] ?? []
    let sum = row.reduce(0, +)
    let padding = (strides - 1 + size - 1) / 2
    func places(_ side: Int) -> Int { (side + 2 * padding - size) / strides + 1 }
    #expect(y.shape == [1, places(height), places(width), channels])
    for (index, value) in y.values.enumerated() {
      let (channel, column) = (index % channels, index / channels % places(width))
      let top = index / channels / places(width) * strides - padding
      var expected = 0.0
      for (down, a) in row.enumerated() {
        for (right, b) in row.enumerated() {
          let (r, c) = (top + down, column * strides - padding + right)
          guard (0..<height).contains(r), (0..<width).contains(c) else { continue }
          expected += a * b / (sum * sum) * Double(x.values[(r * width + c) * channels + channel])
        }
      }
      #expect(abs(Double(value) - expected) < 1e-6)
    }
  }
}
