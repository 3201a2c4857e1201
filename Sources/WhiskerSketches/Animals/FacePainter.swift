import WhiskerTensors

/// Paints eyes, nose, mouth, tongue and whiskers.
struct FacePainter {
  var canvas: Canvas
  var coat: Coat
  var light: Light
  var traits: HeadTraits
  var frame: HeadFrame

  private var ink: Color { Color(24, 18, 18) }

  // MARK: Eyes

  /// The eye of a side: −1 is left in the picture, 1 right.
  func eye(side: Double) {
    let eyes = traits.eyes
    let place = HeadFrame.surface(side * eyes.spread, eyes.height)
    // Eyes look more ahead than the skull's side does.
    let normal = Vector(place.x * 0.6, place.y * 0.5, place.z)
    guard frame.facing(normal) > 0.18 else { return }
    frame.patch(on: canvas, at: place * 0.97, normal: normal) {
      canvas.placed(
        at: Point(0, 0), x: Point(side, 0).rotated(by: -side * eyes.slant) * eyes.radius,
        y: Point(0, 1).rotated(by: -side * eyes.slant) * eyes.radius
      ) { eyes.openness > 0 ? openEye(side) : closedEye() }
    }
  }

  /// In eye radii, x towards the outer corner.
  private func openEye(_ side: Double) {
    let eyes = traits.eyes
    let tall = mix(1, 0.78, eyes.almond) * eyes.openness
    let corner = mix(1, 1.22, eyes.almond)
    let outline = Path(smooth: [
      Point(-corner, 0.12), Point(-0.55, -0.62 * tall), Point(0.1, -0.95 * tall), Point(0.72, -0.6 * tall),
      Point(corner, 0), Point(0.6, 0.62 * tall), Point(0, 0.9 * tall), Point(-0.6, 0.66 * tall),
    ])
    canvas.stroke(outline, coat.base.mixed(with: light.shadow, 0.6).opacity(0.6), width: 0.6)
    canvas.stroke(outline, ink, width: 0.3)
    canvas.clipped(to: outline) {
      canvas.cover(.color(eyes.iris))
      canvas.fill(
        .circle(Circle(Point(0, 0), 1.2)),
        .radial(Circle(Point(0, 0.35), 1.2), [eyes.iris.lighter(0.25), eyes.iris, eyes.iris.darker(0.55)]))
      canvas.fill(.ellipse(Point(0, 0), eyes.pupil), Color(10, 8, 10))
      canvas.fill(
        .rectangle(Rectangle(minimum: Point(-2, -2), maximum: Point(2, -0.55 * tall))), ink.opacity(0.35))
      canvas.fill(.circle(Circle(Point(0.3 * side - 0.05, -0.35 * tall), 0.22)), Color.white.opacity(0.92))
      canvas.fill(.circle(Circle(Point(-0.3 * side, 0.35 * tall), 0.1)), Color.white.opacity(0.4))
    }
  }

  private func closedEye() {
    var path = Path()
    path.curve(from: Point(-1, 0), bending: Point(0, 0.9), to: Point(1, -0.05))
    canvas.stroke(path, ink, width: 0.28)
  }

  // MARK: Nose and mouth

  /// The nose leather, at the end of the muzzle.
  func nose(at place: Vector) {
    let w = traits.noseWidth
    let outline: Path
    let color: Color
    switch traits.animal {
    case .cat:
      color = Color(206, 128, 122).mixed(with: ink, coat.skinDarkness * 0.9)
      outline = Path(smooth: [
        Point(-0.5, -0.28), Point(0, -0.36), Point(0.5, -0.28), Point(0.3, 0.1), Point(0, 0.34),
        Point(-0.3, 0.1),
      ])
    case .dog:
      color = Color(120, 76, 66).mixed(with: ink, 0.35 + 0.65 * coat.skinDarkness)
      outline = Path(smooth: [
        Point(-0.5, -0.12), Point(-0.3, -0.36), Point(0.3, -0.36), Point(0.5, -0.12), Point(0.36, 0.2),
        Point(0, 0.36), Point(-0.36, 0.2),
      ])
    }
    let normal = Vector(0, -0.15, 1).turned(by: -frame.yaw * 0.45)
    frame.patch(on: canvas, at: place, normal: normal) {
      canvas.placed(at: Point(0, 0), x: Point(w, 0), y: Point(0, w)) {
        canvas.fill(outline, color)
        canvas.stroke(outline, color.darker(0.4), width: 0.06)
        canvas.fill(.ellipse(Point(-0.08, -0.2), Point(0.2, 0.08)), Color.white.opacity(0.35))
        for side in [-1.0, 1.0] {
          canvas.fill(.ellipse(Point(0.24 * side, 0.02), Point(0.1, 0.07)), ink.opacity(0.8))
        }
      }
    }
  }

  /// The line of the lips under the nose.
  func mouth(below place: Vector) {
    let reach = traits.animal == .cat ? 0.26 : 0.3
    let depth = traits.animal == .cat ? 0.16 : 0.24
    var path = Path()
    let middle = place + Vector(0, depth, -0.04)
    path.move(to: frame.point(place))
    path.line(to: frame.point(middle))
    for side in [-1.0, 1.0] {
      path.curve(
        from: frame.point(middle), bending: frame.point(middle + Vector(side * 0.1, 0.14, -0.02)),
        to: frame.point(middle + Vector(side * reach, 0.04, -0.25)))
    }
    canvas.stroke(path, ink.opacity(0.75), width: 0.035 * frame.radius)
  }

  /// The inside of the mouth with the tongue, drawn before the upper lips cover its top.
  func openMouth(at place: Vector) {
    let (open, w) = (traits.mouthOpen, traits.muzzleWidth)
    let dog = traits.animal == .dog
    let inside = Chain([
      frame.circle(place + Vector(0, 0, -0.1), 0.24 * w),
      frame.circle(place + Vector(0, 0.1 + 0.16 * open, -0.06), 0.18 * w),
    ])
    canvas.fill(inside.path, Color(84, 24, 30))
    guard traits.tongue else { return }
    let length = dog ? 0.15 + 0.45 * open : 0.16
    let tongue = Chain([
      frame.circle(place + Vector(0, 0.1, 0), 0.13 * w),
      frame.circle(place + Vector(0.03, 0.14 + length, 0.08), (dog ? 0.15 : 0.1) * w),
    ])
    let color = Color(222, 112, 124)
    canvas.fill(
      tongue.path,
      .linear(
        from: tongue.circles[0].center, to: tongue.circles[1].center,
        [color.darker(0.45), color, color.lighter(0.1)]))
    canvas.stroke(
      .line(tongue.circles[0].center, tongue.circle(at: 0.8).center), color.darker(0.3),
      width: 0.03 * frame.radius)
  }

  // MARK: Whiskers

  func whiskers(_ random: inout RandomStream) {
    guard traits.whiskers > 0 else { return }
    let z = 0.8 + traits.muzzleLength
    let dark = coat.whiteMarks.muzzle || coat.base.brightness > 0.75
    let color = (dark ? Color(90, 84, 80) : Color(250, 250, 246)).opacity(random.between(0.7, 1))
    var path = Path()
    for side in [-1.0, 1.0] {
      for index in 0..<4 {
        let y = 0.36 + 0.07 * Double(index) + traits.muzzleDrop
        let start = Vector(side * 0.28, y, z)
        let rise = -0.25 + 0.17 * Double(index) + random.between(-0.06, 0.06)
        let end = start + Vector(side * traits.whiskers, rise, -0.35)
        let bend = start + Vector(side * traits.whiskers * 0.5, rise - 0.05, -0.05)
        path.curve(from: frame.point(start), bending: frame.point(bend), to: frame.point(end))
      }
    }
    canvas.stroke(path, color, width: 0.014 * frame.radius + 0.0008)
  }
}
