import WhiskerTensors

/// A colour with opacity, each part in 0 … 1.
struct Color: Hashable, Sendable {
  var red: Double
  var green: Double
  var blue: Double
  var opacity: Double = 1

  static let black = Color(0, 0, 0)
  static let white = Color(255, 255, 255)

  /// A colour of 8-bit parts.
  init(_ red: Double, _ green: Double, _ blue: Double, opacity: Double = 1) {
    self.red = red / 255
    self.green = green / 255
    self.blue = blue / 255
    self.opacity = opacity
  }

  /// A colour of a hue in turns, a saturation and a value in 0 … 1.
  init(hue: Double, saturation: Double, value: Double) {
    func part(_ offset: Double) -> Double {
      let position = ((hue * 6 + offset).truncatingRemainder(dividingBy: 6) + 6)
        .truncatingRemainder(dividingBy: 6)
      return 255 * value * (1 - saturation * max(0, min(position, 4 - position, 1)))
    }
    self.init(part(5), part(3), part(1))
  }

  func opacity(_ opacity: Double) -> Color {
    var color = self
    color.opacity = opacity
    return color
  }

  func mixed(with other: Color, _ amount: Double) -> Color {
    var color = self
    color.red = mix(red, other.red, amount)
    color.green = mix(green, other.green, amount)
    color.blue = mix(blue, other.blue, amount)
    return color
  }

  func lighter(_ amount: Double) -> Color { mixed(with: .white, amount) }

  func darker(_ amount: Double) -> Color { mixed(with: .black, amount) }

  /// How bright the eye sees it, in 0 … 1.
  var brightness: Double { 0.299 * red + 0.587 * green + 0.114 * blue }

  /// The colour with each part moved by up to `amount`, and all three together by as much again.
  func varied(by amount: Double, _ random: inout RandomStream) -> Color {
    var color = self
    let common = random.between(-amount, amount)
    color.red = min(max(red + common + random.between(-amount, amount) / 2, 0), 1)
    color.green = min(max(green + common + random.between(-amount, amount) / 2, 0), 1)
    color.blue = min(max(blue + common + random.between(-amount, amount) / 2, 0), 1)
    return color
  }
}

/// What a shape is filled with.
enum Paint {
  case color(Color)
  case linear(from: Point, to: Point, [Color])
  case radial(Circle, [Color])
}
