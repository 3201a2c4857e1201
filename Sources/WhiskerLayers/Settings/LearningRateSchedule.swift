import Foundation
import WhiskerSystem

/// How the learning rate changes from step to step: a factor on the optimizer's own rate, as a function of the
/// steps `t` since the optimizer began.
///
/// The formulas are Keras's (`keras.optimizers.schedules`).
public enum LearningRateSchedule: Hashable, Sendable {
  /// For the length W of the warm-up `s + (1 − s) · t / W`, a straight line from s to 1; then `α + (1 − α) · (1 + cos(π ·
  /// (t − W) / D)) / 2`, for the length D a half wave from 1 to α, where it stays (Loshchilov and Hutter, "SGDR", 2017).
  ///
  /// A D that is a share of the training ends with it at the latest: with the share 1 it is what the warm-up leaves.
  case cosineDecay(
    over: TrainingSpan, alpha: Float = 0, warmup: TrainingSpan = .steps(0), warmupStart: Float = 0)
  /// `rate^(t / D)`, which rises for rates above 1; as a staircase `rate^⌊t / D⌋`.
  case exponentialDecay(over: TrainingSpan, rate: Float, isStaircase: Bool = false)
  /// A half wave from `start` to 1 over the first `rise` of the length D, then one from 1 to `end`, where it stays (Smith and
  /// Topin, "Super-convergence", 2018; PyTorch's `OneCycleLR`, whose momentum doesn't change here).
  case oneCycle(over: TrainingSpan, rise: Float = 0.3, start: Float = 0.04, end: Float = 4e-6)
  /// The first factor up to and with the step of the first boundary, then the second, and so on.
  case piecewiseConstant(boundaries: [TrainingSpan], factors: [Float])

  /// The factor after `t` steps of a training of some length.
  public func factor(at t: Int, in length: TrainingLength) -> Double {
    switch self {
    case .cosineDecay(let span, let alpha, let warmup, let start):
      let warmup = warmup.steps(in: length)
      let decay = decaySteps(span, after: warmup, in: length)
      if t < warmup { return Double(start) + (1 - Double(start)) * Double(t) / Double(warmup) }
      let place = Double(min(t - warmup, decay)) / Double(max(1, decay))
      return Double(alpha) + (1 - Double(alpha)) * (1 + cos(.pi * place)) / 2
    case .exponentialDecay(let span, let rate, let isStaircase):
      let place = Double(t) / Double(max(1, span.steps(in: length)))
      return pow(Double(rate), isStaircase ? place.rounded(.down) : place)
    case .oneCycle(let span, let rise, let start, let end):
      // PyTorch counts to the last step, and not behind it.
      let last = Double(span.steps(in: length) - 1)
      let peak = Double(rise) * (last + 1) - 1
      func wave(from: Float, to: Float, _ place: Double) -> Double {
        Double(to) + (Double(from) - Double(to)) * (1 + cos(.pi * min(1, max(0, place)))) / 2
      }
      if Double(t) <= peak { return wave(from: start, to: 1, Double(t) / max(peak, 1e-9)) }
      return wave(from: 1, to: end, (Double(t) - peak) / max(last - peak, 1e-9))
    case .piecewiseConstant(let boundaries, let factors):
      let passed = boundaries.prefix { t > $0.steps(in: length) }.count
      return Double(factors[passed])
    }
  }

  /// The steps of a decay, which as a share doesn't last beyond the training.
  private func decaySteps(_ span: TrainingSpan, after warmup: Int, in length: TrainingLength) -> Int {
    let steps = span.steps(in: length)
    return span.isShare ? min(steps, max(0, length.steps - warmup)) : steps
  }

  /// The same schedule with every span in steps.
  public func resolved(in length: TrainingLength) -> LearningRateSchedule {
    func steps(_ span: TrainingSpan) -> TrainingSpan { .steps(span.steps(in: length)) }
    return switch self {
    case .cosineDecay(let span, let alpha, let warmup, let start):
      .cosineDecay(
        over: .steps(decaySteps(span, after: warmup.steps(in: length), in: length)), alpha: alpha,
        warmup: steps(warmup), warmupStart: start)
    case .exponentialDecay(let span, let rate, let isStaircase):
      .exponentialDecay(over: steps(span), rate: rate, isStaircase: isStaircase)
    case .oneCycle(let span, let rise, let start, let end):
      .oneCycle(over: steps(span), rise: rise, start: start, end: end)
    case .piecewiseConstant(let boundaries, let factors):
      .piecewiseConstant(boundaries: boundaries.map(steps), factors: factors)
    }
  }

  /// Its spans.
  private var spans: [TrainingSpan] {
    switch self {
    case .cosineDecay(let span, _, let warmup, _): [span, warmup]
    case .exponentialDecay(let span, _, _), .oneCycle(let span, _, _, _): [span]
    case .piecewiseConstant(let boundaries, _): boundaries
    }
  }

  /// Whether the rate depends on how long training lasts.
  package var dependsOnLength: Bool { spans.contains(where: \.isShare) }

  /// Checks every number; errors name the setting.
  func check() throws(WhiskerError) {
    func require(_ isValid: Bool, _ name: String, _ expected: String, _ value: some Any) throws(WhiskerError)
    {
      guard isValid else {
        throw WhiskerError(.invalidSetting, "schedule", "\(name): expected \(expected), got \(value)")
      }
    }
    func requireSpan(_ span: TrainingSpan, _ name: String, mayBeZero: Bool) throws(WhiskerError) {
      // More steps than a whole number holds can't be meant.
      let isValid = (mayBeZero ? span.number >= 0 : span.number > 0) && span.number <= 1e9
      try require(isValid, name, mayBeZero ? "at least 0" : "a number above 0", span.number)
      try require(!span.isShare || span.number <= 1, name, "a share of at most 1", span.number)
    }
    switch self {
    case .cosineDecay(let span, let alpha, let warmup, let start):
      try requireSpan(span, "decay", mayBeZero: false)
      try requireSpan(warmup, "warm-up", mayBeZero: true)
      try require((0...1).contains(alpha), "alpha", "a number from 0 to 1", alpha)
      try require((0...1).contains(start), "warm-up start", "a number from 0 to 1", start)
    case .exponentialDecay(let span, let rate, _):
      try requireSpan(span, "decay", mayBeZero: false)
      try require(rate > 0 && rate.isFinite, "decay rate", "a number above 0", rate)
    case .oneCycle(let span, let rise, let start, let end):
      try requireSpan(span, "cycle", mayBeZero: false)
      try require((0...1).contains(rise), "rise", "a number from 0 to 1", rise)
      try require((0...1).contains(start), "start", "a number from 0 to 1", start)
      try require((0...1).contains(end), "end", "a number from 0 to 1", end)
    case .piecewiseConstant(let boundaries, let factors):
      try require(
        factors.count == boundaries.count + 1, "factors", "one more than boundaries (\(boundaries.count))",
        factors.count)
      for boundary in boundaries { try requireSpan(boundary, "boundaries", mayBeZero: true) }
      let numbers = boundaries.map(\.number)
      try require(numbers == numbers.sorted(), "boundaries", "them in order", numbers)
      for factor in factors {
        try require(factor > 0 && factor.isFinite, "factors", "numbers above 0", factor)
      }
    }
  }
}
