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
    let hangs = traits.ear == .hanging
    let far: Double = frame.yaw > 0 ? 1 : -1
    for side in [far, -far] where !hangs || (side == far && abs(frame.yaw) > 0.35) {
      ears.paint(side: side, &fur.random)
    }
    fur.paint(skull, base: coat.base, hairs: 1.3) { markings(on: $0) }
    // A muzzle turned aside hides part of the eye behind it.
    if abs(frame.yaw) > 0.25 { face.eye(side: far) } else { face.eye(side: far); face.eye(side: -far) }
    muzzle(&fur, face)
    if abs(frame.yaw) > 0.25 { face.eye(side: -far) }
    for side in [far, -far] where hangs && !(side == far && abs(frame.yaw) > 0.35) {
      ears.paint(side: side, &fur.random)
    }
    if traits.ear == .folded { for side in [far, -far] { ears.paint(side: side, &fur.random) } }
    face.whiskers(&fur.random)
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

  private func muzzle(_ fur: inout FurPainter, _ face: FacePainter) {
    let (length, width, drop) = (traits.muzzleLength, traits.muzzleWidth, traits.muzzleDrop)
    let light = coat.whiteMarks.muzzle ? coat.white : muzzleColor
    let open = traits.mouthOpen * 0.3
    switch traits.animal {
    case .cat:
      let z = 0.72 + length
      fur.paint(
        Chain([frame.circle(Vector(0, 0.6 + open * 0.5, z - 0.12), 0.2 * width)]), base: light, fluff: 0.4)
      if traits.mouthOpen > 0 { face.openMouth(at: Vector(0, 0.56, z)) }
      let pads = Chain([
        frame.circle(Vector(-0.19 * width, 0.42 + drop, z), 0.23 * width),
        frame.circle(Vector(0, 0.28 + drop, z + 0.02), 0.17 * width),
        frame.circle(Vector(0.19 * width, 0.42 + drop, z), 0.23 * width),
      ])
      fur.paint(pads, base: light, fluff: 0.4, shade: 0.6, hairs: 0.5)
      face.nose(at: Vector(0, 0.27 + drop, z + 0.2))
      face.mouth(below: Vector(0, 0.34 + drop, z + 0.22))
    case .dog:
      let z = 0.7 + length
      let jaw = Chain([
        frame.circle(Vector(0, 0.5 + open * 0.4, 0.4), 0.3 * width),
        frame.circle(Vector(0, 0.6 + drop + open, z - 0.15), 0.22 * width),
      ])
      fur.paint(jaw, base: light.darker(0.1), fluff: 0.5)
      if traits.mouthOpen > 0 { face.openMouth(at: Vector(0, 0.56 + drop, z - 0.02)) }
      let bridge = Chain([
        frame.circle(Vector(0, 0.22, 0.55), 0.36 * width),
        frame.circle(Vector(0, 0.32 + drop, z), 0.3 * width),
        frame.circle(Vector(-0.13 * width, 0.46 + drop, z - 0.04), 0.24 * width),
        frame.circle(Vector(0.13 * width, 0.46 + drop, z - 0.04), 0.24 * width),
        frame.circle(Vector(0, 0.32 + drop, z), 0.3 * width),
      ])
      let tip = frame.circle(Vector(0, 0.5 + drop, z + 0.1), 0.62 * width)
      fur.paint(bridge, base: coat.base, fluff: 0.4, shade: 0.85) { canvas in
        canvas.fill(.circle(tip), .radial(tip, [light, light, light.opacity(0.8), light.opacity(0)]))
      }
      face.nose(at: Vector(0, 0.2 + drop, z + 0.24))
      face.mouth(below: Vector(0, 0.32 + drop, z + 0.28))
    }
  }

  private var muzzleColor: Color {
    switch coat.pattern {
    case .pointed: coat.base.mixed(with: coat.second, coat.contrast)
    case .striped, .saddled: coat.base.lighter(0.18)
    case .solid, .patched, .spotted: coat.base.lighter(0.06)
    }
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
