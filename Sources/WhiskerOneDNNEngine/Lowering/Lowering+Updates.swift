import WhiskerGraph
import WhiskerSystem

extension Lowering {
  /// One pass over the weight, its gradient and its slots, all in the weight's layout.
  func lowerUpdate(
    _ value: Value, _ rule: UpdateRule, weightDecay: Float, _ name: String
  ) throws(WhiskerError) {
    let operands = graph[value].operands
    let (gradient, rate) = (operands[0], operands[1])
    let wish = try placement(of: gradient).layout
    let layout = try claimState(name, wish)
    let weight = newBuffer(.state(name))
    let source = try placement(of: gradient, in: layout)
    let learningRate = try rowMajor(rate)
    let step = try operands.count == 3 ? [rowMajor(operands[2]).buffer] : []
    var slots: [Buffer] = []
    for slot in rule.slots {
      let slotName = slot.name(for: name)
      guard try claimState(slotName, layout) == layout else {
        throw WhiskerError(.malformed, slotName, expected: "its weight's layout", got: "another")
      }
      slots.append(newBuffer(.state(slotName)))
    }
    let count = layout.storedCount
    append(
      LoopStep("update", [weight, source.buffer, learningRate.buffer] + step + slots) { memory in
        let settings = UpdateSettings(
          rule, rate: memory[2][0], step: step.isEmpty ? 1 : memory[3][0], weightDecay: weightDecay)
        let slots = Array(memory.dropFirst(3 + step.count))
        parallelLoop(over: (count + updateWidth - 1) / updateWidth, grain: 256) { blocks in
          let range = blocks.lowerBound * updateWidth..<min(blocks.upperBound * updateWidth, count)
          settings.apply(to: memory[0], gradient: memory[1], slots: slots, range: range)
        }
      })
  }
}

extension Lowering {
  /// `x · min(1, c / √s)`.
  func lowerClipNorm(_ value: Value, _ bound: Float) throws(WhiskerError) {
    let operands = graph[value].operands
    let source = try placement(of: operands[0])
    let squares = try rowMajor(operands[1])
    let output = allocate(value, source.layout)
    let count = source.layout.storedCount
    append(
      LoopStep("clipNorm", [source.buffer, squares.buffer, output]) { memory in
        let (x, result) = (memory[0], memory[2])
        let factor = Float(min(1, Double(bound) / Double(memory[1][0]).squareRoot()))
        parallelLoop(over: count, grain: 4096) { range in
          for index in range { result[index] = factor * x[index] }
        }
      })
  }
}

extension Lowering {
  /// `state ← momentum · state + (1 − momentum) · x`.
  func lowerMovingAverage(_ value: Value, _ momentum: Float, _ name: String) throws(WhiskerError) {
    let x = graph[value].operands[0]
    let layout = try claimState(name, try placement(of: x).layout)
    let source = try placement(of: x, in: layout)
    let count = layout.storedCount
    append(
      LoopStep("movingAverage", [newBuffer(.state(name)), source.buffer]) { memory in
        for index in 0..<count {
          memory[0][index] = momentum * memory[0][index] + (1 - momentum) * memory[1][index]
        }
      })
  }
}

extension Lowering {
  /// `state ← state + share · (x − state)`.
  func lowerBlend(_ value: Value, _ name: String) throws(WhiskerError) {
    let operands = graph[value].operands
    let layout = try claimState(name, try placement(of: operands[0]).layout)
    let source = try placement(of: operands[0], in: layout)
    let share = try rowMajor(operands[1])
    let count = layout.storedCount
    append(
      LoopStep("blend", [newBuffer(.state(name)), source.buffer, share.buffer]) { memory in
        let (state, x, share) = (memory[0], memory[1], memory[2][0])
        parallelLoop(over: count, grain: 4096) { range in
          for index in range { state[index] += share * (x[index] - state[index]) }
        }
      })
  }
}

/// Elements updated at once.
private let updateWidth = 16
private typealias Lanes = SIMD16<Float>

/// An update rule with what is the same for all elements in one step.
private struct UpdateSettings {
  let rule: UpdateRule
  let rate: Float
  /// The rate with Adam's correction.
  let correctedRate: Float
  /// What a weight is multiplied by before its update.
  let decay: Float

  init(_ rule: UpdateRule, rate: Float, step: Float, weightDecay: Float) {
    self.rule = rule
    self.rate = rate
    correctedRate = Float(Double(rate) * rule.rateCorrection(step: Double(step)))
    decay = 1 - weightDecay * rate
  }

  /// Changes the elements of a range; the last may be fewer than a full vector.
  func apply(
    to weights: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>,
    slots: [UnsafeMutablePointer<Float>], range: Range<Int>
  ) {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: updateWidth) {
      let count = min(updateWidth, range.upperBound - start)
      var w = load(weights + start, count)
      let g = load(gradient + start, count)
      if decay != 1 { w *= decay }
      switch rule {
      case .sgd(let momentum, let isNesterov):
        if momentum == 0 {
          w -= rate * g
        } else {
          let m = momentum * load(slots[0] + start, count) - rate * g
          store(m, slots[0] + start, count)
          w += isNesterov ? momentum * m - rate * g : m
        }
      case .rmsprop(let rho, let momentum, let epsilon, let isCentered):
        let v = rho * load(slots[0] + start, count) + (1 - rho) * (g * g)
        store(v, slots[0] + start, count)
        var denominator = v
        if isCentered, let slot = slots.last {
          let average = rho * load(slot + start, count) + (1 - rho) * g
          store(average, slot + start, count)
          denominator -= average * average
        }
        let step = rate * g / (denominator + epsilon).squareRoot()
        if momentum == 0 {
          w -= step
        } else {
          let m = momentum * load(slots[1] + start, count) + step
          store(m, slots[1] + start, count)
          w -= m
        }
      case .adam(let beta1, let beta2, let epsilon, let isAMSGrad):
        var m = load(slots[0] + start, count)
        m += (1 - beta1) * (g - m)
        store(m, slots[0] + start, count)
        var v = load(slots[1] + start, count)
        v += (1 - beta2) * (g * g - v)
        store(v, slots[1] + start, count)
        if isAMSGrad {
          v = pointwiseMax(v, load(slots[2] + start, count))
          store(v, slots[2] + start, count)
        }
        w -= correctedRate * m / (v.squareRoot() + epsilon)
      }
      store(w, weights + start, count)
    }
  }

  @inline(__always)
  private func load(_ pointer: UnsafeMutablePointer<Float>, _ count: Int) -> Lanes {
    if count == updateWidth { return UnsafeRawPointer(pointer).loadUnaligned(as: Lanes.self) }
    var lanes = Lanes()
    for index in 0..<count { lanes[index] = pointer[index] }
    return lanes
  }

  @inline(__always)
  private func store(_ lanes: Lanes, _ pointer: UnsafeMutablePointer<Float>, _ count: Int) {
    if count == updateWidth { return UnsafeMutableRawPointer(pointer).storeBytes(of: lanes, as: Lanes.self) }
    for index in 0..<count { pointer[index] = lanes[index] }
  }
}
