import WhiskerTensors

extension RandomStream {
  /// Uniform between two numbers.
  mutating func between(_ low: Double, _ high: Double) -> Double { low + (high - low) * Double(uniform()) }

  /// Normal around a mean, kept within 2.5 deviations.
  mutating func around(_ mean: Double, _ deviation: Double) -> Double {
    mean + deviation * min(max(Double(normal()), -2.5), 2.5)
  }

  /// −1 or 1.
  mutating func sign() -> Double { chance(0.5) ? 1 : -1 }

  /// One of the given values, all alike.
  mutating func pick<Value>(_ values: [Value]) -> Value { values[integer(below: values.count)] }

  /// One of the given values, by weight.
  mutating func pick<Value>(_ values: [(Value, weight: Double)]) -> Value {
    precondition(!values.isEmpty, "there is nothing to pick from")
    var left = between(0, values.reduce(0) { $0 + $1.weight })
    for (value, weight) in values {
      left -= weight
      if left < 0 { return value }
    }
    return values[values.count - 1].0
  }

  /// A point within a rectangle.
  mutating func point(in rectangle: Rectangle) -> Point {
    Point(
      between(rectangle.minimum.x, rectangle.maximum.x), between(rectangle.minimum.y, rectangle.maximum.y))
  }
}
