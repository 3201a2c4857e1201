public import WhiskerTensors

#if canImport(Glibc)
  import Glibc
#else
  import Foundation
#endif

extension Augmentation {
  /// The numbers of one use of a photo.
  ///
  /// - Parameters:
  ///   - key: What they are drawn from; a dataset derives it from its seed, the pass and the photo.
  ///   - height: Rows of the photo.
  ///   - width: Columns of the photo.
  public func draw(_ key: RandomKey, height: Int, width: Int) -> AugmentationDraw {
    var draw = AugmentationDraw()
    drawGeometry(key, height, width, &draw)
    drawColors(key, &draw)
    if let blur = gaussianBlur {
      var stream = RandomStream(key.derived("blur"))
      if stream.chance(blur.probability) { draw.blur = stream.uniform(in: blur.sigma) }
    }
    if let randAugment {
      draw.policy = PolicyDraw(randAugment, key: key.derived("policy"), height: height, width: width)
    } else if trivialAugment {
      draw.policy = .trivial(key: key.derived("policy"))
    }
    draw.erasing = randomErasing?.draw(key.derived("erasing"), height: height, width: width)
    return draw
  }

  private func drawGeometry(_ key: RandomKey, _ height: Int, _ width: Int, _ draw: inout AugmentationDraw) {
    if rotationRange.value != 0 {
      draw.rotation = RandomStream.centred(key.derived("rotation"), rotationRange.inDegrees)
    }
    draw.heightShift = heightShiftRange.draw(key.derived("height shift"), side: height)
    draw.widthShift = widthShiftRange.draw(key.derived("width shift"), side: width)
    if shearRange.value != 0 {
      draw.shear = RandomStream.centred(key.derived("shear"), shearRange.inDegrees)
    }
    if zoomRange != .none {
      var stream = RandomStream(key.derived("zoom"))
      draw.columnZoom = Double(stream.uniform(in: zoomRange.lower...zoomRange.upper))
      draw.rowZoom = Double(stream.uniform(in: zoomRange.lower...zoomRange.upper))
    }
    if horizontalFlip { draw.flipsHorizontally = RandomStream.coin(key.derived("horizontal flip")) }
    if verticalFlip { draw.flipsVertically = RandomStream.coin(key.derived("vertical flip")) }
    if let crop = randomResizedCrop {
      var stream = RandomStream(key.derived("crop"))
      draw.crop = RandomWindow(scale: crop.scale, ratio: crop.ratio)
        .draw(from: &stream, height: height, width: width)
    }
  }

  private func drawColors(_ key: RandomKey, _ draw: inout AugmentationDraw) {
    if channelShiftRange != 0 {
      draw.channelShift = Float(
        RandomStream.centred(key.derived("channel shift"), Double(channelShiftRange)))
    }
    if let brightnessRange {
      var stream = RandomStream(key.derived("brightness"))
      draw.brightness = stream.uniform(in: brightnessRange)
    }
    draw.jitter = colorJitter?.draw(key.derived("color jitter"))
    if grayscale > 0 {
      var stream = RandomStream(key.derived("grayscale"))
      draw.isGray = stream.chance(grayscale)
    }
  }
}

extension ShiftRange {
  /// A shift in pixels.
  fileprivate func draw(_ key: RandomKey, side: Int) -> Double {
    switch self {
    case .fraction(0), .pixels(0): return 0
    case .fraction(let share): return RandomStream.centred(key, Double(share)) * Double(side)
    case .uniformPixels(let pixels): return RandomStream.centred(key, Double(pixels))
    case .pixels(let count):
      var stream = RandomStream(key)
      let distance = Double(stream.integer(below: count))
      return stream.chance(0.5) ? -distance : distance
    case .choices(let choices):
      var stream = RandomStream(key)
      let distance = Double(choices[stream.integer(below: choices.count)])
      let isShare = choices.allSatisfy { $0 < 1 }
      return (stream.chance(0.5) ? -distance : distance) * (isShare ? Double(side) : 1)
    }
  }
}

extension ColorJitter {
  fileprivate func draw(_ key: RandomKey) -> AugmentationDraw.Jitter {
    var stream = RandomStream(key)
    func factor(_ strength: Float) -> Float {
      stream.uniform(in: max(0, 1 - strength)...1 + strength)
    }
    var jitter = AugmentationDraw.Jitter()
    jitter.brightness = factor(brightness)
    jitter.contrast = factor(contrast)
    jitter.saturation = factor(saturation)
    jitter.hue = stream.uniform(in: -hue * 360...hue * 360)
    jitter.order = stream.integer(below: 24)
    return jitter
  }
}

extension RandomErasing {
  fileprivate func draw(_ key: RandomKey, height: Int, width: Int) -> AugmentationDraw.Erasing? {
    var stream = RandomStream(key)
    guard stream.chance(probability) else { return nil }
    let window = RandomWindow(scale: scale, ratio: ratio).draw(from: &stream, height: height, width: width)
    func places(_ start: Double, _ size: Double, _ side: Int) -> Range<Int> {
      let first = min(side - 1, Int(start.rounded()))
      return first..<min(side, max(first + 1, Int((start + size).rounded())))
    }
    var level: Float?
    if case .constant(let constant) = value { level = constant }
    return AugmentationDraw.Erasing(
      rows: places(window.top, window.height, height), columns: places(window.left, window.width, width),
      value: level, key: key.derived("noise"))
  }
}

/// A random window of a photo.
private struct RandomWindow {
  let scale: ClosedRange<Float>
  let ratio: ClosedRange<Float>

  /// Tries ten times to find one that fits; then takes the largest with the nearest ratio, from the middle.
  func draw(from stream: inout RandomStream, height: Int, width: Int) -> AugmentationDraw.Window {
    let (rows, columns) = (Double(height), Double(width))
    let ratios = log(Double(ratio.lowerBound))...log(Double(ratio.upperBound))
    for _ in 0..<10 {
      let area = rows * columns * Double(stream.uniform(in: scale))
      let shape = exp(ratios.lowerBound + (ratios.upperBound - ratios.lowerBound) * Double(stream.uniform()))
      let (windowHeight, windowWidth) = ((area / shape).squareRoot(), (area * shape).squareRoot())
      guard windowHeight <= rows, windowWidth <= columns else { continue }
      return AugmentationDraw.Window(
        top: (rows - windowHeight) * Double(stream.uniform()),
        left: (columns - windowWidth) * Double(stream.uniform()), height: windowHeight, width: windowWidth)
    }
    let nearest = min(max(columns / rows, Double(ratio.lowerBound)), Double(ratio.upperBound))
    let (windowHeight, windowWidth) = (min(rows, columns / nearest), min(columns, rows * nearest))
    return AugmentationDraw.Window(
      top: (rows - windowHeight) / 2, left: (columns - windowWidth) / 2, height: windowHeight,
      width: windowWidth)
  }
}

extension RandomStream {
  /// The first number of a key's stream, uniform in ± `bound`.
  fileprivate static func centred(_ key: RandomKey, _ bound: Double) -> Double {
    var stream = RandomStream(key)
    return (2 * Double(stream.uniform()) - 1) * bound
  }

  /// Whether the first toss of a key's stream is heads.
  fileprivate static func coin(_ key: RandomKey) -> Bool {
    var stream = RandomStream(key)
    return stream.chance(0.5)
  }
}
