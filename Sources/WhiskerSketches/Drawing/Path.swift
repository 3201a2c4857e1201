/// A shape's outline, as a value.
struct Path {
  enum Step {
    case move(Point)
    case line(Point)
    case curve(Point, Point, Point)
    case arc(Circle, from: Double, to: Double)
    case close
  }

  private(set) var steps: [Step] = []

  init() {}

  /// Straight lines through points.
  init(lines points: [Point], closed: Bool = true) {
    for (index, point) in points.enumerated() { steps.append(index == 0 ? .move(point) : .line(point)) }
    if closed { steps.append(.close) }
  }

  /// A smooth curve through points (Catmull and Rom).
  init(smooth points: [Point], closed: Bool = true) {
    precondition(points.count > 2, "a smooth curve needs three points, got \(points.count)")
    let count = points.count
    func point(_ index: Int) -> Point {
      closed ? points[(index + count) % count] : points[min(max(index, 0), count - 1)]
    }
    steps.append(.move(points[0]))
    for index in 0..<(closed ? count : count - 1) {
      let (start, end) = (point(index), point(index + 1))
      steps.append(
        .curve(start + (end - point(index - 1)) / 6, end - (point(index + 2) - start) / 6, end))
    }
    if closed { steps.append(.close) }
  }

  static func circle(_ circle: Circle) -> Path {
    var path = Path()
    path.add(circle)
    return path
  }

  static func ellipse(_ center: Point, _ radii: Point, angle: Double = 0) -> Path {
    let points = (0..<12).map { index in
      center + (Point(angle: turn * Double(index) / 12) * radii).rotated(by: angle)
    }
    return Path(smooth: points)
  }

  static func rectangle(_ rectangle: Rectangle) -> Path {
    let (low, high) = (rectangle.minimum, rectangle.maximum)
    return Path(lines: [low, Point(high.x, low.y), high, Point(low.x, high.y)])
  }

  static func line(_ start: Point, _ end: Point) -> Path { Path(lines: [start, end], closed: false) }

  mutating func add(_ circle: Circle) {
    steps.append(.move(circle.center + Point(circle.radius, 0)))
    steps.append(.arc(circle, from: 0, to: turn))
    steps.append(.close)
  }

  mutating func add(_ path: Path) { steps += path.steps }

  mutating func move(to point: Point) { steps.append(.move(point)) }

  mutating func line(to point: Point) { steps.append(.line(point)) }

  /// A curve that bends towards `control`.
  mutating func curve(from start: Point, bending control: Point, to end: Point) {
    steps.append(.move(start))
    steps.append(.curve(mix(start, control, 2.0 / 3), mix(end, control, 2.0 / 3), end))
  }

  /// A tapered hair.
  mutating func addHair(from root: Point, to tip: Point, width: Double) {
    let side = (tip - root).normalized.perpendicular * (width / 2)
    steps += [.move(root + side), .line(tip), .line(root - side), .close]
  }

  /// The hull of two circles.
  mutating func addHull(of first: Circle, _ second: Circle) {
    let axis = second.center - first.center
    let distance = axis.length
    guard distance > abs(first.radius - second.radius) else {
      add(first.radius > second.radius ? first : second)
      return
    }
    let direction = angle(of: axis)
    let opening = arcCosine((first.radius - second.radius) / distance)
    steps.append(.move(first.center + Point(angle: direction + opening) * first.radius))
    steps.append(.arc(first, from: direction + opening, to: direction + turn - opening))
    steps.append(.arc(second, from: direction - opening, to: direction + opening))
    steps.append(.close)
  }
}
