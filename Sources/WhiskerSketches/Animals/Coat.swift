import WhiskerTensors

/// The colours and markings of an animal's fur, drawn alike for every animal.
struct Coat {
  enum Pattern: CaseIterable {
    case solid, striped, patched, spotted, saddled, pointed
  }

  /// Where the fur is white whatever the pattern.
  struct WhiteMarks {
    var muzzle: Bool
    var blaze: Bool
    var chest: Bool
    var paws: Bool
    var tailTip: Bool
  }

  var base: Color
  /// The colour of stripes, patches, spots, saddle or points.
  var second: Color
  var white: Color
  var pattern: Pattern
  var whiteMarks: WhiteMarks
  /// How strongly the second colour covers the first, 0 … 1.
  var contrast: Double
  /// How far hairs stand off the outline, in head radii.
  var fluff: Double
  /// What the skin of the nose and the inner ears tends to: 0 is pink, 1 is black.
  var skinDarkness: Double
  /// Sets where the markings fall.
  var markingKey: RandomKey

  init(_ random: inout RandomStream, markingKey: RandomKey) {
    base = random.pick(Self.colors).varied(by: 0.06, &random)
    pattern = random.pick([
      (.solid, weight: 2), (.striped, weight: 3), (.patched, weight: 2), (.spotted, weight: 1),
      (.saddled, weight: 1.5), (.pointed, weight: 1.5),
    ])
    let darker = base.darker(random.between(0.45, 0.75))
    let other = random.pick(Self.colors).varied(by: 0.06, &random)
    switch pattern {
    case .striped, .pointed: second = base.brightness < 0.22 ? base.lighter(0.22) : darker
    case .solid, .patched, .spotted, .saddled:
      second = abs(other.brightness - base.brightness) > 0.18 ? other : darker
    }
    white = Color(240, 236, 228).varied(by: 0.04, &random)
    let whiteness = random.pick([(0.0, weight: 2), (0.45, weight: 2), (0.85, weight: 1)])
    whiteMarks = WhiteMarks(
      muzzle: random.chance(Float(whiteness)), blaze: random.chance(Float(whiteness * 0.6)),
      chest: random.chance(Float(whiteness)), paws: random.chance(Float(whiteness)),
      tailTip: random.chance(Float(whiteness * 0.6)))
    contrast = random.between(0.5, 0.95)
    fluff = random.pick([(random.between(0.03, 0.08), weight: 3), (random.between(0.1, 0.22), weight: 1)])
    skinDarkness = random.pick([(random.between(0, 0.35), weight: 1), (random.between(0.65, 1), weight: 1)])
    self.markingKey = markingKey
  }

  private static let colors = [
    Color(44, 40, 40), Color(58, 52, 50), Color(84, 82, 84), Color(132, 130, 130), Color(118, 124, 136),
    Color(180, 176, 172), Color(234, 230, 222), Color(226, 206, 172), Color(204, 166, 120),
    Color(206, 132, 68), Color(180, 104, 54), Color(150, 86, 50), Color(104, 72, 52), Color(184, 152, 110),
    Color(138, 112, 84),
  ]
}
