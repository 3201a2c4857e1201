/// How much an old pixel counts for a new one, by the distance of their centres.
enum ResizeFilter {
  /// `1 − |x|` within 1.
  case triangle
  /// Keys's cubic with `a = −½` ("Cubic convolution interpolation", 1981) within 2: it follows slopes, and overshoots at
  /// edges.
  case cubic

  /// How far it reaches.
  var radius: Double {
    switch self {
    case .triangle: 1
    case .cubic: 2
    }
  }

  /// The weight at a distance.
  func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .triangle: return max(1 - x, 0)
    case .cubic where x < 1: return ((-0.5 + 2) * x - (-0.5 + 3)) * x * x + 1
    case .cubic where x < 2: return (((x - 5) * x + 8) * x - 4) * -0.5
    case .cubic: return 0
    }
  }
}

/// For every new pixel along one axis, the old pixels it is made of and their weights.
///
/// The weight of an old pixel is a filter around the new pixel's centre, stretched by `s = max(1, in / out)`, divided by
/// the sum of all weights, then rounded to a whole number of 2⁻²² parts, which is what makes the sums equal to Pillow's
/// bit for bit.
struct ResizeWeights {
  /// Binary digits after the point: 32 less 8 for the pixel and 2 for the sum's overshoot and sign.
  static let fractionBits: Int32 = 22
  /// One half, so that shifting the fraction away rounds.
  static let half: Int32 = 1 << (fractionBits - 1)

  /// How many old pixels each new one is made of; where fewer matter, the others weigh 0.
  ///
  /// One number for all: a loop whose length the processor can foresee is worth a few useless steps.
  let taps: Int
  /// The first old pixel of each new one.
  let starts: [Int]
  /// The weights of new pixel `i`, beginning at `i × taps`.
  let weights: [Int32]

  init(from count: Int, to targetCount: Int, _ filter: ResizeFilter) {
    let scale = Double(count) / Double(targetCount)
    let stretch = max(scale, 1)
    let reach = filter.radius * stretch
    let toUnits = 1 / stretch
    let ranges = (0..<targetCount).map { target in
      let center = (Double(target) + 0.5) * scale
      return max(Int(center - reach + 0.5), 0)..<min(Int(center + reach + 0.5), count)
    }
    let taps = ranges.reduce(1) { max($0, $1.count) }
    var starts: [Int] = []
    var weights = [Int32](repeating: 0, count: taps * targetCount)
    for (target, range) in ranges.enumerated() {
      let center = (Double(target) + 0.5) * scale
      let shares = range.map { filter.weight((Double($0) - center + 0.5) * toUnits) }
      let sum = shares.reduce(0, +)
      let start = min(range.lowerBound, count - taps)
      let firstWeight = target * taps + range.lowerBound - start
      for (index, share) in shares.enumerated() where sum != 0 {
        let parts = share / sum * Double(1 << Self.fractionBits)
        weights[firstWeight + index] = Int32(parts < 0 ? parts - 0.5 : parts + 0.5)
      }
      starts.append(start)
    }
    self.taps = taps
    self.starts = starts
    self.weights = weights
  }
}

extension PixelView {
  /// The picture at another size, antialiased: one pass along the rows, one along the columns.
  ///
  /// Each pass rounds to whole bytes, so their order shows in the last bit. It is Pillow 13's: rows first,
  /// unless the height shrinks by more than twice as many pixels as the width. Earlier versions of Pillow
  /// always took rows first.
  func filtered(height: Int, width: Int, _ filter: ResizeFilter) -> Photo {
    if height == self.height { return width == self.width ? copied : resizedRows(to: width, filter) }
    if width == self.width { return resizedColumns(to: height, filter) }
    if height < self.height && self.height - height > 2 * (self.width - width) {
      return resizedColumns(to: height, filter).withPixelView { $0.resizedRows(to: width, filter) }
    }
    return resizedRows(to: width, filter).withPixelView { $0.resizedColumns(to: height, filter) }
  }

  /// Every row resized to `width` pixels.
  private func resizedRows(to width: Int, _ filter: ResizeFilter) -> Photo {
    let plan = ResizeWeights(from: self.width, to: width, filter)
    let offsets = plan.starts.map { $0 * channels }
    return Photo(height: height, width: width, channels: channels) { output in
      plan.weights.withUnsafeBufferPointer { weights in
        guard var target = output.baseAddress, let input = pixels.baseAddress,
          let firstWeight = weights.baseAddress
        else { return }
        for row in 0..<height {
          let source = input + row * self.width * channels
          var weight = firstWeight
          for offset in offsets {
            if channels == 3 {
              Self.sumRGB(source + offset, weight, plan.taps, to: target)
            } else {
              Self.sumChannels(source + offset, weight, plan.taps, to: target, channels: channels)
            }
            weight += plan.taps
            target += channels
          }
        }
      }
    }
  }

  /// One new pixel of three channels.
  @inline(__always)
  private static func sumRGB(
    _ source: UnsafePointer<UInt8>, _ weights: UnsafePointer<Int32>, _ taps: Int,
    to target: UnsafeMutablePointer<UInt8>
  ) {
    var (red, green, blue) = (ResizeWeights.half, ResizeWeights.half, ResizeWeights.half)
    var position = source
    for index in 0..<taps {
      let weight = weights[index]
      red &+= Int32(position[0]) &* weight
      green &+= Int32(position[1]) &* weight
      blue &+= Int32(position[2]) &* weight
      position += 3
    }
    target[0] = rounded(red)
    target[1] = rounded(green)
    target[2] = rounded(blue)
  }

  /// One new pixel of any number of channels.
  @inline(__always)
  private static func sumChannels(
    _ source: UnsafePointer<UInt8>, _ weights: UnsafePointer<Int32>, _ taps: Int,
    to target: UnsafeMutablePointer<UInt8>, channels: Int
  ) {
    for channel in 0..<channels {
      var sum = ResizeWeights.half
      for index in 0..<taps { sum &+= Int32(source[index &* channels &+ channel]) &* weights[index] }
      target[channel] = rounded(sum)
    }
  }

  /// Every column resized to `height` pixels: whole rows are added up, which the compiler vectorises.
  private func resizedColumns(to height: Int, _ filter: ResizeFilter) -> Photo {
    let plan = ResizeWeights(from: self.height, to: height, filter)
    let stride = width * channels
    var sums = [Int32](repeating: 0, count: stride)
    return Photo(height: height, width: width, channels: channels) { output in
      sums.withUnsafeMutableBufferPointer { sums in
        guard let input = pixels.baseAddress, let result = output.baseAddress else { return }
        for target in 0..<height {
          sums.update(repeating: ResizeWeights.half)
          for index in 0..<plan.taps {
            let weight = plan.weights[target * plan.taps + index]
            let row = input + (plan.starts[target] + index) * stride
            for column in 0..<stride { sums[column] &+= Int32(row[column]) &* weight }
          }
          let row = result + target * stride
          for column in 0..<stride { row[column] = Self.rounded(sums[column]) }
        }
      }
    }
  }

  /// The fraction rounded away, clamped to a byte.
  @inline(__always)
  private static func rounded(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, sum >> ResizeWeights.fractionBits)))
  }
}
