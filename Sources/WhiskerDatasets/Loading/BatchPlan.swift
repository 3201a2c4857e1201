package import WhiskerTensors

/// Which samples each batch holds: a pure function of the step, computed once for each.
package struct BatchPlan: Sendable {
  private enum Kind {
    case training(RandomKey?)
    case balanced(BalancedOrder)
    case evaluation(samples: Int)
  }

  private var kind: Kind
  private let count: Int
  private let batchSize: Int
  /// All steps.
  package let steps: Range<Int>
  private var shuffled = (pass: -1, order: [Int]())

  /// The endless training stream as the sampling asks for it, of samples by their classes.
  package static func training(
    _ sampling: ClassSampling, classIndices: [Int], batchSize: Int, key: RandomKey?, fromStep step: Int
  ) -> BatchPlan {
    switch sampling {
    case .natural: return training(count: classIndices.count, batchSize: batchSize, key: key, fromStep: step)
    case .balanced:
      precondition(step >= 0, "a stream of batches can't begin at step \(step)")
      return BatchPlan(
        .balanced(BalancedOrder(classIndices, key: key)), count: classIndices.count, batchSize: batchSize,
        steps: step..<Int.max)
    }
  }

  /// The endless training stream; `key` shuffles each pass, nil keeps the dataset's order.
  package static func training(count: Int, batchSize: Int, key: RandomKey?, fromStep step: Int) -> BatchPlan {
    precondition(step >= 0, "a stream of batches can't begin at step \(step)")
    return BatchPlan(.training(key), count: count, batchSize: batchSize, steps: step..<Int.max)
  }

  /// One pass in the dataset's order, or `steps` full batches of samples spread evenly over it.
  ///
  /// Place i of n takes the sample ⌊i · count / n⌋: datasets are ordered by class, so that the first samples would be
  /// of one class alone.
  package static func evaluation(count: Int, batchSize: Int, steps: Int?) -> BatchPlan {
    precondition(batchSize > 0, "no batches of \(batchSize) samples")
    let all = (count + batchSize - 1) / batchSize
    let steps = min(all, max(0, steps ?? all))
    return BatchPlan(
      .evaluation(samples: min(count, steps * batchSize)), count: count, batchSize: batchSize,
      steps: 0..<steps)
  }

  private init(_ kind: Kind, count: Int, batchSize: Int, steps: Range<Int>) {
    precondition(count > 0 && batchSize > 0, "no batches of \(batchSize) from \(count) samples")
    self.kind = kind
    self.count = count
    self.batchSize = batchSize
    self.steps = steps
  }

  /// The samples of one batch; cheapest when steps are asked for in order.
  package mutating func draws(ofStep step: Int) -> [SampleDraw] {
    let first = step * batchSize
    switch kind {
    case .evaluation(let samples):
      return (first..<min(samples, first + batchSize)).map { place in
        SampleDraw(index: place * count / samples, pass: 0)
      }
    case .balanced(var order):
      // Changed in place: a copy would copy its orders.
      kind = .training(nil)
      defer { kind = .balanced(order) }
      return (first..<first + batchSize).map { order.draw(at: $0) }
    case .training(nil):
      return (first..<first + batchSize).map { SampleDraw(index: $0 % count, pass: $0 / count) }
    case .training(let key?):
      return (first..<first + batchSize).map { place in
        let pass = place / count
        if shuffled.pass != pass {
          var stream = RandomStream(key.derived(UInt64(pass)))
          shuffled = (pass, stream.permutation(count))
        }
        return SampleDraw(index: shuffled.order[place % count], pass: pass)
      }
    }
  }
}
