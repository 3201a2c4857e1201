import Testing
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// Output sizes by Keras's rules: `valid` gives `⌊(n − k) / s⌋ + 1`, `same` gives `⌈n / s⌉`.
@Suite struct PaddingTests {
  @Test func outputSizesFollowTheRule() throws {
    for size in 1...9 {
      for window in 1...4 {
        for step in 1...4 {
          let input: Shape = [size, size + 1, 2]
          let window2D = Size2D(window)
          for layer: any Layer in [
            Conv2D(2, kernel: window2D, strides: Size2D(step), padding: .same),
            MaxPooling2D(window2D, strides: Size2D(step), padding: .same),
            AveragePooling2D(window2D, strides: Size2D(step), padding: .same),
          ] {
            let expected: Shape = [(size + step - 1) / step, (size + step) / step, 2]
            #expect(try layer.outputShape(for: input) == expected)
            #expect(try graphShape(layer, input) == expected)
          }
          for layer: any Layer in [
            Conv2D(2, kernel: window2D, strides: Size2D(step)),
            MaxPooling2D(window2D, strides: Size2D(step)),
          ] {
            if window > size {
              #expect(throws: WhiskerError.self) { try layer.outputShape(for: input) }
            } else {
              let expected: Shape = [(size - window) / step + 1, (size + 1 - window) / step + 1, 2]
              #expect(try layer.outputShape(for: input) == expected)
              #expect(try graphShape(layer, input) == expected)
            }
          }
        }
      }
    }
  }

  private func graphShape(_ layer: any Layer, _ input: Shape) throws -> Shape {
    var graph = Graph()
    let x = try graph.input("x", input.batched(1))
    let network = try Network(input: input, layers: [layer])
    let output = try network.append(to: &graph, input: x, phase: .inference)
    return graph.shape(of: output).withoutBatch
  }

  @Test func theOddRowIsBelowAndToTheRight() throws {
    var graph = Graph()
    let x = try graph.input("x", [1, 4, 5, 1])
    let network = try Network(input: [4, 5, 1], layers: [Conv2D(1, kernel: [2, 4], padding: .same)])
    _ = try network.append(to: &graph, input: x, phase: .inference)
    let paddings = graph.nodes.compactMap { node -> EdgePadding? in
      if case .convolution(let convolution) = node.op { convolution.window.padding } else { nil }
    }
    #expect(paddings == [EdgePadding(top: 0, left: 1, bottom: 1, right: 2)])
  }

  @Test func poolsTileUnlessStridesAreGiven() throws {
    #expect(try MaxPooling2D(3).outputShape(for: [9, 10, 1]) == [3, 3, 1])
    #expect(try MaxPooling2D(3, strides: 1).outputShape(for: [9, 10, 1]) == [7, 8, 1])
  }
}
