public import WhiskerTensors

/// What a fixture holds of a tensor: its norm, its inner products with formula vectors, and some of its elements.
///
/// `Tools/reference/digest.py` makes them.
public struct TensorDigest: Decodable, Sendable {
  /// The axes.
  public let shape: Shape
  /// The Euclidean norm.
  public let norm: Double
  /// The inner products with `Formula.uniform("projection/0")`, `"projection/1"`, ….
  public let projections: [Double]
  /// The places of ``values`` in row-major order; nil if they are all there.
  public let indices: [Int]?
  /// The elements at ``indices``.
  public let values: [Float]

  /// How far a tensor lies from the one that the digest was made of, as a part of that one's norm.
  ///
  /// The largest of three: the distance of the norms; the distance of the whole tensors, estimated from the
  /// projections (a unit vector's inner product with a formula vector has mean square ⅓); and the distance of
  /// the elements given, which is exact if all are. Infinity if the shapes differ or a value is no number.
  public func distance(to tensor: Tensor) -> Double {
    guard tensor.shape == shape else { return .infinity }
    var squares = 0.0
    for (number, projection) in projections.enumerated() {
      let vector = Formula.uniform("projection/\(number)", [shape.count]).values
      let found = zip(tensor.values, vector).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      squares += (found - projection) * (found - projection)
    }
    let estimate = (3 * squares / Double(projections.count)).squareRoot()
    let places = indices ?? Array(values.indices)
    let sampled = zip(places, values).reduce(0.0) { sum, sample in
      let difference = Double(tensor.values[sample.0]) - Double(sample.1)
      return sum + difference * difference
    }
    let distances = [abs(tensor.norm - norm), estimate, sampled.squareRoot()]
    guard distances.allSatisfy(\.isFinite) else { return .infinity }
    return (distances.max() ?? .infinity) / norm
  }
}
