/// A place in a picture: x to the right, y down, both in units of the picture's side.
typealias Point = SIMD2<Double>

/// A place in an animal's own space: x to the right, y down, z towards the viewer.
typealias Vector = SIMD3<Double>

/// A whole turn in radians.
let turn = 2 * Double.pi

extension SIMD2<Double> {
  /// The unit vector of an angle, clockwise from the x axis.
  init(angle: Double) { self.init(cosine(angle), sine(angle)) }

  var length: Double { (self * self).sum().squareRoot() }

  /// The vector of the same direction and length 1, or none for a vector of length 0.
  var normalized: Point { length > 1e-9 ? self / length : Point(0, 0) }

  /// The vector turned a quarter clockwise.
  var perpendicular: Point { Point(-y, x) }

  func rotated(by angle: Double) -> Point {
    let (c, s) = (cosine(angle), sine(angle))
    return Point(x * c - y * s, x * s + y * c)
  }
}

extension SIMD3<Double> {
  /// The vector turned about the vertical axis, so that positive angles turn what faces us to the right.
  func turned(by yaw: Double) -> Vector {
    let (c, s) = (cosine(yaw), sine(yaw))
    return Vector(x * c + z * s, y, z * c - x * s)
  }

  /// The vector nodded about the horizontal axis, so that positive angles turn what faces us down.
  func nodded(by pitch: Double) -> Vector {
    let (c, s) = (cosine(pitch), sine(pitch))
    return Vector(x, y * c + z * s, z * c - y * s)
  }
}

/// The mixture `a(1 − t) + bt`.
func mix(_ a: Double, _ b: Double, _ t: Double) -> Double { a + (b - a) * t }

/// The mixture `a(1 − t) + bt`.
func mix(_ a: Point, _ b: Point, _ t: Double) -> Point { a + (b - a) * t }

/// A circle, the bead that bodies are strung from.
struct Circle: Hashable {
  var center: Point
  var radius: Double

  init(_ center: Point, _ radius: Double) {
    self.center = center
    self.radius = radius
  }
}

/// An upright rectangle.
struct Rectangle: Hashable {
  var minimum: Point
  var maximum: Point

  var size: Point { maximum - minimum }
  var center: Point { (minimum + maximum) / 2 }

  func grown(by margin: Double) -> Rectangle {
    Rectangle(minimum: minimum - margin, maximum: maximum + margin)
  }

  func union(_ other: Rectangle) -> Rectangle {
    Rectangle(
      minimum: pointwiseMin(minimum, other.minimum), maximum: pointwiseMax(maximum, other.maximum))
  }
}
