public import WhiskerImages
public import WhiskerSystem
import WhiskerTensors

/// Draws pictures of cats and dogs, as many as are asked for.
///
/// A sketch depends only on the seed, the animal and the index: two generators of one seed draw the same
/// bytes, in any order and on any thread.
///
/// ```swift
/// let generator = try SketchGenerator(seed: 0)
/// let photo = try generator.sketch(of: .cat, index: 12)
/// ```
public struct SketchGenerator: Sendable {
  /// Pixels along a side that can be asked for.
  public static let sizes = 8...4096

  /// What the sketches are drawn from.
  public let seed: UInt64
  /// Pixels along a side.
  public let size: Int

  /// A generator of square sketches.
  ///
  /// Throws ``WhiskerSystem/WhiskerError`` with code `invalidSetting` if the size is not in ``sizes``.
  public init(seed: UInt64, size: Int = 200) throws(WhiskerError) {
    guard Self.sizes.contains(size) else {
      throw WhiskerError(
        .invalidSetting, "size",
        expected: "\(Self.sizes.lowerBound) to \(Self.sizes.upperBound) pixels", got: "\(size)")
    }
    self.seed = seed
    self.size = size
  }

  /// Draws one sketch, `[size, size, 3]`.
  public func sketch(of animal: Animal, index: Int) throws(WhiskerError) -> Photo {
    let key = RandomKey(seed: seed).derived("sketch").derived(animal.number, UInt64(bitPattern: Int64(index)))
    var effectsStream = RandomStream(key.derived("effects"))
    let effects = PhotoEffects(&effectsStream, noiseKey: key.derived("noise"))

    let canvas = try Canvas(size: size)
    var background = Background(RandomStream(key.derived("background")))
    background.paint(on: canvas)
    paint(animal, key, on: canvas)
    var foreground = Foreground(RandomStream(key.derived("foreground")))
    foreground.paint(on: canvas)
    canvas.blur(radius: effects.blur)
    try canvas.check()

    var pixels = canvas.pixels()
    effects.apply(to: &pixels, size: size)
    return Photo(height: size, width: size, channels: 3, pixels: pixels)
  }

  private func paint(_ animal: Animal, _ key: RandomKey, on canvas: Canvas) {
    var poseStream = RandomStream(key.derived("pose"))
    var coatStream = RandomStream(key.derived("coat"))
    var traitStream = RandomStream(key.derived("traits"))
    var lightStream = RandomStream(key.derived("light"))
    let pose = AnimalPose(&poseStream)
    let coat = Coat(&coatStream, markingKey: key.derived("markings"))
    let light = Light(&lightStream)
    let collar = Collar(&coatStream)
    let head = HeadTraits(animal, &traitStream)
    let body = BodyTraits(animal, &traitStream)

    let skeleton = Skeleton(body, pose)
    BodyPainter(canvas: canvas, coat: coat, light: light, collar: collar)
      .paint(skeleton, random: RandomStream(key.derived("body fur")))
    let frame = HeadFrame(
      center: skeleton.head, radius: skeleton.headRadius, yaw: pose.headYaw,
      pitch: pose.headPitch + pose.cameraPitch * 0.4, roll: pose.headRoll)
    HeadPainter(canvas: canvas, coat: coat, light: light, traits: head, frame: frame)
      .paint(random: RandomStream(key.derived("head fur")))
  }
}

extension Animal {
  /// Its place in keys, which must never change.
  fileprivate var number: UInt64 {
    switch self {
    case .cat: 0
    case .dog: 1
    }
  }
}
