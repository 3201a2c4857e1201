import WhiskerTensors

/// How an animal holds itself and where it is in the picture, drawn alike for every animal.
struct AnimalPose {
  enum Stance {
    case sitting, standing, lying
  }

  enum Framing {
    /// The head fills much of the picture.
    case portrait(headRadius: Double)
    /// The whole animal, or nearly; the share of the picture it takes.
    case full(share: Double)
  }

  var stance: Stance
  var framing: Framing
  /// The middle of the head (portrait) or of the animal (full).
  var place: Point
  /// Angles in radians: positive turns to the right, positive pitch looks down, positive roll leans clockwise.
  var bodyYaw: Double
  var headYaw: Double
  var headPitch: Double
  var headRoll: Double
  /// How far from above the animal is seen.
  var cameraPitch: Double

  init(_ random: inout RandomStream) {
    stance = random.pick([(.sitting, weight: 4), (.standing, weight: 3), (.lying, weight: 3)])
    // Most animals pose for their picture; the shy ones stay far off, lean out of the frame and look away.
    let shy = random.chance(0.3)
    if random.chance(0.5) {
      framing = .portrait(headRadius: shy ? random.between(0.09, 0.15) : random.between(0.17, 0.28))
      let spread = shy ? Point(0.33, 0.24) : Point(0.16, 0.1)
      place = Point(0.5, 0.46) + Point(random.between(-1, 1), random.between(-1, 1)) * spread
    } else {
      framing = .full(share: shy ? random.between(0.45, 0.7) : random.between(0.8, 1.15))
      let spread = shy ? Point(0.24, 0.14) : Point(0.1, 0.06)
      place = Point(0.5, 0.53) + Point(random.between(-1, 1), random.between(-1, 1)) * spread
    }
    bodyYaw = random.sign() * random.between(0.1, 1.45)
    let turned = bodyYaw * random.between(0, 0.5) + random.around(0, shy ? 0.5 : 0.22)
    headYaw = min(max(turned, -1.1), 1.1)
    headPitch = random.around(0, 0.13)
    headRoll = random.around(0, shy ? 0.3 : 0.13)
    cameraPitch = random.between(0.05, 0.35)
  }
}
