import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerTensors
import _TestSupport

/// Every operation of RandAugment and TrivialAugment, and every order of ColorJitter, pixel by pixel;
/// `Tools/reference/torchvision_augmentation.py` wrote down what they should give.
@Suite struct PolicyValueTests {
  /// An operation of some strength, with its result.
  struct Operation: Decodable, Sendable, CustomTestStringConvertible {
    let policy: String
    let operation: String
    let magnitude: Int
    let strength: Float
    let fill: FillMode
    let result: LevelText

    var testDescription: String { "\(policy) \(magnitude): \(operation)(\(strength))" }

    var augmentation: Augmentation {
      var augmentation = Augmentation(fillMode: fill, cval: 90)
      if policy == "trivial_augment" {
        augmentation.trivialAugment = true
      } else {
        augmentation.randAugment = RandAugment(number: 1, magnitude: magnitude)
      }
      return augmentation
    }
  }

  /// A jitter's numbers and order, with its result.
  struct Jitter: Decodable, Sendable, CustomTestStringConvertible {
    let low: Int
    let high: Int
    let order: [String]
    let brightness: Float
    let contrast: Float
    let saturation: Float
    let hue: Float
    let result: LevelText

    var testDescription: String { "\(order) \(brightness) \(contrast) \(saturation) \(hue)" }
  }

  private struct Table<Case: Decodable>: Decodable {
    let cases: [Case]
  }

  static let operations = (try? fixture("policies.json", as: Table<Operation>.self).cases) ?? []
  static let jitters = (try? fixture("color-jitter.json", as: Table<Jitter>.self).cases) ?? []

  @Test func thereAreSomeOfEveryKind() {
    #expect(Set(Self.operations.map(\.operation)).count == 14)
    #expect(Set(Self.operations.map(\.policy)).count == 2)
    #expect(Set(Self.jitters.map(\.order)).count == 24)
    #expect(Self.jitters.count == 72)
  }

  @Test(arguments: operations) func anOperationIsTorchvisions(_ expected: Operation) throws {
    let photo = Photo.tiles([10, 14, 3])
    let augmentation = expected.augmentation
    // The first use of a photo for which just this was drawn.
    let draw = try #require(
      (0..<20_000).lazy.map { augmentation.draw(RandomKey(seed: $0), height: 10, width: 14) }
        .first { draw in
          let (name, strength) = draw.policy[0].written
          return name == expected.operation && abs(strength - expected.strength) < 1e-4
        })
    let result = photo.augmented(augmentation, draw)
    // Geometry is as good as the text; factors, which Pillow has as 0.34 and Float as 0.34000003, may be cut to the
    // next level; the other operations on pixels are Pillow's to the bit.
    let tolerance: Float =
      switch draw.policy[0] {
      case .shearX, .shearY, .translateX, .translateY, .rotate: LevelText.rounding + 0.01
      case .brightness, .color, .contrast, .sharpness: 1
      default: 0
      }
    #expect(expected.result.distance(to: result) <= tolerance)
  }

  @Test(arguments: jitters) func aJitterTakesItsStepsInOrder(_ expected: Jitter) throws {
    var jitter = AugmentationDraw.Jitter()
    jitter.brightness = expected.brightness
    jitter.contrast = expected.contrast
    jitter.saturation = expected.saturation
    jitter.hue = expected.hue
    jitter.order = try #require(
      (0..<24).first { order in
        jitter.order = order
        return (0..<4).map { "\(jitter.step(at: $0))" } == expected.order
      })
    var draw = AugmentationDraw()
    draw.jitter = jitter
    let photo = Photo.tiles([8, 10, 3], low: expected.low, high: expected.high)
    #expect(expected.result.distance(to: photo.augmented(Augmentation(), draw)) < 0.1)
  }
}

extension PolicyOperation {
  /// The name and the strength, 0 where there is none.
  fileprivate var written: (name: String, strength: Float) {
    switch self {
    case .identity: ("identity", 0)
    case .shearX(let slope): ("shearX", slope)
    case .shearY(let slope): ("shearY", slope)
    case .translateX(let pixels): ("translateX", pixels)
    case .translateY(let pixels): ("translateY", pixels)
    case .rotate(let degrees): ("rotate", degrees)
    case .brightness(let factor): ("brightness", factor)
    case .color(let factor): ("color", factor)
    case .contrast(let factor): ("contrast", factor)
    case .sharpness(let factor): ("sharpness", factor)
    case .posterize(let bits): ("posterize", Float(bits))
    case .solarize(let threshold): ("solarize", threshold)
    case .autoContrast: ("autoContrast", 0)
    case .equalize: ("equalize", 0)
    }
  }
}
