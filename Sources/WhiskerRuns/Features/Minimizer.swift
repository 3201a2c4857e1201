/// Finds the lowest point of a smooth convex function: L-BFGS (Nocedal 1980; Liu and Nocedal 1989) with halved steps.
///
/// The same function and start give the same bits.
struct Minimizer {
  /// How many of the last steps the curvature is estimated from.
  var memory = 10
  /// Steps at most.
  var maximumSteps = 1000
  /// The largest part of the gradient at which the point counts as lowest.
  var tolerance = 1e-6

  /// A value with its gradient.
  typealias Slope = (value: Double, gradient: [Double])

  /// Minimises from a starting point.
  ///
  /// - Throws: what `slope` throws.
  func lowest(from start: [Double], _ slope: ([Double]) throws -> Slope) rethrows -> [Double] {
    var point = start
    var here = try slope(point)
    var steps: [(move: [Double], change: [Double], product: Double)] = []
    for _ in 0..<maximumSteps {
      let steepest = here.gradient.reduce(0) { max($0, abs($1)) }
      guard steepest > tolerance else { break }
      let direction = Self.direction(here.gradient, steps)
      let fall = Self.product(direction, here.gradient)
      guard fall < 0 else { break }
      // The first step has no curvature to go by.
      var length = steps.isEmpty ? min(1, 1 / Self.product(direction, direction).squareRoot()) : 1
      var next: (point: [Double], slope: Slope)?
      while length > 1e-12 {
        let tried = zip(point, direction).map { $0 + length * $1 }
        let there = try slope(tried)
        if there.value <= here.value + 1e-4 * length * fall {
          next = (tried, there)
          break
        }
        length /= 2
      }
      // Nothing lower within the numbers' precision.
      guard let next else { break }
      let move = zip(next.point, point).map { $0 - $1 }
      let change = zip(next.slope.gradient, here.gradient).map { $0 - $1 }
      let product = Self.product(move, change)
      if product > 1e-12 * Self.product(change, change) {
        if steps.count == memory { steps.removeFirst() }
        steps.append((move, change, product))
      }
      (point, here) = (next.point, next.slope)
    }
    return point
  }

  /// Minus the gradient times the estimated inverse curvature: the two loops.
  private static func direction(
    _ gradient: [Double], _ steps: [(move: [Double], change: [Double], product: Double)]
  ) -> [Double] {
    var direction = gradient.map { -$0 }
    var parts: [Double] = []
    for step in steps.reversed() {
      let part = product(step.move, direction) / step.product
      parts.append(part)
      for index in direction.indices { direction[index] -= part * step.change[index] }
    }
    if let last = steps.last {
      let scale = last.product / product(last.change, last.change)
      for index in direction.indices { direction[index] *= scale }
    }
    for (step, part) in zip(steps, parts.reversed()) {
      let back = part - product(step.change, direction) / step.product
      for index in direction.indices { direction[index] += back * step.move[index] }
    }
    return direction
  }

  private static func product(_ left: [Double], _ right: [Double]) -> Double {
    zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
