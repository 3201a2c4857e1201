/// Paints what lies in front of the skull: jaw, open mouth, muzzle, nose and lips.
struct MuzzlePainter {
  var coat: Coat
  var traits: HeadTraits
  var frame: HeadFrame
  var face: FacePainter

  func paint(_ fur: inout FurPainter) {
    switch traits.animal {
    case .cat: short(&fur)
    case .dog: long(&fur)
    }
  }

  private var color: Color {
    if coat.whiteMarks.muzzle { return coat.white }
    return switch coat.pattern {
    case .pointed: coat.base.mixed(with: coat.second, coat.contrast)
    case .striped, .saddled: coat.base.lighter(0.18)
    case .solid, .patched, .spotted: coat.base.lighter(0.06)
    }
  }

  /// A cat's: a small chin and two round pads.
  private func short(_ fur: inout FurPainter) {
    let (w, drop, z) = (traits.muzzleWidth, traits.muzzleDrop, 0.72 + traits.muzzleLength)
    let chin = frame.circle(Vector(0, 0.6 + 0.15 * traits.mouthOpen, z - 0.12), 0.2 * w)
    fur.paint(Chain([chin]), base: color, fluff: 0.4)
    if traits.mouthOpen > 0 { face.openMouth(at: Vector(0, 0.56, z)) }
    let pads = Chain([
      frame.circle(Vector(-0.19 * w, 0.42 + drop, z), 0.23 * w),
      frame.circle(Vector(0, 0.28 + drop, z + 0.02), 0.17 * w),
      frame.circle(Vector(0.19 * w, 0.42 + drop, z), 0.23 * w),
    ])
    fur.paint(pads, base: color, fluff: 0.4, shade: 0.6, hairs: 0.5)
    face.nose(at: Vector(0, 0.27 + drop, z + 0.2))
    face.mouth(below: Vector(0, 0.34 + drop, z + 0.22))
  }

  /// A dog's: a lower jaw and a bridge from between the eyes to the lips.
  private func long(_ fur: inout FurPainter) {
    let (w, drop, z) = (traits.muzzleWidth, traits.muzzleDrop, 0.7 + traits.muzzleLength)
    let jaw = Chain([
      frame.circle(Vector(0, 0.5 + 0.12 * traits.mouthOpen, 0.4), 0.3 * w),
      frame.circle(Vector(0, 0.6 + drop + 0.3 * traits.mouthOpen, z - 0.15), 0.22 * w),
    ])
    fur.paint(jaw, base: color.darker(0.1), fluff: 0.5)
    if traits.mouthOpen > 0 { face.openMouth(at: Vector(0, 0.56 + drop, z - 0.02)) }
    let tip = frame.circle(Vector(0, 0.32 + drop, z), 0.3 * w)
    let bridge = Chain([
      frame.circle(Vector(0, 0.22, 0.55), 0.36 * w), tip,
      frame.circle(Vector(-0.13 * w, 0.46 + drop, z - 0.04), 0.24 * w),
      frame.circle(Vector(0.13 * w, 0.46 + drop, z - 0.04), 0.24 * w), tip,
    ])
    let bright = frame.circle(Vector(0, 0.5 + drop, z + 0.1), 0.62 * w)
    fur.paint(bridge, base: coat.base, fluff: 0.4, shade: 0.85) { canvas in
      canvas.fill(
        .circle(bright), .radial(bright, [color, color, color.opacity(0.8), color.opacity(0)]))
    }
    face.nose(at: Vector(0, 0.2 + drop, z + 0.24))
    face.mouth(below: Vector(0, 0.32 + drop, z + 0.28))
  }
}
