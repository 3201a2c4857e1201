import WhiskerTensors

/// What a camera does to a scene: focus, exposure, colour cast, vignette and sensor noise.
struct PhotoEffects {
  /// In units of the picture's side.
  var blur: Double
  var exposure: Double
  var contrast: Double
  var saturation: Double
  /// Factors of red, green and blue.
  var cast: SIMD3<Float>
  /// How dark the corners are, 0 … 1.
  var vignette: Double
  /// How much brighter one side is than the other, and where it lies.
  var slope: Point
  /// The noise's standard deviation, in 8-bit steps.
  var noise: Double

  private let noiseKey: RandomKey

  init(_ random: inout RandomStream, noiseKey: RandomKey) {
    blur = random.pick([
      (0, weight: 3), (random.between(0.002, 0.006), weight: 2), (random.between(0.005, 0.011), weight: 1),
    ])
    exposure = random.between(0.85, 1.25)
    contrast = random.between(0.75, 1.2)
    saturation = random.between(0.6, 1.2)
    let warmth = Float(random.around(0, 0.07))
    cast = SIMD3(1 + warmth, 1 + Float(random.around(0, 0.02)), 1 - warmth)
    vignette = random.between(0, 0.4)
    slope = Point(angle: random.between(0, turn)) * random.between(0, 0.3)
    noise = random.pick([(random.between(1, 5), weight: 3), (random.between(5, 12), weight: 1)])
    self.noiseKey = noiseKey
  }

  /// Applies all but the blur to red, green and blue bytes of a square picture.
  func apply(to pixels: inout [UInt8], size: Int) {
    var random = RandomStream(noiseKey)
    let noise = Float(noise)
    let gray = SIMD3<Float>(0.299, 0.587, 0.114)
    let (contrast, saturation) = (Float(contrast), Float(saturation))
    for row in 0..<size {
      let y = (Float(row) + 0.5) / Float(size) - 0.5
      for column in 0..<size {
        let x = (Float(column) + 0.5) / Float(size) - 0.5
        let place = (row * size + column) * 3
        var color = SIMD3(Float(pixels[place]), Float(pixels[place + 1]), Float(pixels[place + 2]))
        let light =
          Float(exposure) * (1 - Float(vignette) * (x * x + y * y) * 2)
          * (1 + Float(slope.x) * x * 2 + Float(slope.y) * y * 2)
        color *= cast * light
        let brightness = SIMD3(repeating: (color * gray).sum())
        color = brightness + (color - brightness) * saturation
        color = 118 + (color - 118) * contrast
        color += noise * Self.grain(&random)
        color.clamp(lowerBound: SIMD3(repeating: 0), upperBound: SIMD3(repeating: 255))
        for channel in 0..<3 { pixels[place + channel] = UInt8(color[channel].rounded()) }
      }
    }
  }

  /// Three nearly normal numbers of mean 0 and deviation 1, alike in part: noise is mostly of brightness.
  private static func grain(_ random: inout RandomStream) -> SIMD3<Float> {
    let (first, second) = (random.nextWord(), random.nextWord())
    func bell(_ word: UInt32) -> Float {
      // The sum of four bytes has mean 510 and deviation √(4·(256² − 1)/12) = 147.8.
      (Float((word & 0xff) + (word >> 8 & 0xff) + (word >> 16 & 0xff) + (word >> 24)) - 510) / 147.8
    }
    let common = bell(first)
    let red = (Float(second & 0x3ff) - 511.5) / 295.6
    let green = (Float(second >> 10 & 0x3ff) - 511.5) / 295.6
    let blue = (Float(second >> 20 & 0x3ff) - 511.5) / 295.6
    return SIMD3(repeating: common * 0.8) + SIMD3(red, green, blue) * 0.6
  }
}
