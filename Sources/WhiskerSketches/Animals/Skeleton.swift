/// One limb, the trunk or the tail: circles on a line, already projected, from the trunk outwards.
struct BodyPart {
  enum Kind {
    case trunk, foreleg, hindleg, thigh, tail
  }

  var kind: Kind
  var chain: Chain
  /// How near it is to the viewer.
  var depth: Double
}

/// The parts of a body in a pose, and where its head sits.
///
/// The animal's own space has the middle of the chest above the origin, the front towards +z and the ground at
/// y = 0; it is turned by the body's yaw, seen from above by the camera's pitch, and projected without
/// perspective.
struct Skeleton {
  private(set) var parts: [BodyPart] = []
  /// The middle of the head, in the picture.
  private(set) var head = Point(0, 0)
  /// The head's radius, in the picture.
  private(set) var headRadius = 1.0
  /// Where the animal meets the ground: the middle and the half-width of its shadow.
  private(set) var ground = (center: Point(0, 0), radius: 1.0)

  private struct Bead {
    var place: Vector
    var radius: Double
  }

  init(_ traits: BodyTraits, _ pose: AnimalPose) {
    let beads = Self.beads(traits, pose.stance)
    let projected = beads.parts.map { kind, beads in
      let seen = beads.map { Bead(place: Self.seen($0.place, pose), radius: $0.radius) }
      return BodyPart(
        kind: kind, chain: Chain(seen.map { Circle(Point($0.place.x, $0.place.y), $0.radius) }),
        depth: seen.reduce(0) { $0 + $1.place.z } / Double(seen.count) + (kind == .trunk ? 0 : 0.05))
    }
    let head = Self.seen(beads.head, pose)
    place(projected, head: Point(head.x, head.y), pose)
  }

  /// Scales and moves the projected animal to its place in the picture.
  private mutating func place(_ projected: [BodyPart], head: Point, _ pose: AnimalPose) {
    let headBounds = Rectangle(minimum: head - 1.35, maximum: head + 1.1)
    let bounds = projected.reduce(headBounds) { $0.union($1.chain.bounds) }
    let scale: Double
    let anchor: Point
    switch pose.framing {
    case .portrait(let radius):
      scale = radius
      anchor = head
    case .full(let share):
      scale = min(share / max(bounds.size.x, bounds.size.y), 0.2)
      anchor = bounds.center
    }
    func moved(_ point: Point) -> Point { pose.place + (point - anchor) * scale }
    parts = projected.map { part in
      BodyPart(
        kind: part.kind,
        chain: Chain(part.chain.circles.map { Circle(moved($0.center), $0.radius * scale) }),
        depth: part.depth)
    }.sorted { $0.depth < $1.depth }
    self.head = moved(head)
    headRadius = scale
    let low = moved(bounds.maximum)
    ground = (Point(moved(bounds.center).x, low.y - 0.3 * scale), bounds.size.x * scale * 0.5)
  }

  private static func seen(_ place: Vector, _ pose: AnimalPose) -> Vector {
    place.turned(by: pose.bodyYaw).nodded(by: pose.cameraPitch)
  }

  private typealias Beads = (parts: [(BodyPart.Kind, [Bead])], head: Vector)

  private static func beads(_ traits: BodyTraits, _ stance: AnimalPose.Stance) -> Beads {
    switch stance {
    case .sitting: sitting(traits)
    case .standing: standing(traits)
    case .lying: lying(traits)
    }
  }

  private static func sitting(_ t: BodyTraits) -> Beads {
    let (g, w) = (t.girth, t.legWidth)
    let chestHeight = t.legLength * 0.75 + 0.5 * g
    let pelvis = Vector(0, -0.95 * g, -0.45 * t.trunkLength)
    let chest = Vector(0, -chestHeight, 0)
    let neck = chest + Vector(0, -0.7 * g - 0.5 * t.neckLength, 0.15)
    var parts: [(BodyPart.Kind, [Bead])] = [
      (
        .trunk,
        [
          Bead(place: pelvis, radius: 1.05 * g), Bead(place: (pelvis + chest) / 2, radius: 0.98 * g),
          Bead(place: chest, radius: 0.85 * g), Bead(place: neck, radius: 0.62),
        ]
      )
    ]
    for side in [-1.0, 1.0] {
      let x = side * 0.42 * g
      parts.append(
        (
          .foreleg,
          [
            Bead(place: Vector(x, -chestHeight * 0.85, 0.35 * g), radius: w * 1.3),
            Bead(place: Vector(x, -chestHeight * 0.4, 0.5 * g), radius: w),
            Bead(place: Vector(x, -w, 0.55 * g), radius: w),
            Bead(place: Vector(x * 1.1, -w * 0.9, 0.55 * g + w), radius: w),
          ]
        ))
      parts.append(
        (
          .thigh,
          [
            Bead(place: pelvis + Vector(side * 0.62 * g, 0.15, 0.1), radius: 0.72 * g),
            Bead(place: Vector(side * 0.8 * g, -0.55 * g, pelvis.z + 0.75 * g), radius: 0.5 * g),
          ]
        ))
      parts.append(
        (
          .hindleg,
          [
            Bead(place: Vector(side * 0.85 * g, -w, pelvis.z + 0.3 * g), radius: w),
            Bead(place: Vector(side * 0.9 * g, -w, pelvis.z + 1.25 * g), radius: w),
          ]
        ))
    }
    parts.append((.tail, tail(t, from: pelvis + Vector(0, 0.2 * g, -0.9 * g), onGround: true)))
    return (parts, neck + Vector(0, -0.75 - 0.5 * t.neckLength, 0.35))
  }

  private static func standing(_ t: BodyTraits) -> Beads {
    let (g, w) = (t.girth, t.legWidth)
    let height = t.legLength + 0.55 * g
    let pelvis = Vector(0, -height, -t.trunkLength)
    let chest = Vector(0, -height + 0.05, 0)
    let neck = chest + Vector(0, -0.45 * g - 0.45 * t.neckLength, 0.45 + 0.25 * t.neckLength)
    var parts: [(BodyPart.Kind, [Bead])] = [
      (
        .trunk,
        [
          Bead(place: pelvis, radius: 0.78 * g),
          Bead(place: (pelvis + chest) / 2 + Vector(0, 0.1, 0), radius: 0.8 * g),
          Bead(place: chest, radius: 0.88 * g), Bead(place: neck, radius: 0.58),
        ]
      )
    ]
    for side in [-1.0, 1.0] {
      let x = side * 0.45 * g
      let step = side * 0.16
      parts.append(
        (
          .foreleg,
          [
            Bead(place: chest + Vector(x, 0.25 * g, 0.05), radius: w * 1.5),
            Bead(place: Vector(x, -t.legLength * 0.5, step), radius: w),
            Bead(place: Vector(x, -w, step * 2), radius: w * 0.95),
            Bead(place: Vector(x, -w * 0.85, step * 2 + w), radius: w),
          ]
        ))
      parts.append(
        (
          .hindleg,
          [
            Bead(place: pelvis + Vector(x, 0.15 * g, 0.1), radius: 0.6 * g),
            Bead(place: Vector(x, -t.legLength * 0.62, pelvis.z + 0.25 - step), radius: w * 1.35),
            Bead(place: Vector(x, -t.legLength * 0.33, pelvis.z - 0.25 - step), radius: w * 0.95),
            Bead(place: Vector(x, -w, pelvis.z - 0.1 - step), radius: w * 0.95),
            Bead(place: Vector(x, -w * 0.85, pelvis.z - step + w * 0.8), radius: w),
          ]
        ))
    }
    parts.append((.tail, tail(t, from: pelvis + Vector(0, -0.3 * g, -0.6 * g), onGround: false)))
    return (parts, neck + Vector(0, -0.7 - 0.45 * t.neckLength, 0.5))
  }

  private static func lying(_ t: BodyTraits) -> Beads {
    let (g, w) = (t.girth, t.legWidth)
    let pelvis = Vector(0, -0.85 * g, -t.trunkLength * 0.95)
    let chest = Vector(0, -0.95 * g, 0)
    let neck = chest + Vector(0, -0.5 * g - 0.45 * t.neckLength, 0.4)
    var parts: [(BodyPart.Kind, [Bead])] = [
      (
        .trunk,
        [
          Bead(place: pelvis, radius: 0.85 * g), Bead(place: (pelvis + chest) / 2, radius: 0.9 * g),
          Bead(place: chest, radius: 0.9 * g), Bead(place: neck, radius: 0.62),
        ]
      )
    ]
    for side in [-1.0, 1.0] {
      let x = side * 0.55 * g
      parts.append(
        (
          .foreleg,
          [
            Bead(place: Vector(x, -0.6 * g, 0.25), radius: w * 1.4),
            Bead(place: Vector(x * 1.1, -w * 1.1, 0.55), radius: w * 1.1),
            Bead(place: Vector(x, -w, 0.6 + t.legLength * 0.55), radius: w),
          ]
        ))
      parts.append(
        (
          .thigh,
          [
            Bead(place: pelvis + Vector(side * 0.55 * g, 0.05, 0.15), radius: 0.65 * g),
            Bead(place: Vector(side * 0.85 * g, -0.45 * g, pelvis.z + 0.75 * g), radius: 0.42 * g),
          ]
        ))
      parts.append(
        (
          .hindleg,
          [
            Bead(place: Vector(side * 0.95 * g, -w, pelvis.z + 0.1), radius: w),
            Bead(place: Vector(side * 1.0 * g, -w, pelvis.z + 1.0), radius: w),
          ]
        ))
    }
    parts.append((.tail, tail(t, from: pelvis + Vector(0, 0.3 * g, -0.75 * g), onGround: true)))
    return (parts, neck + Vector(0, -0.7 - 0.45 * t.neckLength, 0.4))
  }

  private static func tail(_ t: BodyTraits, from root: Vector, onGround: Bool) -> [Bead] {
    let count = 9
    return (0..<count).map { index in
      let s = Double(index) / Double(count - 1)
      let reach = t.tailLength * s
      var place = root
      var radius = t.tailWidth
      switch t.tail {
      case .slim where onGround:
        // Round the animal's side, along the ground.
        let (around, width) = (s * 2.3, t.tailLength * 0.45)
        place += Vector((t.tailBend < 0 ? -1 : 1) * width * sine(around), 0, width * (1 - cosine(around)))
        place.y = mix(root.y, -t.tailWidth, min(s * 3, 1))
      case .slim:
        place += Vector(
          0.2 * t.tailBend * reach, -reach * (0.2 + 0.6 * t.tailBend * s), -reach * (0.75 - 0.35 * s))
      case .sabre:
        place += Vector(0.3 * t.tailBend * reach, -reach * (0.35 + 0.45 * s), -reach * (0.75 - 0.4 * s))
        radius *= 1.15 - 0.65 * s
      case .curled:
        let around = s * 4.6
        place += Vector(
          0.35 * t.tailBend * s, -0.55 * (1 - cosine(around)) * (1 - 0.35 * s), -0.5 * sine(around))
        radius *= 1.25 - 0.5 * s
      case .short:
        place += Vector(0, -0.5 * s, -0.35 * s)
        radius *= 1.2 - 0.3 * s
      }
      return Bead(place: place, radius: radius)
    }
  }
}
