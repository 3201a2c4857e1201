/// Circles strung on a line, each joined to the next by their hull: a limb, a tail, a trunk, a head.
struct Chain {
  var circles: [Circle]

  init(_ circles: [Circle]) {
    precondition(!circles.isEmpty, "a chain has at least one circle")
    self.circles = circles
  }

  /// The outline of the whole, to be filled (not stroked: it holds the inner outlines too).
  var path: Path {
    var path = Path()
    if circles.count == 1 { path.add(circles[0]) }
    for (first, second) in zip(circles, circles.dropFirst()) { path.addHull(of: first, second) }
    return path
  }

  var bounds: Rectangle {
    circles.dropFirst().reduce(Self.bounds(of: circles[0])) { $0.union(Self.bounds(of: $1)) }
  }

  /// The greatest radius.
  var girth: Double { circles.reduce(0) { max($0, $1.radius) } }

  /// The length of the line the circles are strung on.
  var length: Double {
    zip(circles, circles.dropFirst()).reduce(0) { $0 + ($1.1.center - $1.0.center).length }
  }

  /// The circle at a place in 0 … 1 along the line.
  func circle(at place: Double) -> Circle {
    let position = min(max(place, 0), 1) * Double(circles.count - 1)
    let index = min(Int(position), max(circles.count - 2, 0))
    guard circles.count > 1 else { return circles[0] }
    let (first, second) = (circles[index], circles[index + 1])
    let part = position - Double(index)
    return Circle(mix(first.center, second.center, part), mix(first.radius, second.radius, part))
  }

  /// The direction of the line at a place in 0 … 1 along it.
  func direction(at place: Double) -> Point {
    let step = 0.5 / Double(max(circles.count - 1, 1))
    return (circle(at: place + step).center - circle(at: place - step).center).normalized
  }

  /// The chain with every radius multiplied and every centre moved by a multiple of its radius.
  func scaled(_ factor: Double, shiftedBy shift: Point = Point(0, 0)) -> Chain {
    Chain(circles.map { Circle($0.center + shift * $0.radius, $0.radius * factor) })
  }

  private static func bounds(of circle: Circle) -> Rectangle {
    Rectangle(minimum: circle.center - circle.radius, maximum: circle.center + circle.radius)
  }
}
