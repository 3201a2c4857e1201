import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerOneDNNEngine
import WhiskerReferenceEngine
import WhiskerTensors
import WhiskerTraining

/// Both engines, the fast one on one thread so that its sums have one order.
enum EngineKind: String, CaseIterable, Sendable {
  case reference, oneDNN

  func make() -> any Engine {
    switch self {
    case .reference: ReferenceEngine()
    case .oneDNN: OneDNNEngine(.init(threads: 1))
    }
  }
}

/// A toy problem: pictures of 8 × 8 pixels of noise, brighter in the left half for class 0, the right half for
/// class 1, and in both for class 2.
struct Toy {
  let images: Tensor
  /// The number of each picture's class.
  let classes: [Int]

  init(_ count: Int, classes classCount: Int = 2, seed: UInt64 = 1) {
    var stream = RandomStream(RandomKey(seed: seed))
    var values: [Float] = []
    var classes: [Int] = []
    for _ in 0..<count {
      let label = stream.integer(below: classCount)
      classes.append(label)
      for pixel in 0..<64 {
        let isLeft = pixel % 8 < 4
        let isBright = label == 2 || isLeft == (label == 0)
        values.append((isBright ? 0.6 : 0.1) + 0.3 * stream.uniform())
      }
    }
    images = Tensor(shape: [count, 8, 8, 1], values: values)
    self.classes = classes
  }

  /// Class numbers, `[N]`.
  var labels: Tensor { Tensor(shape: [classes.count], values: classes.map(Float.init)) }

  /// Rows with a single 1, `[N, classes]`.
  func oneHot(_ count: Int) -> Tensor {
    var tensor = Tensor(shape: [classes.count, count])
    for (row, label) in classes.enumerated() { tensor.values[row * count + label] = 1 }
    return tensor
  }

  func dataset(batchSize: Int = 8, seed: UInt64 = 0) throws -> ArrayDataset {
    try ArrayDataset(images: images, labels: labels, batchSize: batchSize, seed: seed)
  }
}

/// A small convnet for ``Toy``; every layer with weights and dropout are in it.
func toyModel(
  outputs: Int = 1, last: ActivationFunction? = .sigmoid, dropout: Float = 0, seed: UInt64 = 0
) -> Sequential {
  Sequential(input: [8, 8, 1], seed: seed) {
    Conv2D(4, kernel: 3, activation: .relu)
    MaxPooling2D(2)
    Flatten()
    Dropout(dropout)
    Dense(8, activation: .relu)
    Dense(outputs, activation: last)
  }
}

/// The largest difference between two sets of weights, as a fraction of the norm of each.
func relativeDifference(_ a: [String: Tensor], _ b: [String: Tensor]) -> Double {
  precondition(a.keys == b.keys, "the sets differ in names")
  return a.reduce(0) { largest, entry in
    guard let other = b[entry.key] else { return .infinity }
    let difference = Tensor(
      shape: other.shape, values: zip(entry.value.values, other.values).map { $0 - $1 })
    return max(largest, difference.norm / max(other.norm, 1e-3))
  }
}
