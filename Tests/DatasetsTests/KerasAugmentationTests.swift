import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerTensors
import _TestSupport

/// Photos as Keras transforms them, and as SciPy does with Keras's bugs fixed;
/// `Tools/reference/keras_augmentation.py` wrote them down.
@Suite struct KerasAugmentationTests {
  /// One drawn set of parameters with its results.
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let shape: Shape
    let fill: FillMode
    let cval: Float
    let drawn: [String: Double]
    let keras: LevelText
    let right: LevelText

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

    /// The photo after `draw`, 0 to 255.
    func transformed(_ draw: AugmentationDraw, kerasExact: Bool) -> Tensor {
      let augmentation = Augmentation(fillMode: fill, cval: cval, kerasExact: kerasExact)
      return Photo.tiles(shape).augmented(augmentation, draw)
    }
  }

  private struct Table: Decodable {
    let sets: [Case]
  }

  static let cases = (try? fixture("keras-augmentation.json", as: Table.self).sets) ?? []

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

  /// Every pixel within one level of 255.
  private func check(_ result: Tensor, _ expected: LevelText) {
    #expect(expected.distance(to: result) <= 1 - LevelText.rounding)
  }
}
