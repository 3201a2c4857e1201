import Synchronization

/// Arrays for the images of batches, reused when a batch is released: a stream allocates a few at the beginning
/// and none after that.
///
/// Each batch holds a ``BatchLease``; when the last copy of the batch is released, its array returns here.
/// Arrays are values: code that has kept the array itself (`batch.images`) and dropped the batch keeps its
/// numbers, since writing into a shared array makes a copy.
package final class BatchBuffers: Sendable {
  private struct State {
    var free: [[Float]] = []
    var lent: [Int: [Float]] = [:]
    var nextLease = 0
    var created = 0
  }

  private let capacity: Int
  private let state = Mutex(State())

  /// Buffers of which at most `capacity` are kept for reuse.
  init(keeping capacity: Int) { self.capacity = capacity }

  /// How many arrays were allocated so far.
  package var createdCount: Int { state.withLock { $0.created } }

  /// An array of `count` values, all of which `fill` must write: their previous contents are left over from
  /// another use.
  func filled<Failure: Error>(
    count: Int, by fill: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Void
  ) throws(Failure) -> (values: [Float], lease: BatchLease) {
    var values = take(count)
    let address = values.withUnsafeBufferPointer { UnsafeMutablePointer(mutating: $0.baseAddress) }
    try values.withUnsafeMutableBufferPointer { buffer throws(Failure) in
      if buffer.baseAddress != address { state.withLock { $0.created += 1 } }
      try fill(buffer)
    }
    return (values, lend(values))
  }

  private func take(_ count: Int) -> [Float] {
    let used: [Float]? = state.withLock { state in
      // The one that has waited longest: nobody is still releasing it.
      if let place = state.free.firstIndex(where: { $0.count == count }) {
        return state.free.remove(at: place)
      }
      state.created += 1
      return nil
    }
    return used ?? [Float](repeating: 0, count: count)
  }

  private func lend(_ values: [Float]) -> BatchLease {
    state.withLock { state in
      state.lent[state.nextLease] = values
      state.nextLease += 1
      return BatchLease(state.nextLease - 1, of: self)
    }
  }

  fileprivate func takeBack(_ lease: Int) {
    state.withLock { state in
      guard let values = state.lent.removeValue(forKey: lease) else { return }
      if state.free.count == capacity { state.free.removeFirst() }
      state.free.append(values)
    }
  }
}

/// Returns an array to ``BatchBuffers`` when the last copy of a batch is released.
package final class BatchLease: Sendable {
  private let number: Int
  private let buffers: BatchBuffers

  fileprivate init(_ number: Int, of buffers: BatchBuffers) {
    self.number = number
    self.buffers = buffers
  }

  deinit { buffers.takeBack(number) }
}

extension UnsafeMutableBufferPointer<Float> {
  /// The places of one sample in a batch of samples of the given size.
  func row(_ row: Int, of size: Int) -> UnsafeMutableBufferPointer {
    UnsafeMutableBufferPointer(rebasing: self[row * size..<(row + 1) * size])
  }
}
