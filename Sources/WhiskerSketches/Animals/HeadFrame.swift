/// Where the places of a turned head fall in the picture; lengths are in head radii.
struct HeadFrame {
  var center: Point
  var radius: Double
  var yaw: Double
  var pitch: Double
  var roll: Double

  /// A place on a head that looks at us, turned with the head.
  func turned(_ place: Vector) -> Vector {
    let seen = place.turned(by: yaw).nodded(by: pitch)
    let rolled = Point(seen.x, seen.y).rotated(by: roll)
    return Vector(rolled.x, rolled.y, seen.z)
  }

  func point(_ place: Vector) -> Point {
    let seen = turned(place)
    return center + Point(seen.x, seen.y) * radius
  }

  func circle(_ place: Vector, _ radius: Double) -> Circle { Circle(point(place), radius * self.radius) }

  /// How squarely a direction looks at the viewer: 1 straight, 0 sideways.
  func facing(_ direction: Vector) -> Double {
    turned(direction).z / (direction * direction).sum().squareRoot()
  }

  /// The place on a sphere of radius 1 at x and y.
  static func surface(_ x: Double, _ y: Double) -> Vector {
    Vector(x, y, max(0, 1 - x * x - y * y).squareRoot())
  }

  /// Draws in flat coordinates laid on the head at a place with a given outward direction, in head radii.
  func patch(on canvas: Canvas, at place: Vector, normal: Vector, _ body: () -> Void) {
    let length = (normal * normal).sum().squareRoot()
    let out = normal / length
    // To the right along the head, and down along it.
    let flat = max((out.x * out.x + out.z * out.z).squareRoot(), 1e-6)
    let right = Vector(out.z / flat, 0, -out.x / flat)
    let down = Vector(-out.y * out.x / flat, flat, -out.y * out.z / flat)
    let (x, y) = (turned(right), turned(down))
    canvas.placed(
      at: point(place), x: Point(x.x, x.y) * radius, y: Point(y.x, y.y) * radius, body)
  }
}
