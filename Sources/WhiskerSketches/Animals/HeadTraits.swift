import WhiskerTensors

/// What a head looks like; lengths are in head radii, before the head is turned.
///
/// Here, and in ``BodyTraits``, is everything that distinguishes the animals.
struct HeadTraits {
  enum Ear {
    /// Stands up.
    case pricked
    /// Stands up, with the tip fallen forwards.
    case tipped
    /// Hangs down beside the face.
    case hanging
    /// Small and folded flat against the crown.
    case folded
  }

  struct Eyes {
    var radius: Double
    /// Half the distance between them.
    var spread: Double
    var height: Double
    /// 0 is closed, 1 is wide open.
    var openness: Double
    /// Outer corners raised, in radians.
    var slant: Double
    /// How far from round towards almond, 0 … 1.
    var almond: Double
    var iris: Color
    /// The pupil's width and height in eye radii.
    var pupil: Point
  }

  var animal: Animal
  var skullWidth: Double
  var cheeks: Double
  var muzzleLength: Double
  var muzzleWidth: Double
  var muzzleDrop: Double
  var ear: Ear
  var earLength: Double
  var earWidth: Double
  var earSpread: Double
  var eyes: Eyes
  var noseWidth: Double
  /// How far the mouth is open, 0 … 1.
  var mouthOpen: Double
  var tongue: Bool
  var whiskers: Double
}

extension HeadTraits {
  init(_ animal: Animal, _ random: inout RandomStream) {
    self =
      switch animal {
      case .cat: Self.cat(&random)
      case .dog: Self.dog(&random)
      }
  }

  private static func cat(_ random: inout RandomStream) -> HeadTraits {
    let ear: Ear = random.pick([(.pricked, weight: 87), (.folded, weight: 13)])
    let iris = random.pick([
      Color(176, 186, 72), Color(120, 160, 84), Color(206, 168, 62), Color(196, 128, 52),
      Color(120, 168, 196),
    ])
    let pupilWidth = random.pick([
      (random.between(0.14, 0.3), weight: 2), (random.between(0.4, 0.8), weight: 3),
    ])
    let licking = ear != .folded && random.chance(0.13)
    return HeadTraits(
      animal: .cat, skullWidth: random.between(0.96, 1.1), cheeks: random.between(0.5, 0.72),
      muzzleLength: random.between(0.02, 0.3), muzzleWidth: random.between(0.85, 1.15),
      muzzleDrop: random.between(-0.02, 0.06), ear: ear,
      earLength: random.between(0.65, 1.1), earWidth: random.between(0.8, 1.2),
      earSpread: random.between(-0.04, 0.1),
      eyes: Eyes(
        radius: random.between(0.2, 0.27), spread: random.between(0.4, 0.46),
        height: random.between(-0.12, 0.0),
        openness: random.pick([(random.between(0.6, 1), weight: 7), (0, weight: 1)]),
        slant: random.between(0.1, 0.32), almond: random.between(0.5, 1),
        iris: iris.varied(by: 0.08, &random),
        pupil: Point(pupilWidth, random.between(0.75, 0.95))),
      noseWidth: random.between(0.2, 0.27), mouthOpen: licking ? random.between(0.1, 0.4) : 0,
      tongue: licking, whiskers: random.chance(0.08) ? 0 : random.between(0.8, 1.4))
  }

  private static func dog(_ random: inout RandomStream) -> HeadTraits {
    let ear: Ear = random.pick([(.hanging, weight: 43), (.pricked, weight: 35), (.tipped, weight: 22)])
    let flatFaced = random.chance(0.15)
    let iris = random.pick([
      (Color(62, 38, 24), weight: 6), (Color(110, 70, 34), weight: 3), (Color(140, 180, 210), weight: 0.7),
    ])
    let panting = random.chance(0.55)
    let pupil = random.between(0.5, 0.7)
    return HeadTraits(
      animal: .dog, skullWidth: random.between(0.88, 1.04), cheeks: random.between(0.42, 0.6),
      muzzleLength: flatFaced ? random.between(0.15, 0.3) : random.between(0.35, 1.0),
      muzzleWidth: random.between(0.85, 1.2) * (flatFaced ? 1.15 : 1), muzzleDrop: random.between(0, 0.14),
      ear: ear, earLength: ear == .hanging ? random.between(0.75, 1.35) : random.between(0.75, 1.15),
      earWidth: random.between(0.8, 1.1), earSpread: random.between(-0.08, 0.1),
      eyes: Eyes(
        radius: random.between(0.13, 0.19), spread: random.between(0.34, 0.42),
        height: random.between(-0.16, -0.04),
        openness: random.pick([(random.between(0.75, 1), weight: 12), (0, weight: 1)]),
        slant: random.between(-0.1, 0.12), almond: random.between(0, 0.4),
        iris: iris.varied(by: 0.05, &random),
        pupil: Point(pupil, pupil)),
      noseWidth: random.between(0.34, 0.46), mouthOpen: panting ? random.between(0.5, 1) : 0,
      tongue: panting, whiskers: random.chance(0.2) ? random.between(0.3, 0.5) : 0)
  }
}
