import WhiskerTensors

/// Paints what lies behind the animal, drawn alike for every animal.
struct Background {
  private enum Place {
    case room, garden, sofa, lights, wall
  }

  var random: RandomStream

  init(_ random: RandomStream) { self.random = random }

  /// Paints a scene that fills the canvas.
  mutating func paint(on canvas: Canvas) {
    switch random.pick([
      (Place.room, weight: 3.0), (.garden, weight: 3), (.sofa, weight: 2), (.lights, weight: 1),
      (.wall, weight: 1.5),
    ]) {
    case .room: room(canvas)
    case .garden: garden(canvas)
    case .sofa: sofa(canvas)
    case .lights: lights(canvas)
    case .wall: wall(canvas)
    }
    canvas.blur(radius: random.pick([0, random.between(0, 0.012), random.between(0.01, 0.04)]))
  }

  private mutating func anyColor(saturation: ClosedRange<Double> = 0.05...0.5) -> Color {
    Color(
      hue: random.between(0, 1), saturation: random.between(saturation.lowerBound, saturation.upperBound),
      value: random.between(0.35, 0.98))
  }

  /// Browns, greys and creams: floors, furniture and walls that fur can hide in.
  private mutating func earthColor() -> Color {
    Color(
      hue: random.between(0.04, 0.12), saturation: random.between(0.05, 0.55),
      value: random.between(0.3, 0.95))
  }

  private func all() -> Rectangle { Rectangle(minimum: Point(0, 0), maximum: Point(1, 1)) }

  private mutating func room(_ canvas: Canvas) {
    let wall = random.chance(0.5) ? anyColor(saturation: 0.05...0.3) : earthColor()
    let horizon = random.between(0.4, 0.75)
    canvas.cover(.linear(from: Point(0, 0), to: Point(1, 1), [wall.lighter(0.12), wall.darker(0.15)]))
    if random.chance(0.4) { bands(canvas, wall, below: horizon) }
    for _ in 0..<random.integer(below: 3) { picture(canvas, above: horizon) }
    floor(canvas, from: horizon)
    for _ in 0..<(2 + random.integer(below: 5)) {
      furniture(canvas, at: Point(random.between(0, 1), horizon + random.between(-0.05, 0.15)))
    }
    for _ in 0..<random.integer(below: 5) { toy(canvas, below: horizon) }
  }

  private mutating func bands(_ canvas: Canvas, _ color: Color, below horizon: Double) {
    let width = random.between(0.03, 0.1)
    var path = Path()
    for x in stride(from: random.between(0, width), to: 1, by: 2 * width) {
      path.add(.rectangle(Rectangle(minimum: Point(x, 0), maximum: Point(x + width, horizon))))
    }
    canvas.fill(path, color.darker(random.between(0.05, 0.3)))
  }

  private mutating func floor(_ canvas: Canvas, from horizon: Double) {
    let color = earthColor()
    let ground = Rectangle(minimum: Point(0, horizon), maximum: Point(1, 1))
    canvas.fill(
      .rectangle(ground),
      .linear(from: Point(0, horizon), to: Point(0, 1), [color.darker(0.25), color, color.lighter(0.08)]))
    var joints = Path()
    let vanishing = Point(random.between(0.2, 0.8), horizon - 0.3)
    for index in -6...16 {
      let foot = Point(Double(index) * 0.12 - 0.1, 1)
      joints.move(to: mix(vanishing, foot, 0.3 / (1.3 - horizon)))
      joints.line(to: foot)
    }
    if random.chance(0.6) {
      canvas.clipped(to: .rectangle(ground)) {
        canvas.stroke(joints, color.darker(0.35).opacity(0.6), width: 0.006)
      }
    }
    if random.chance(0.5) {
      let rug = anyColor()
      let center = Point(random.between(0.2, 0.8), random.between(horizon + 0.1, 1))
      for (index, scale) in [1, 0.85, 0.6].enumerated() {
        canvas.fill(
          .ellipse(center, Point(0.45, 0.16) * scale), index == 1 ? rug.lighter(0.25) : rug.darker(0.1))
      }
    }
  }

  private mutating func picture(_ canvas: Canvas, above horizon: Double) {
    let low = Point(random.between(0, 0.8), random.between(0, max(horizon - 0.25, 0.05)))
    let frame = Rectangle(
      minimum: low, maximum: low + Point(random.between(0.1, 0.3), random.between(0.1, 0.25)))
    canvas.fill(.rectangle(frame.grown(by: 0.015)), earthColor().darker(0.3))
    canvas.fill(.rectangle(frame), .linear(from: frame.minimum, to: frame.maximum, [anyColor(), anyColor()]))
  }

  private mutating func furniture(_ canvas: Canvas, at foot: Point) {
    let color = random.chance(0.5) ? earthColor() : anyColor()
    let size = Point(random.between(0.1, 0.4), random.between(0.1, 0.5))
    let box = Rectangle(minimum: foot - Point(size.x / 2, size.y), maximum: foot + Point(size.x / 2, 0))
    if random.chance(0.5) {
      canvas.fill(
        .rectangle(box),
        .linear(from: box.minimum, to: box.maximum, [color.lighter(0.15), color.darker(0.3)]))
      var edges = Path()
      for part in 1...2 {
        let y = mix(box.minimum.y, box.maximum.y, Double(part) / 3)
        edges.add(.line(Point(box.minimum.x, y), Point(box.maximum.x, y)))
      }
      canvas.stroke(edges, color.darker(0.5), width: 0.006)
    } else {
      let leaf = Color(hue: random.between(0.2, 0.42), saturation: 0.5, value: random.between(0.25, 0.6))
      var path = Path()
      for _ in 0..<14 {
        let tip = foot + Point(random.around(0, 0.14), -random.between(0.1, 0.45))
        path.curve(from: foot, bending: Point(foot.x, tip.y), to: tip)
      }
      canvas.stroke(path, leaf, width: 0.02)
      canvas.fill(
        .rectangle(Rectangle(minimum: foot - Point(0.06, 0.05), maximum: foot + Point(0.06, 0.06))), color)
    }
  }

  private mutating func toy(_ canvas: Canvas, below horizon: Double) {
    let circle = Circle(Point(random.between(0, 1), random.between(horizon, 1)), random.between(0.03, 0.09))
    let color = anyColor(saturation: 0.3...0.8)
    canvas.fill(
      .circle(circle),
      .radial(
        Circle(circle.center - circle.radius * 0.3, circle.radius * 1.6),
        [color.lighter(0.4), color, color.darker(0.5)]))
  }

  private mutating func garden(_ canvas: Canvas) {
    let horizon = random.between(0.25, 0.6)
    let sky = Color(
      hue: random.between(0.5, 0.62), saturation: random.between(0.1, 0.45), value: random.between(0.6, 0.95))
    canvas.cover(.linear(from: Point(0, 0), to: Point(0, 1), [sky, sky.lighter(0.35)]))
    for _ in 0..<(8 + random.integer(below: 14)) {
      let green = Color(
        hue: random.between(0.16, 0.4), saturation: random.between(0.2, 0.6), value: random.between(0.25, 0.7)
      )
      let center = Point(random.between(-0.1, 1.1), horizon - random.between(-0.05, 0.35))
      canvas.fill(.blob(center: center, radius: random.between(0.08, 0.25), &random), green)
    }
    let grass = Color(
      hue: random.between(0.12, 0.34), saturation: random.between(0.25, 0.6), value: random.between(0.4, 0.85)
    )
    canvas.fill(
      .rectangle(Rectangle(minimum: Point(0, horizon), maximum: Point(1, 1))),
      .linear(from: Point(0, horizon), to: Point(0, 1), [grass.darker(0.35), grass]))
    for tone in [grass.darker(0.35), grass.lighter(0.2), grass.darker(0.15)] {
      var blades = Path()
      for _ in 0..<90 {
        let root = Point(random.between(0, 1), random.between(horizon, 1.05))
        blades.move(to: root)
        blades.line(to: root + Point(random.around(0, 0.015), -random.between(0.02, 0.09) * (0.4 + root.y)))
      }
      canvas.stroke(blades, tone.opacity(0.8), width: 0.006)
    }
    if random.chance(0.4) { fence(canvas, at: horizon) }
    for _ in 0..<random.integer(below: 12) {
      let center = Point(random.between(0, 1), random.between(horizon, 1))
      canvas.fill(.circle(Circle(center, random.between(0.008, 0.022))), anyColor(saturation: 0.2...0.9))
    }
  }

  private mutating func fence(_ canvas: Canvas, at horizon: Double) {
    let color = earthColor()
    let (width, top) = (random.between(0.04, 0.09), horizon - random.between(0.1, 0.3))
    for x in stride(from: random.between(-0.1, 0), to: 1, by: width * 1.25) {
      canvas.fill(
        Path(lines: [
          Point(x, horizon + 0.08), Point(x, top), Point(x + width / 2, top - width * 0.6),
          Point(x + width, top),
          Point(x + width, horizon + 0.08),
        ]), color.varied(by: 0.05, &random))
    }
  }

  private mutating func sofa(_ canvas: Canvas) {
    let cloth = random.chance(0.5) ? earthColor() : anyColor()
    canvas.cover(
      .linear(
        from: Point(0, 0), to: Point(random.between(-0.5, 0.5), 1), [cloth.lighter(0.15), cloth.darker(0.25)])
    )
    if random.chance(0.5) { plaid(canvas, cloth) }
    for _ in 0..<(2 + random.integer(below: 4)) {
      let color = random.chance(0.5) ? earthColor() : anyColor()
      let center = Point(random.between(0, 1), random.between(0.1, 0.8))
      let (radius, lean) = (random.between(0.14, 0.3), random.between(-0.5, 0.5))
      let corners = [
        Point(-1, -0.9), Point(0, -0.75), Point(1, -0.9), Point(0.85, 0), Point(1, 0.9), Point(0, 0.75),
        Point(-1, 0.9), Point(-0.85, 0),
      ]
      let outline = Path(smooth: corners.map { center + ($0 * radius).rotated(by: lean) })
      canvas.fill(
        outline,
        .radial(Circle(center - radius * 0.3, radius * 1.6), [color.lighter(0.2), color, color.darker(0.45)]))
      canvas.stroke(outline, color.darker(0.4), width: 0.008)
    }
    var folds = Path()
    for _ in 0..<8 {
      let start = Point(random.between(0, 1), random.between(0.4, 1))
      folds.curve(
        from: start, bending: start + random.around(0, 0.15),
        to: start + Point(random.around(0, 0.3), random.around(0, 0.15)))
    }
    canvas.stroke(folds, cloth.darker(0.45).opacity(0.6), width: 0.012)
  }

  private mutating func plaid(_ canvas: Canvas, _ cloth: Color) {
    let (color, width) = (anyColor(), random.between(0.02, 0.06))
    let lean = random.between(-0.6, 0.6)
    for direction in [lean, lean + turn / 4] {
      var path = Path()
      for offset in stride(from: -1.0, to: 1, by: width * 3.2) {
        let middle = Point(0.5, 0.5) + Point(angle: direction).perpendicular * offset
        path.add(.line(middle - Point(angle: direction) * 1.5, middle + Point(angle: direction) * 1.5))
      }
      canvas.stroke(path, color.opacity(0.4), width: width)
    }
  }

  private mutating func lights(_ canvas: Canvas) {
    let color = anyColor()
    canvas.cover(.linear(from: Point(0, 0), to: Point(1, 1), [color.darker(0.5), color]))
    for _ in 0..<40 {
      let circle = Circle(random.point(in: all()), random.between(0.03, 0.12))
      canvas.fill(.circle(circle), anyColor(saturation: 0.1...0.7).opacity(random.between(0.1, 0.5)))
    }
  }

  private mutating func wall(_ canvas: Canvas) {
    let color = earthColor()
    canvas.cover(.color(color.darker(0.4)))
    let (width, height) = (random.between(0.1, 0.25), random.between(0.05, 0.14))
    for (row, y) in stride(from: 0.0, to: 1, by: height).enumerated() {
      for x in stride(from: row.isMultiple(of: 2) ? 0 : -width / 2, to: 1, by: width) {
        let brick = Rectangle(minimum: Point(x, y), maximum: Point(x + width, y + height)).grown(by: -0.006)
        canvas.fill(.rectangle(brick), color.varied(by: 0.08, &random))
      }
    }
    if random.chance(0.7) { floor(canvas, from: random.between(0.6, 0.85)) }
    for _ in 0..<random.integer(below: 3) {
      furniture(canvas, at: Point(random.between(0, 1), random.between(0.7, 1)))
    }
  }
}
