import Foundation

/// How pictures `[N, H, W, C]` are brought to another size: `keras.ops.image.resize` in TensorFlow's arithmetic.
///
/// Every method is a weighted sum of a row's or a column's pixels, the same for all rows.
public struct Resampling: Hashable, Sendable {
  /// How a pixel follows from those around its place.
  public enum Interpolation: String, Hashable, Sendable, CaseIterable {
    /// The pixel it lies in.
    case nearest
    /// The two nearest of each axis, by distance.
    case bilinear
    /// The four nearest of each axis, by Keys's cubic with a = −0.5; the place is rounded to 1/1024 of a pixel.
    case bicubic
    /// The six nearest of each axis, by a windowed sinc.
    case lanczos3
    /// The ten nearest of each axis, by a windowed sinc.
    case lanczos5
  }

  /// How a pixel follows from those around its place.
  public var interpolation: Interpolation
  /// Whether a smaller picture is averaged over all the pixels that fall on one of its own; without effect on
  /// ``Interpolation/nearest``.
  public var isAntialiased: Bool
  /// Rows of the result, at least 1.
  public var height: Int
  /// Columns of the result, at least 1.
  public var width: Int

  /// Bilinear and without antialiasing unless said otherwise.
  public init(
    height: Int, width: Int, interpolation: Interpolation = .bilinear, isAntialiased: Bool = false
  ) {
    self.interpolation = interpolation
    self.isAntialiased = isAntialiased
    self.height = height
    self.width = width
  }

  /// A pixel that counts, and how much.
  package struct Tap: Hashable, Sendable {
    package let index: Int
    package let weight: Float
  }

  /// For each pixel of an axis of the result, those of the picture that it is the sum of.
  package func taps(from size: Int, to target: Int) -> [[Tap]] {
    if size == target { return (0..<size).map { [Tap(index: $0, weight: 1)] } }
    return switch interpolation {
    case .nearest: nearest(size, target)
    case .bilinear:
      isAntialiased ? scaled(size, target, radius: 1) { max(0, 1 - $0) } : bilinear(size, target)
    case .bicubic: isAntialiased ? scaled(size, target, radius: 2, cubic) : bicubic(size, target)
    case .lanczos3: scaled(size, target, radius: 3) { lanczos($0, radius: 3) }
    case .lanczos5: scaled(size, target, radius: 5) { lanczos($0, radius: 5) }
    }
  }

  /// The same the other way round: for each pixel of the picture, those of the result that it is part of.
  package func transposedTaps(from size: Int, to target: Int) -> [[Tap]] {
    var result = [[Tap]](repeating: [], count: size)
    for (place, taps) in taps(from: size, to: target).enumerated() {
      for tap in taps { result[tap.index].append(Tap(index: place, weight: tap.weight)) }
    }
    return result
  }

  /// Where the middle of a pixel lies in the picture, in its own pixels; TensorFlow computes it in 32 bits.
  private func places(_ size: Int, _ target: Int) -> [Float] {
    let scale = Float(size) / Float(target)
    return (0..<target).map { (Float($0) + 0.5) * scale }
  }

  private func nearest(_ size: Int, _ target: Int) -> [[Tap]] {
    places(size, target).map { [Tap(index: min(Int($0), size - 1), weight: 1)] }
  }

  private func bilinear(_ size: Int, _ target: Int) -> [[Tap]] {
    places(size, target).map { place in
      let place = place - 0.5
      let share = place - place.rounded(.down)
      let lower = max(0, Int(place.rounded(.down)))
      let upper = min(size - 1, Int(place.rounded(.up)))
      if lower == upper { return [Tap(index: lower, weight: 1)] }
      return [Tap(index: lower, weight: 1 - share), Tap(index: upper, weight: share)]
    }
  }

  private func bicubic(_ size: Int, _ target: Int) -> [[Tap]] {
    places(size, target).map { place in
      let place = place - 0.5
      let first = Int(place.rounded(.down))
      let share = Double(((place - place.rounded(.down)) * 1024).rounded(.toNearestOrEven)) / 1024
      let weights = [cubic(1 + share), cubic(share), cubic(1 - share), cubic(2 - share)]
      return normalized((first - 1...first + 2).filter { 0..<size ~= $0 }) { weights[$0 - first + 1] }
    }
  }

  /// By a function of the distance, which stretches where a picture becomes smaller and is antialiased.
  private func scaled(
    _ size: Int, _ target: Int, radius: Float, _ weight: (Double) -> Double
  ) -> [[Tap]] {
    let inverse = Float(size) / Float(target)
    let stretch = isAntialiased ? max(inverse, 1) : 1
    return places(size, target).map { place in
      let first = Int((place - radius * stretch - 0.5).rounded(.up))
      let last = Int((place + radius * stretch - 0.5).rounded(.down))
      let pixels = min(max(first, 0), size - 1)...min(max(last, 0), size - 1)
      return normalized(Array(pixels)) { weight(abs(Double((Float($0) + 0.5 - place) / stretch))) }
    }
  }

  /// Weights that sum to 1.
  private func normalized(_ pixels: [Int], _ weight: (Int) -> Double) -> [Tap] {
    let weights = pixels.map(weight)
    let sum = weights.reduce(0, +)
    return zip(pixels, weights).map { Tap(index: $0, weight: Float(sum == 0 ? 0 : $1 / sum)) }
  }

  /// Keys, "Cubic convolution interpolation for digital image processing", 1981.
  private func cubic(_ x: Double) -> Double {
    switch x {
    case ..<1: ((1.5 * x - 2.5) * x) * x + 1
    case ..<2: ((-0.5 * x + 2.5) * x - 4) * x + 2
    default: 0
    }
  }

  private func lanczos(_ x: Double, radius: Double) -> Double {
    if x > radius { return 0 }
    if x <= 1e-3 { return 1 }
    let angle = Double.pi * x
    return radius * sin(angle) * sin(angle / radius) / (angle * angle)
  }
}
