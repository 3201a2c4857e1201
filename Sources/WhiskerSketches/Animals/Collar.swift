import WhiskerTensors

/// A band round the neck that some animals wear.
struct Collar {
  private var color: Color
  private var hasTag: Bool

  /// A collar, or none for most animals.
  init?(_ random: inout RandomStream) {
    guard random.chance(0.3) else { return nil }
    color = Color(
      hue: random.between(0, 1), saturation: random.between(0.4, 0.9), value: random.between(0.3, 0.9))
    hasTag = random.chance(0.6)
  }

  /// Paints the collar on a neck; to be called inside the trunk's layer.
  func paint(on canvas: Canvas, trunk: Chain, unit: Double) {
    let neck = trunk.circle(at: 0.97)
    let along = trunk.direction(at: 0.95)
    let across = along.perpendicular
    let middle = neck.center - along * neck.radius * 0.1
    // The band's front sags: it goes round the neck.
    let sag = Point(0, 0.38) * neck.radius
    var band = Path()
    band.curve(
      from: middle - across * neck.radius * 1.05, bending: middle + sag * 2,
      to: middle + across * neck.radius * 1.05)
    canvas.stroke(band, color.darker(0.35), width: 0.22 * unit)
    canvas.stroke(band, color, width: 0.16 * unit)
    if hasTag {
      let tag = Circle(middle + sag + Point(0, 0.15 * unit), 0.1 * unit)
      canvas.fill(
        .circle(tag),
        .radial(
          Circle(tag.center - tag.radius * 0.3, tag.radius * 1.5),
          [
            Color(250, 236, 170), Color(214, 178, 72), Color(140, 104, 36),
          ]))
    }
  }
}
