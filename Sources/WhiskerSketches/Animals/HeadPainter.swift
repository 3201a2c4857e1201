import WhiskerTensors

/// Paints a head: skull, ears, muzzle and face, in the order of their distance.
struct HeadPainter {
  var canvas: Canvas
  var coat: Coat
  var light: Light
  var traits: HeadTraits
  var frame: HeadFrame

  func paint(random: RandomStream) {
    var fur = FurPainter(canvas: canvas, coat: coat, light: light, unit: frame.radius, random: random)
    let ears = EarPainter(canvas: canvas, coat: coat, light: light, traits: traits, frame: frame)
    let face = FacePainter(canvas: canvas, coat: coat, light: light, traits: traits, frame: frame)
    let muzzle = MuzzlePainter(coat: coat, traits: traits, frame: frame, face: face)
    let far: Double = frame.yaw > 0 ? 1 : -1
    // A muzzle turned aside hides part of the eye behind it.
    let isTurned = abs(frame.yaw) > 0.3

    for side in [far, -far] where isBehind(side, far: isTurned ? far : 0) {
      ears.paint(side: side, &fur.random)
    }
    fur.paint(skull, base: coat.base, hairs: 1.3) { markings(on: $0) }
    face.eye(side: far)
    if !isTurned { face.eye(side: -far) }
    muzzle.paint(&fur)
    if isTurned { face.eye(side: -far) }
    for side in [far, -far] where !isBehind(side, far: isTurned ? far : 0) {
      ears.paint(side: side, &fur.random)
    }
    face.whiskers(&fur.random)
  }

  /// Whether the ear of a side lies behind the skull; `far` is the side turned away, 0 for none.
  private func isBehind(_ side: Double, far: Double) -> Bool {
    switch traits.ear {
    case .pricked, .tipped: true
    case .hanging: side == far
    case .folded: false
    }
  }

  /// Skull, cheeks and jaw.
  private var skull: Chain {
    let (w, c) = (traits.skullWidth, traits.cheeks)
    return Chain([
      frame.circle(Vector(-0.48 * w, 0.2, 0.1), c), frame.circle(Vector(-0.12 * w, -0.12, 0), 0.86),
      frame.circle(Vector(0.12 * w, -0.12, 0), 0.86), frame.circle(Vector(0.48 * w, 0.2, 0.1), c),
      frame.circle(Vector(0, 0.42, 0.3), 0.45), frame.circle(Vector(-0.48 * w, 0.2, 0.1), c),
    ])
  }

  private func markings(on canvas: Canvas) {
    var random = RandomStream(coat.markingKey.derived("head"))
    let color = coat.second.opacity(coat.contrast)
    switch coat.pattern {
    case .solid: break
    case .striped: stripes(on: canvas, color)
    case .patched:
      let side = random.sign()
      let center = frame.point(.init(0.5 * side, random.between(-0.5, 0), 0.8))
      canvas.fill(.blob(center: center, radius: frame.radius * random.between(0.5, 0.8), &random), color)
    case .spotted:
      for _ in 0..<8 {
        let place = HeadFrame.surface(random.between(-0.75, 0.75), random.between(-0.8, -0.2))
        let radius = frame.radius * random.between(0.06, 0.13)
        canvas.fill(.blob(center: frame.point(place), radius: radius, &random), color)
      }
    case .saddled:
      let crown = frame.circle(Vector(0, -0.75, 0.2), 0.72)
      canvas.fill(.circle(crown), .radial(crown, [color, color, color.opacity(0)]))
    case .pointed:
      let mask = frame.circle(Vector(0, 0.25, 0.85), 0.75)
      canvas.fill(
        .circle(mask), .radial(mask, [color, color.opacity(0.7 * coat.contrast), color.opacity(0)]))
    }
    if coat.whiteMarks.blaze {
      let blaze = Chain([
        frame.circle(Vector(0, -0.75, 0.65), 0.07), frame.circle(Vector(0, -0.2, 0.95), 0.13),
        frame.circle(Vector(0, 0.3, 0.95), 0.36),
      ])
      canvas.fill(blaze.path, coat.white)
    }
  }

  private func stripes(on canvas: Canvas, _ color: Color) {
    for x in [-0.34, -0.12, 0.12, 0.34] {
      var path = Path()
      path.curve(
        from: frame.point(HeadFrame.surface(x * 0.9, -0.42)),
        bending: frame.point(HeadFrame.surface(x, -0.65)), to: frame.point(Vector(x * 1.3, -0.95, 0.1)))
      canvas.stroke(path, color, width: 0.1 * frame.radius)
    }
    for side in [-1.0, 1.0] {
      for (y, drop) in [(0.02, 0.02), (0.22, 0.1)] {
        var path = Path()
        path.curve(
          from: frame.point(HeadFrame.surface(side * 0.66, y)),
          bending: frame.point(HeadFrame.surface(side * 0.85, y + drop)),
          to: frame.point(Vector(side * 1.1, y + 2 * drop, 0)))
        canvas.stroke(path, color, width: 0.08 * frame.radius)
      }
    }
  }
}
