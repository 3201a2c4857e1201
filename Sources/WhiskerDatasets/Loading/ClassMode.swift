import WhiskerTensors

/// How classes become labels; the names are Keras's.
public enum ClassMode: String, Hashable, Sendable, CaseIterable, Codable {
  /// 0 or 1, `[N]`: the probability of the second class. Two classes only.
  case binary
  /// A row with a 1 in the place of the class, `[N, classes]`.
  case categorical
  /// The number of the class, `[N]`.
  case sparse

  /// The usual mode for a number of classes: `binary` for two, otherwise `categorical`.
  public init(forClasses count: Int) { self = count == 2 ? .binary : .categorical }

  /// The shape of one sample's label.
  func labelShape(classes: Int) -> Shape {
    switch self {
    case .binary, .sparse: []
    case .categorical: [classes]
    }
  }

  /// The labels of a batch.
  func labels(of classIndices: [Int], classes: Int) -> Tensor {
    let shape = labelShape(classes: classes).batched(classIndices.count)
    switch self {
    case .binary, .sparse: return Tensor(shape: shape, values: classIndices.map(Float.init))
    case .categorical:
      var labels = Tensor(shape: shape)
      for (row, index) in classIndices.enumerated() { labels.values[row * classes + index] = 1 }
      return labels
    }
  }
}
