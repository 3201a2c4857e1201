#if canImport(Glibc)
  import Glibc
#else
  import Foundation
#endif

/// A linear change of colours: `output = matrix · (red, green, blue) + offset`, on values of 0…255.
///
/// A gray value v counts as the colour (v, v, v), and the first row of the result is taken.
/// Nothing is clamped between the steps of a composed map, only after the last.
public struct ColorMap: Hashable, Sendable {
  /// The factors of red, green and blue in the new red.
  public var red: SIMD3<Float>
  /// The factors of red, green and blue in the new green.
  public var green: SIMD3<Float>
  /// The factors of red, green and blue in the new blue.
  public var blue: SIMD3<Float>
  /// What is added to each channel.
  public var offset: SIMD3<Float>

  /// A map of the three rows of a matrix and an offset.
  public init(red: SIMD3<Float>, green: SIMD3<Float>, blue: SIMD3<Float>, offset: SIMD3<Float> = .zero) {
    self.red = red
    self.green = green
    self.blue = blue
    self.offset = offset
  }

  /// The parts of red, green and blue in a colour's luma (ITU-R BT.601), as Pillow takes them.
  public static let luma = SIMD3<Float>(0.299, 0.587, 0.114)

  /// Every colour remains.
  public static let identity = ColorMap(red: [1, 0, 0], green: [0, 1, 0], blue: [0, 0, 1])

  /// Every channel becomes the luma.
  public static let grayscale = ColorMap(red: luma, green: luma, blue: luma)

  /// Every channel times a factor: 0 is black, 1 changes nothing.
  public static func brightness(_ factor: Float) -> ColorMap {
    ColorMap(red: [factor, 0, 0], green: [0, factor, 0], blue: [0, 0, factor])
  }

  /// `mean + (colour − mean) · factor`: 0 is plain gray, 1 changes nothing.
  ///
  /// - Parameters:
  ///   - factor: The new contrast as a multiple of the old.
  ///   - mean: The level that stays; Pillow and torchvision take the photo's mean luma.
  public static func contrast(_ factor: Float, mean: Float) -> ColorMap {
    var map = brightness(factor)
    map.offset = SIMD3(repeating: mean * (1 - factor))
    return map
  }

  /// `luma + (colour − luma) · factor`: 0 is gray, 1 changes nothing.
  public static func saturation(_ factor: Float) -> ColorMap {
    let rest = luma * (1 - factor)
    return ColorMap(
      red: rest + [factor, 0, 0], green: rest + [0, factor, 0], blue: rest + [0, 0, factor])
  }

  /// Hues turned by an angle, the luma staying: a rotation of the chroma (U, V), U = 0.492·(blue − luma) and V =
  /// 0.877·(red − luma).
  ///
  /// A positive angle leads from red over yellow to green. It takes the place of torchvision's turn in HSV, which
  /// is not linear and changes the luma.
  public static func hue(degrees: Float) -> ColorMap {
    let angle = degrees * .pi / 180
    let (cosine, sine) = (cos(angle), sin(angle))
    let u = (SIMD3(0, 0, 1) - luma) * 0.492
    let v = (SIMD3(1, 0, 0) - luma) * 0.877
    let red = (u * sine + v * cosine) / 0.877
    let blue = (u * cosine - v * sine) / 0.492
    // What keeps the luma of the three together at 0.
    let green = (red * luma.x + blue * luma.z) / -luma.y
    return ColorMap(red: luma + red, green: luma + green, blue: luma + blue)
  }

  /// A number added to each channel.
  public static func channelOffsets(_ offsets: SIMD3<Float>) -> ColorMap {
    var map = identity
    map.offset = offsets
    return map
  }

  /// The map `colour ↦ self(inner(colour))`: `inner` happens first.
  public func composed(with inner: ColorMap) -> ColorMap {
    func row(_ factors: SIMD3<Float>) -> SIMD3<Float> {
      inner.red * factors.x + inner.green * factors.y + inner.blue * factors.z
    }
    return ColorMap(
      red: row(red), green: row(green), blue: row(blue), offset: linear(inner.offset) + offset)
  }

  /// A colour's new one, unclamped.
  public func callAsFunction(_ color: SIMD3<Float>) -> SIMD3<Float> { linear(color) + offset }

  private func linear(_ color: SIMD3<Float>) -> SIMD3<Float> {
    SIMD3((red * color).sum(), (green * color).sum(), (blue * color).sum())
  }
}
