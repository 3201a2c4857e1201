import Testing
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// What layers say of settings that don't go with their input.
@Suite struct LayerFaultTests {
  struct Example: Sendable, CustomTestStringConvertible {
    let layer: any Layer
    let input: Shape
    let expected: String
    let got: String

    var testDescription: String { "\(layer) on \(input)" }
  }

  static let all = [
    Example(
      layer: Permute([1, 1, 3]), input: [4, 5, 3],
      expected: "dims with each of the axes 1 to 3 of (4, 5, 3) once", got: "[1, 1, 3]"),
    Example(
      layer: Permute([0, 1]), input: [4, 5], expected: "dims with each of the axes 1 to 2 of (4, 5) once",
      got: "[0, 1]"),
    Example(
      layer: Permute([2, 1]), input: [4, 5, 3],
      expected: "dims with each of the axes 1 to 3 of (4, 5, 3) once", got: "[2, 1]"),
    Example(
      layer: GroupNormalization(), input: [4, 5, 6],
      expected: "groups that divide the channels of (4, 5, 6), or -1", got: "32"),
    Example(
      layer: GroupNormalization(groups: 0), input: [6],
      expected: "groups that divide the channels of (6), or -1", got: "0"),
    Example(
      layer: UnitNormalization(axes: [0]), input: [4, 5],
      expected: "axes from 1 to 2 or -2 to -1, each once", got: "[0]"),
    Example(
      layer: UnitNormalization(axes: [1, -2]), input: [4, 5],
      expected: "axes from 1 to 2 or -2 to -1, each once", got: "[1, -2]"),
    Example(
      layer: UnitNormalization(axes: []), input: [4], expected: "axes from 1 to 1 or -1 to -1, each once",
      got: "[]"),
    Example(
      layer: Conv2DTranspose(2, kernel: 3), input: [4], expected: "an input (height, width, channels)",
      got: "(4)"),
    Example(
      layer: Conv2DTranspose(2, kernel: 3, strides: 2, dilation: 2), input: [4, 5, 3],
      expected: "a dilation_rate of 1 with strides of 2 × 2", got: "2 × 2"),
    Example(
      layer: Conv2DTranspose(2, kernel: 3, strides: 2, outputPadding: 2), input: [4, 5, 3],
      expected: "an output_padding that a convolution of the result makes 4 × 5 of", got: "2 × 2"),
  ]

  @Test(arguments: all) func `A setting that doesn't fit is named with what fits`(example: Example) throws {
    let error = #expect(throws: WhiskerError.self) {
      try Network(input: example.input, layers: [example.layer])
    }
    #expect(error?.expected == example.expected)
    #expect(error?.got == example.got)
  }
}
