import WhiskerTensors

/// Paints an animal: its shadow on the ground, its body from back to front, and its head.
struct BodyPainter {
  var canvas: Canvas
  var coat: Coat
  var light: Light
  var collar: Collar?

  func paint(_ skeleton: Skeleton, random: RandomStream) {
    shadow(skeleton)
    var fur = FurPainter(canvas: canvas, coat: coat, light: light, unit: skeleton.headRadius, random: random)
    let pattern = FurPattern(coat: coat, unit: skeleton.headRadius)
    let nearest = skeleton.parts.last?.depth ?? 0
    for part in skeleton.parts {
      // Parts on the far side lie in the shadow of the body.
      let dimming = min(max((nearest - part.depth) * 0.07, 0), 0.3)
      fur.paint(
        part.chain, base: coat.base, fluff: part.kind == .tail ? 1.3 : 0.8,
        hairs: part.kind == .trunk ? 1.6 : 0.7
      ) { canvas in
        pattern.paint(part, on: canvas)
        canvas.cover(.color(light.shadow.opacity(dimming)))
        if part.kind == .trunk {
          collar?.paint(on: canvas, trunk: part.chain, unit: skeleton.headRadius)
          headShadow(skeleton, on: canvas)
        }
      }
      if part.kind == .foreleg || part.kind == .hindleg { toes(part.chain, unit: skeleton.headRadius) }
    }
  }

  private func shadow(_ skeleton: Skeleton) {
    let (center, radius) = skeleton.ground
    canvas.placed(at: center, x: Point(radius, 0), y: Point(0, radius * 0.3)) {
      canvas.fill(
        .circle(Circle(Point(0, 0), 1)),
        .radial(Circle(Point(0, 0), 1), [light.shadow.opacity(0.6), light.shadow.opacity(0)]))
    }
  }

  private func headShadow(_ skeleton: Skeleton, on canvas: Canvas) {
    let circle = Circle(skeleton.head + Point(0, 0.45) * skeleton.headRadius, skeleton.headRadius * 1.25)
    canvas.fill(
      .circle(circle),
      .radial(circle, [light.shadow.opacity(0.65), light.shadow.opacity(0.55), light.shadow.opacity(0)]))
  }

  private func toes(_ chain: Chain, unit: Double) {
    guard let paw = chain.circles.last else { return }
    var path = Path()
    for offset in [-0.35, 0.35] {
      let start = paw.center + Point(offset, 0.15) * paw.radius
      path.move(to: start)
      path.line(to: start + Point(offset * 0.2, 0.6) * paw.radius)
    }
    canvas.stroke(path, light.shadow.opacity(0.55), width: 0.03 * unit)
  }
}
