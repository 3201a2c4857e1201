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
    if random.chance(0.5) {
      framing = .portrait(headRadius: random.between(0.12, 0.26))
      place = Point(random.between(0.27, 0.73), random.between(0.32, 0.58))
    } else {
      framing = .full(share: random.between(0.6, 1.1))
      place = Point(random.between(0.36, 0.64), random.between(0.46, 0.6))
    }
    bodyYaw = random.sign() * random.between(0.1, 1.45)
    headYaw = min(max(bodyYaw * random.between(0, 0.6) + random.around(0, 0.38), -1.1), 1.1)
    headPitch = random.around(0, 0.15)
    headRoll = random.around(0, 0.18)
    cameraPitch = random.between(0.05, 0.35)
  }
}
