import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerTensors
import _TestSupport

/// Photos as Keras transforms them, and as SciPy does with Keras's bugs put right; `Tools/reference/keras_augmentation.py`
/// wrote them down.
@Suite struct KerasAugmentationTests {
  /// One drawn set of parameters with its results.
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let shape: Shape
    let fill: FillMode
    let cval: Float
    let drawn: [String: Double]
    let keras: TensorDigest
    let right: TensorDigest

    var testDescription: String { "\(shape) \(fill) \(drawn)" }

    /// The draw of the geometry.
    var geometry: AugmentationDraw {
      var draw = AugmentationDraw()
      draw.rotation = drawn["theta"] ?? 0
      draw.heightShift = drawn["tx"] ?? 0
      draw.widthShift = drawn["ty"] ?? 0
      draw.shear = drawn["shear"] ?? 0
      draw.columnZoom = drawn["zx"] ?? 1
      draw.rowZoom = drawn["zy"] ?? 1
      draw.flipsHorizontally = drawn["flip_horizontal"] == 1
      draw.flipsVertically = drawn["flip_vertical"] == 1
      return draw
    }

    /// The whole draw.
    var draw: AugmentationDraw {
      var draw = geometry
      draw.channelShift = drawn["channel_shift_intensity"].map { Float($0) }
      draw.brightness = drawn["brightness"].map { Float($0) }
      return draw
    }

    /// Tiles under noise.
    var photo: Photo {
      let (height, width, channels) = (shape[0], shape[1], shape[2])
      let tiles = Formula.bits("augmentation/tiles", count: shape.count).map { $0 >> 17 }
      let noise = Formula.bits("augmentation/noise", count: shape.count).map { $0 >> 17 }
      let pixels = noise.indices.map { place in
        let (row, column) = (place / channels / width, place / channels % width)
        let tile = (row / 6 * 6 * width + column / 6 * 6) * channels + place % channels
        return UInt8(tiles[tile] + noise[place])
      }
      return Photo(height: height, width: width, channels: channels, pixels: pixels)
    }

    /// The photo after `draw`, 0 to 255.
    func transformed(_ draw: AugmentationDraw, kerasExact: Bool) -> Tensor {
      let augmentation = Augmentation(fillMode: fill, cval: cval, kerasExact: kerasExact)
      let augmenter = Augmenter(
        augmentation, seed: 0,
        preparation: PhotoPreparation(
          height: shape[0], width: shape[1], channels: shape[2], rescale: 1))
      var result = Tensor(shape: shape, repeating: .nan)
      photo.withPixelView { view in
        result.values.withUnsafeMutableBufferPointer { augmenter.write(view, draw, into: $0) }
      }
      return result
    }
  }

  private struct Table: Decodable {
    let sets: [Case]
  }

  /// Empty if it can't be read; a test counts them.
  static let cases: [Case] = {
    let file = Bundle.module.bundleURL.appendingPathComponent("Fixtures/keras-augmentation.json")
    let table = try? JSONDecoder().decode(Table.self, from: Data(contentsOf: file))
    return table?.sets ?? []
  }()

  @Test func thereAreSixtyOfEveryKind() {
    #expect(Self.cases.count == 60)
    #expect(Set(Self.cases.map(\.fill)).count == 4)
    #expect(Set(Self.cases.map(\.shape)).count == 4)
    for key in ["theta", "tx", "ty", "shear", "zx", "flip_vertical", "brightness", "channel_shift_intensity"]
    {
      #expect(Self.cases.contains { $0.drawn[key] ?? 0 != 0 }, "\(key)")
    }
  }

  @Test(arguments: cases) func kerasExactEqualsKeras(_ expected: Case) {
    check(expected.transformed(expected.draw, kerasExact: true), expected.keras)
  }

  @Test(arguments: cases) func otherwiseTheCentreAndTheShiftsAreRight(_ expected: Case) {
    check(expected.transformed(expected.geometry, kerasExact: false), expected.right)
  }

  /// Every sampled value within one level of 255, and the whole close.
  ///
  /// Not closer than one pixel in a few thousand: one that is read within rounding of the photo's edge may fall on
  /// the other side of it.
  private func check(_ result: Tensor, _ expected: TensorDigest) {
    let places = expected.indices ?? Array(expected.values.indices)
    let largest = zip(places, expected.values).map { abs(result.values[$0] - $1) }.max() ?? .infinity
    #expect(largest <= 1)
    #expect(expected.distance(to: result) < 0.02)
  }
}
