import WhiskerTensors

/// Where the light comes from and how hard it is.
struct Light {
  /// From the object towards the light, of length 1.
  var direction: Point
  /// How dark the far side is, 0 … 1.
  var shade: Double
  /// The colour of shadows.
  var shadow: Color

  init(_ random: inout RandomStream) {
    direction = Point(angle: -turn / 4 + random.around(0, 0.55))
    shade = random.between(0.3, 0.6)
    shadow = random.pick([Color(24, 18, 26), Color(30, 20, 14), Color(14, 18, 30)])
  }
}
