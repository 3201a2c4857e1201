import WhiskerTensors

/// Some neighbouring samples of a batch.
struct BatchPart: Hashable {
  /// The place of the first in the batch.
  let first: Int
  /// How many there are.
  let count: Int

  /// A batch in as few and as even parts as keep a tensor's samples within a number of bytes.
  ///
  /// The rule looks at the shape alone, so that runs repeat.
  static func parts(of tensor: Shape, within byteCount: Int) -> [BatchPart] {
    let (batch, sampleByteCount) = (tensor[0], tensor.withoutBatch.count * MemoryLayout<Float>.stride)
    let largest = max(1, byteCount / max(1, sampleByteCount))
    let parts = (batch + largest - 1) / largest
    return (0..<parts).map { part in
      let (first, end) = (batch * part / parts, batch * (part + 1) / parts)
      return BatchPart(first: first, count: end - first)
    }
  }
}
