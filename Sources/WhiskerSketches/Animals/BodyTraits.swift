import WhiskerTensors

/// What a body looks like; lengths are in head radii.
struct BodyTraits {
  enum Tail {
    /// Long and even, of any curve.
    case slim
    /// Tapered and carried up or out.
    case sabre
    /// Rolled over the back.
    case curled
    /// A stub.
    case short
  }

  var girth: Double
  var trunkLength: Double
  var legLength: Double
  var legWidth: Double
  var neckLength: Double
  var tail: Tail
  var tailLength: Double
  var tailWidth: Double
  /// How the tail bends, −1 … 1.
  var tailBend: Double

  init(_ animal: Animal, _ random: inout RandomStream) {
    girth = random.between(0.72, 1.05)
    trunkLength = random.between(1.9, 2.9)
    tailBend = random.between(-1, 1)
    switch animal {
    case .cat:
      legLength = random.between(1.3, 2.0)
      legWidth = random.between(0.24, 0.34)
      neckLength = random.between(0.15, 0.5)
      tail = random.pick([(.slim, weight: 9), (.short, weight: 0.5)])
      tailLength = random.between(2.0, 3.2)
      tailWidth = random.between(0.16, 0.3)
    case .dog:
      legLength = random.between(1.3, 2.7)
      legWidth = random.between(0.26, 0.4)
      neckLength = random.between(0.3, 1.0)
      tail = random.pick([
        (.sabre, weight: 5), (.curled, weight: 2), (.short, weight: 2), (.slim, weight: 1.5),
      ])
      tailLength = random.between(1.3, 2.4)
      tailWidth = random.between(0.18, 0.36)
    }
  }
}
