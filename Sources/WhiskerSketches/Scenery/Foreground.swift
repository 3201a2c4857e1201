import WhiskerTensors

/// Things in front of the animal that hide part of it, drawn alike for every animal.
struct Foreground {
  private enum Thing {
    case grass, leaves, bars, board, ball, blanket
  }

  var random: RandomStream

  init(_ random: RandomStream) { self.random = random }

  mutating func paint(on canvas: Canvas) {
    guard random.chance(0.5) else { return }
    let color = Color(
      hue: random.between(0, 1), saturation: random.between(0.1, 0.6), value: random.between(0.25, 0.85))
    switch random.pick([Thing.grass, .leaves, .bars, .board, .ball, .blanket]) {
    case .grass: grass(canvas)
    case .leaves: leaves(canvas)
    case .bars: bars(canvas, color)
    case .board: board(canvas, color)
    case .ball: ball(canvas, color)
    case .blanket: blanket(canvas, color)
    }
  }

  private mutating func green() -> Color {
    Color(
      hue: random.between(0.16, 0.4), saturation: random.between(0.3, 0.7), value: random.between(0.2, 0.65))
  }

  private mutating func grass(_ canvas: Canvas) {
    let color = green()
    let height = random.between(0.1, 0.4)
    for tone in [color.darker(0.3), color, color.lighter(0.15)] {
      var path = Path()
      for _ in 0..<22 {
        let root = Point(random.between(0, 1), 1.02)
        let tip = root + Point(random.around(0, 0.07), -height * random.between(0.4, 1.1))
        path.curve(from: root, bending: Point(root.x, tip.y), to: tip)
      }
      canvas.stroke(path, tone, width: 0.011)
    }
  }

  private mutating func leaves(_ canvas: Canvas) {
    let corner = Point(random.chance(0.5) ? 0 : 1, random.between(0, 1))
    for _ in 0..<(6 + random.integer(below: 8)) {
      let center = corner + Point(random.around(0, 0.16), random.around(0, 0.2))
      let size = random.between(0.05, 0.1)
      canvas.fill(.ellipse(center, Point(size, size * 0.45), angle: random.between(0, turn)), green())
    }
  }

  private mutating func bars(_ canvas: Canvas, _ color: Color) {
    let (width, spacing) = (random.between(0.012, 0.035), random.between(0.16, 0.3))
    let lean = random.between(-0.06, 0.06)
    for x in stride(from: random.between(0, spacing), to: 1, by: spacing) {
      let bar = Path.line(Point(x, -0.05), Point(x + lean, 1.05))
      canvas.stroke(bar, color.darker(0.45), width: width)
      canvas.stroke(bar, color, width: width * 0.5)
    }
  }

  private mutating func board(_ canvas: Canvas, _ color: Color) {
    let top = random.between(0.68, 0.9)
    let lean = random.between(-0.08, 0.08)
    let outline = Path(lines: [Point(0, top - lean), Point(1, top + lean), Point(1, 1.1), Point(0, 1.1)])
    canvas.fill(
      outline, .linear(from: Point(0, top), to: Point(0, 1), [color.lighter(0.2), color, color.darker(0.3)]))
  }

  private mutating func ball(_ canvas: Canvas, _ color: Color) {
    let circle = Circle(
      Point(random.between(0.1, 0.9), random.between(0.6, 0.95)), random.between(0.06, 0.15))
    let shine = Circle(circle.center - circle.radius * 0.35, circle.radius * 1.6)
    canvas.fill(.circle(circle), .radial(shine, [color.lighter(0.4), color, color.darker(0.5)]))
  }

  private mutating func blanket(_ canvas: Canvas, _ color: Color) {
    let side = random.sign()
    let reach = random.between(0.2, 0.4)
    let points = (0..<6).map { index in
      Point(Double(index) / 5 * reach * 1.6, 1 - reach + Double(index) / 5 * reach + random.around(0, 0.03))
    }
    let edge = points.map { Point(side > 0 ? $0.x : 1 - $0.x, $0.y) }
    let corner = Point(side > 0 ? -0.1 : 1.1, 1.2)
    let outline = Path(smooth: [Point(corner.x, edge[0].y)] + edge + [Point(edge[5].x, 1.2), corner])
    canvas.fill(outline, .linear(from: edge[0], to: corner, [color.lighter(0.1), color.darker(0.35)]))
    canvas.stroke(outline, color.darker(0.35), width: 0.012)
  }
}
