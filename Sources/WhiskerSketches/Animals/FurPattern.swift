import WhiskerTensors

/// Markings on the trunk, limbs and tail, painted over the coat's base colour.
struct FurPattern {
  var coat: Coat
  /// The head's radius in the picture.
  var unit: Double

  /// Paints the markings of one body part.
  func paint(_ part: BodyPart, on canvas: Canvas) {
    // Keyed by the kind and not by the order of painting: left and right legs match, as in life.
    var random = RandomStream(coat.markingKey.derived(UInt64(part.kind.number)))
    let color = coat.second.opacity(coat.contrast)
    let chain = part.chain
    switch coat.pattern {
    case .solid: break
    case .striped: stripes(chain, on: canvas, color, wholeWayRound: part.kind != .trunk, &random)
    case .patched: blobs(chain, on: canvas, color, count: 3, size: 0.5...1.0, &random)
    case .spotted: blobs(chain, on: canvas, color, count: 16, size: 0.1...0.22, &random)
    case .saddled:
      if part.kind == .trunk || part.kind == .tail { saddle(chain, on: canvas, color) }
    case .pointed:
      if part.kind != .trunk && part.kind != .thigh { points(chain, on: canvas) }
    }
    whiteMarks(part, on: canvas)
  }

  private func stripes(
    _ chain: Chain, on canvas: Canvas, _ color: Color, wholeWayRound: Bool, _ random: inout RandomStream
  ) {
    let spacing = random.between(0.3, 0.45) * unit
    let count = max(2, Int(chain.length / spacing))
    for index in 0..<count {
      let place = (Double(index) + random.between(0.2, 0.8)) / Double(count)
      let circle = chain.circle(at: place)
      let along = chain.direction(at: place)
      var across = along.perpendicular
      if across.y > 0 { across = -across }
      let start = circle.center + across * circle.radius * 1.05
      let end = circle.center - across * circle.radius * (wholeWayRound ? 1.05 : random.between(-0.1, 0.6))
      var path = Path()
      path.curve(
        from: start, bending: (start + end) / 2 + along * circle.radius * random.between(-0.5, 0.5), to: end)
      canvas.stroke(path, color, width: random.between(0.25, 0.5) * spacing)
    }
  }

  private func blobs(
    _ chain: Chain, on canvas: Canvas, _ color: Color, count: Int, size: ClosedRange<Double>,
    _ random: inout RandomStream
  ) {
    var path = Path()
    for _ in 0..<count {
      let circle = chain.circle(at: random.between(0, 1))
      let radius = random.between(size.lowerBound, size.upperBound) * max(circle.radius, 0.4 * unit)
      let center =
        circle.center + Point(angle: random.between(0, turn)) * circle.radius * random.between(0, 1)
      path.add(.blob(center: center, radius: radius, &random))
    }
    canvas.fill(path, color)
  }

  /// The upper half, from the back down.
  private func saddle(_ chain: Chain, on canvas: Canvas, _ color: Color) {
    let upper = Chain(
      chain.circles.dropLast(chain.circles.count > 2 ? 1 : 0).map { circle in
        Circle(circle.center - Point(0, circle.radius * 0.55), circle.radius * 0.95)
      })
    canvas.fill(upper.path, color)
  }

  /// Darker towards the end of a limb.
  private func points(_ chain: Chain, on canvas: Canvas) {
    let (start, end) = (chain.circle(at: 0.2).center, chain.circle(at: 1).center)
    canvas.cover(
      .linear(from: start, to: end, [coat.second.opacity(0), coat.second.opacity(coat.contrast)]))
  }

  private func whiteMarks(_ part: BodyPart, on canvas: Canvas) {
    let chain = part.chain
    switch part.kind {
    case .trunk where coat.whiteMarks.chest:
      let (neck, chest) = (chain.circle(at: 0.95), chain.circle(at: 0.66))
      let bib = Chain([
        Circle(neck.center + Point(0, neck.radius * 0.3), neck.radius * 0.6),
        Circle(chest.center + Point(0, chest.radius * 0.35), chest.radius * 0.55),
      ])
      canvas.fill(bib.path, coat.white)
    case .foreleg where coat.whiteMarks.paws, .hindleg where coat.whiteMarks.paws:
      let paws = Chain(chain.circles.suffix(2)).scaled(1.25)
      canvas.fill(paws.path, coat.white)
    case .tail where coat.whiteMarks.tailTip:
      canvas.fill(Chain(chain.circles.suffix(3)).scaled(1.3).path, coat.white)
    default: break
    }
  }
}

extension BodyPart.Kind {
  fileprivate var number: Int {
    switch self {
    case .trunk: 0
    case .foreleg: 1
    case .hindleg: 2
    case .thigh: 3
    case .tail: 4
    }
  }
}

extension Path {
  /// An uneven round shape.
  static func blob(center: Point, radius: Double, _ random: inout RandomStream) -> Path {
    let start = random.between(0, turn)
    let points = (0..<8).map { index in
      center + Point(angle: start + turn * Double(index) / 8) * radius * random.between(0.65, 1.15)
    }
    return Path(smooth: points)
  }
}
