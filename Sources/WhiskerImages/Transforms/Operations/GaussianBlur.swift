#if canImport(Glibc)
  import Glibc
#else
  import Foundation
#endif

extension MutablePixelView {
  /// The largest standard deviation of a blur, in pixels.
  private static var largestSigma: Float { 1000 }

  /// Blurs along the rows, then along the columns, in Float, and rounds once.
  func blur(sigma: Float, scratch: inout PixelScratch) {
    precondition(
      sigma >= 0 && sigma <= Self.largestSigma,
      "expected a standard deviation of 0 to \(Self.largestSigma) pixels, got \(sigma)")
    let radius = Int(3 * sigma + 0.5)
    guard radius > 0, let target = bytes.baseAddress else { return }
    let (taps, stride) = (2 * radius + 1, width * channels)
    let weights = scratch.floats(taps + 2 * radius * channels + 2 * stride + height * stride)
    let padded = weights + taps
    let sums = padded + 2 * radius * channels + stride
    let blurredRows = sums + stride
    Self.writeWeights(sigma: sigma, radius: radius, into: weights)

    let columns = SourceAxis(count: width, fill: .reflect)
    for row in 0..<height {
      let source = target + row * stride
      for column in -radius..<(width + radius) {
        let (from, to) = (columns.pixel(column) * channels, (column + radius) * channels)
        for channel in 0..<channels { padded[to + channel] = Float(source[from + channel]) }
      }
      let line = blurredRows + row * stride
      line.update(repeating: 0, count: stride)
      for tap in 0..<taps { Self.add(padded + tap * channels, times: weights[tap], to: line, count: stride) }
    }

    let rows = SourceAxis(count: height, fill: .reflect)
    for row in 0..<height {
      sums.update(repeating: 0.5, count: stride)
      for tap in 0..<taps {
        let line = blurredRows + rows.pixel(row + tap - radius) * stride
        Self.add(line, times: weights[tap], to: sums, count: stride)
      }
      let line = target + row * stride
      for index in 0..<stride { line[index] = sums[index].truncatedToByte }
    }
  }

  /// The normal distribution at −radius … radius, divided by its sum.
  private static func writeWeights(sigma: Float, radius: Int, into weights: UnsafeMutablePointer<Float>) {
    func bell(_ offset: Int) -> Double {
      exp(-0.5 * Double(offset * offset) / (Double(sigma) * Double(sigma)))
    }
    let sum = (-radius...radius).reduce(0) { $0 + bell($1) }
    for offset in -radius...radius { weights[offset + radius] = Float(bell(offset) / sum) }
  }

  private static func add(
    _ values: UnsafePointer<Float>, times weight: Float, to sums: UnsafeMutablePointer<Float>, count: Int
  ) {
    for index in 0..<count { sums[index] += values[index] * weight }
  }
}
