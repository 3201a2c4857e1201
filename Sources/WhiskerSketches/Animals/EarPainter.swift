import WhiskerTensors

/// Paints one ear.
struct EarPainter {
  var canvas: Canvas
  var coat: Coat
  var light: Light
  var traits: HeadTraits
  var frame: HeadFrame

  /// Paints the ear of a side: −1 is left in the picture, 1 right.
  func paint(side: Double, _ random: inout RandomStream) {
    switch traits.ear {
    case .pricked: pricked(side, height: 1, &random)
    case .tipped: tipped(side, &random)
    case .hanging: hanging(side, &random)
    case .folded: folded(side, &random)
    }
  }

  private var color: Color {
    switch coat.pattern {
    case .pointed, .saddled: coat.base.mixed(with: coat.second, coat.contrast)
    case .solid, .striped, .patched, .spotted: coat.base
    }
  }

  private var skin: Color {
    Color(214, 150, 140).mixed(with: Color(58, 44, 42), coat.skinDarkness).mixed(with: coat.base, 0.25)
  }

  /// The two ends of the ear's root and its tip.
  private func corners(_ side: Double) -> (inner: Vector, outer: Vector, tip: Vector) {
    let (w, spread) = (traits.skullWidth, traits.earSpread)
    let middle = Vector(side * (0.56 + spread) * w, -0.66, 0.05)
    let half = Vector(side * 0.26, 0.2, 0) * traits.earWidth
    let inner = middle - half
    let outer = middle + half
    let tip = middle + Vector(side * (0.24 + spread * 1.5), -traits.earLength, -0.05)
    return (inner, outer, tip)
  }

  private func pricked(_ side: Double, height: Double, _ random: inout RandomStream) {
    let (inner, outer, top) = corners(side)
    let root = (inner + outer) / 2
    let tip = root + (top - root) * height
    let rounding = traits.animal == .cat ? 0.04 : 0.1
    let outline = ear(inner, outer, tip, bulge: traits.animal == .cat ? 0.1 : 0.17, rounding: rounding)
    furry(outline, around: [inner, outer, tip], root: root, tip: tip, &random)
    guard frame.facing(Vector(side * 0.35, -0.1, 1)) > 0.3 else { return }
    let shift = Vector(0, 0.02, 0.02)
    let innerRoot = mixed(inner, root, 0.3) + shift
    let outerRoot = mixed(outer, root, 0.3) + shift
    let inside = ear(innerRoot, outerRoot, mixed(tip, root, 0.24), bulge: 0.1, rounding: rounding * 0.7)
    canvas.fill(
      inside,
      .linear(from: frame.point(tip), to: frame.point(root), [skin, skin.darker(0.2), skin.darker(0.5)]))
    tufts(root: innerRoot, towards: mixed(tip, root, 0.35), &random)
  }

  private func tipped(_ side: Double, _ random: inout RandomStream) {
    let (inner, outer, tip) = corners(side)
    let root = (inner + outer) / 2
    let foldInner = mixed(inner, tip, 0.55)
    let foldOuter = mixed(outer, tip, 0.55)
    let stump = Path(smooth: [inner, foldInner, foldOuter, outer].map(frame.point))
    furry(stump, around: [inner, outer, foldInner, foldOuter], root: root, tip: foldInner, &random)
    let fold = (foldInner + foldOuter) / 2
    let drop = fold + Vector(side * 0.3, 0.62 * traits.earLength, 0.35)
    let points = [
      foldInner + Vector(-side * 0.06, 0.02, 0), fold + Vector(side * 0.02, -0.1, 0),
      foldOuter + Vector(side * 0.08, 0.04, 0), mixed(foldOuter, drop, 0.6) + Vector(side * 0.1, 0, 0), drop,
      mixed(foldInner, drop, 0.55) + Vector(-side * 0.08, 0.05, 0),
    ]
    furry(
      Path(smooth: points.map(frame.point)), around: points, root: fold, tip: drop, darkened: 0.2, &random)
  }

  private func hanging(_ side: Double, _ random: inout RandomStream) {
    let (w, length, width) = (traits.skullWidth, traits.earLength, traits.earWidth)
    let swing = random.between(-0.08, 0.12)
    let points = [
      Vector(side * 0.5 * w, -0.8, 0.1), Vector(side * 0.85 * w, -0.82, 0),
      Vector(side * (0.98 * w + 0.2 * width), -0.4, 0),
      Vector(side * (0.98 * w + 0.3 * width + swing), -0.7 + length * 0.8, 0.05),
      Vector(side * (0.98 * w + swing), -0.7 + length * 1.05, 0.1),
      Vector(side * (0.98 * w - 0.22 * width + swing), -0.7 + length * 0.75, 0.15),
      Vector(side * 0.74 * w, -0.3, 0.25),
    ]
    furry(
      Path(smooth: points.map(frame.point)), around: points, root: points[0], tip: points[4], darkened: 0.16,
      &random)
  }

  private func folded(_ side: Double, _ random: inout RandomStream) {
    let (inner, outer, _) = corners(side)
    let root = (inner + outer) / 2
    let points = [
      inner + Vector(0, -0.02, 0.1), root + Vector(side * 0.06, -0.16, 0.1),
      outer + Vector(side * 0.03, 0, 0.1),
      root + Vector(side * 0.02, 0.22, 0.35),
    ]
    furry(
      Path(smooth: points.map(frame.point)), around: points, root: points[1], tip: points[3], darkened: 0.1,
      &random)
  }

  private func ear(_ inner: Vector, _ outer: Vector, _ tip: Vector, bulge: Double, rounding: Double) -> Path {
    let root = (inner + outer) / 2
    let across = outer - inner
    func side(_ end: Vector, _ sign: Double) -> [Vector] {
      [mixed(end, tip, 0.45) + across * bulge * sign, mixed(end, tip, 0.82) + across * bulge * 0.55 * sign]
    }
    let points =
      [inner] + side(inner, -1) + [tip + (tip - root) * rounding * 0.2] + side(outer, 1).reversed()
      + [outer, root + (root - tip) * 0.12]
    return Path(smooth: points.map(frame.point))
  }

  private func furry(
    _ outline: Path, around places: [Vector], root: Vector, tip: Vector, darkened: Double = 0,
    _ random: inout RandomStream
  ) {
    let points = places.map(frame.point)
    let bounds = points.dropFirst().reduce(Rectangle(minimum: points[0], maximum: points[0])) {
      $0.union(Rectangle(minimum: $1, maximum: $1))
    }.grown(by: 0.5 * frame.radius)
    canvas.layer(within: bounds) {
      canvas.fill(outline, color.darker(darkened))
      canvas.onTop {
        var hairs = Path()
        for _ in 0..<40 {
          let start = random.point(in: bounds)
          hairs.move(to: start)
          hairs.line(to: start + (frame.point(tip) - frame.point(root)) * random.between(0.1, 0.25))
        }
        canvas.stroke(hairs, light.shadow.opacity(0.12), width: 0.03 * frame.radius)
        canvas.stroke(outline, light.shadow.opacity(0.35 * light.shade), width: 0.14 * frame.radius)
        canvas.stroke(outline, light.shadow.opacity(0.5 * light.shade), width: 0.05 * frame.radius)
      }
    }
  }

  private func tufts(root: Vector, towards tip: Vector, _ random: inout RandomStream) {
    var path = Path()
    for _ in 0..<6 {
      let start = frame.point(root + Vector(random.between(-0.04, 0.04), random.between(-0.05, 0.05), 0))
      path.move(to: start)
      path.line(to: mix(start, frame.point(tip), random.between(0.3, 0.75)))
    }
    canvas.stroke(path, coat.base.lighter(0.35).opacity(0.6), width: 0.02 * frame.radius)
  }

  private func mixed(_ a: Vector, _ b: Vector, _ t: Double) -> Vector { a + (b - a) * t }
}
