import WhiskerTensors

/// Paints furry shapes: colour, markings, hairs, and the light on them.
struct FurPainter {
  var canvas: Canvas
  var coat: Coat
  var light: Light
  /// The head's radius in the picture: the unit of hair lengths.
  var unit: Double
  var random: RandomStream

  /// Paints a chain of circles covered in fur.
  ///
  /// `markings` paints over the base colour, and `shade` tells how strongly the light models the shape.
  mutating func paint(
    _ chain: Chain, base: Color, fluff: Double = 1, shade: Double = 1, hairs: Double = 1,
    markings: (Canvas) -> Void = { _ in }
  ) {
    let edge = coat.fluff * unit * fluff
    canvas.layer(within: chain.bounds.grown(by: edge + 0.01)) {
      canvas.fill(chain.path, base)
      fringe(chain, base, length: edge)
      canvas.onTop {
        markings(canvas)
        comb(chain, density: hairs)
        model(chain, strength: shade)
      }
    }
  }

  /// Hairs that stand off the outline.
  private mutating func fringe(_ chain: Chain, _ color: Color, length: Double) {
    var path = Path()
    let slenderness = chain.length / max(chain.girth, 1e-6)
    for _ in 0..<Int(80 + 50 * min(slenderness, 8)) {
      let circle = chain.circle(at: random.between(0, 1))
      let outwards = Point(angle: random.between(0, turn))
      let root = circle.center + outwards * circle.radius * 0.9
      let lean = (outwards + Point(random.between(-0.4, 0.4), 0.5 + random.between(-0.3, 0.3))).normalized
      let tip = root + outwards * circle.radius * 0.1 + lean * length * random.between(0.3, 1)
      path.addHair(from: root, to: tip, width: 0.07 * unit)
    }
    canvas.fill(path, color)
  }

  /// Lighter and darker hairs along the growth of the fur.
  private mutating func comb(_ chain: Chain, density: Double) {
    let slenderness = chain.length / max(chain.girth, 1e-6)
    let count = Int(min(170, 60 + 50 * slenderness) * density)
    // White hairs would glitter on black fur.
    let sheen = Color.white.opacity(0.05 + 0.14 * coat.base.brightness)
    for tone in [light.shadow.opacity(0.2), sheen, light.shadow.opacity(0.12)] {
      var path = Path()
      for _ in 0..<count {
        let place = random.between(0, 1)
        let circle = chain.circle(at: place)
        let outwards = Point(angle: random.between(0, turn)) * random.between(0.05, 1).squareRoot()
        let root = circle.center + outwards * circle.radius
        let along = (chain.direction(at: place) * 0.6 + outwards + Point(0, 0.35)).normalized
        let length = (0.1 + coat.fluff) * unit * random.between(0.5, 1.3)
        path.addHair(from: root, to: root + along * length, width: 0.035 * unit)
      }
      canvas.fill(path, tone)
    }
  }

  /// Shadow that deepens away from the light.
  ///
  /// A dark cover is taken away again by ever smaller copies of the shape, moved towards the light.
  private func model(_ chain: Chain, strength: Double) {
    let steps = 6
    canvas.layer(within: chain.bounds.grown(by: coat.fluff * unit), opacity: light.shade * strength) {
      canvas.cover(.color(light.shadow))
      canvas.erasing {
        for step in 0..<steps {
          let part = Double(step) / Double(steps - 1)
          let smaller = chain.scaled(
            mix(0.98, 0.42, part), shiftedBy: light.direction * mix(0.06, 0.36, part))
          canvas.fill(smaller.path, Color.black.opacity(0.3))
        }
      }
    }
  }
}
