import Foundation
import WhiskerDatasets
public import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTraining

/// Finds a learning rate: trains some steps while the rate rises from step to step, and watches the loss (Smith, "Cyclical
/// learning rates for training neural networks", 2017).
///
/// Too small a rate leaves the loss where it is, a good one lets it fall, too large a one makes it rise again. Nothing is kept
/// of the training.
public struct RateSearch: Sendable {
  /// What would be trained: the data, the recipe and the seed; nothing is written.
  public var run: TrainingRun
  /// The rate of the first step, above 0.
  public var lowest: Float = 1e-7
  /// The rate of the last step, above ``lowest``.
  public var highest: Float = 1
  /// Steps, at least 10; fewer where the loss grows to four times its least before.
  public var steps = 100

  /// A search for a run's rate.
  public init(_ run: TrainingRun) { self.run = run }

  /// What was measured.
  public struct Result: Hashable, Sendable, Encodable {
    /// Each step that was taken.
    public let points: [Point]
    /// The rate to train with; nil where the loss fell nowhere.
    public let suggestion: Double?

    init(_ points: [Point]) {
      self.points = points
      suggestion = Self.suggestion(points)
    }

    /// The middle of the longest fall: of the longest row of points up to the least, not necessarily neighbours, whose
    /// smoothed loss is lower each time (fast.ai's "valley" takes such a row too).
    ///
    /// A fall is more than 1 %, and more than single steps differ from the running mean.
    package static func suggestion(_ points: [Point]) -> Double? {
      // A running mean of few steps is as uneven as they are.
      let settled = Array(points.dropFirst(min(10, points.count / 4)))
      guard let least = settled.indices.min(by: { settled[$0].smoothed < settled[$1].smoothed }) else {
        return nil
      }
      let points = settled[...least]
      var (lengths, previous) = (
        [Int](repeating: 1, count: points.count), [Int?](repeating: nil, count: points.count)
      )
      for (index, point) in points.enumerated() {
        for earlier in 0..<index
        where points[earlier].smoothed > point.smoothed && lengths[earlier] >= lengths[index] {
          (lengths[index], previous[index]) = (lengths[earlier] + 1, earlier)
        }
      }
      var (fall, place) = ([points[least]], least)
      while let before = previous[place] {
        fall.insert(points[before], at: 0)
        place = before
      }
      let variance = points.reduce(0) { $0 + pow($1.loss - $1.smoothed, 2) } / Double(points.count)
      let depth = fall[0].smoothed - points[least].smoothed
      guard fall.count >= 5, depth > max(0.01 * abs(fall[0].smoothed), variance.squareRoot()) else {
        return nil
      }
      return fall[fall.count / 2].rate
    }
  }

  /// A step.
  public struct Point: Hashable, Sendable, Encodable {
    /// The learning rate.
    public let rate: Double
    /// The loss of its batch, before the step.
    public let loss: Double
    /// A running mean of the losses until then.
    public let smoothed: Double

    package init(rate: Double, loss: Double, smoothed: Double) {
      (self.rate, self.loss, self.smoothed) = (rate, loss, smoothed)
    }
  }

  /// Thrown to end training before its time.
  private struct Enough: Error {}

  /// How much a running mean keeps of itself in a step.
  private static let persistence = 0.9

  /// Searches.
  ///
  /// - Parameters:
  ///   - engine: The engine that computes.
  ///   - onEvent: Called with the events of a run: reading, and each step.
  /// - Throws: ``WhiskerSystem/WhiskerError`` as ``TrainingRun/run(on:onEvent:)`` does; `invalidSetting` for numbers out of range,
  ///   or a recipe that takes no steps. `CancellationError`.
  public func run(
    on engine: any Engine, onEvent: @escaping @Sendable (TrainingRun.Event) -> Void
  ) async throws -> Result {
    try check()
    var run = run
    var optimizer = run.recipe.phases.first?.optimizer ?? run.recipe.optimizer
    optimizer.learningRate = lowest
    optimizer.schedule = .exponentialDecay(over: .steps(steps - 1), rate: highest / lowest)
    optimizer.averaging = nil
    run.recipe.optimizer = optimizer
    run.recipe.phases = run.recipe.phases.prefix(1).map { phase in
      TrainingPhase(
        phase.name, training: phase.trained, trainsBatchNormalization: phase.trainsBatchNormalization)
    }
    run.start.keepsOptimizer = false
    let strategy = try await run.steps(on: engine, onEvent)
    _ = try await strategy.read()
    try await strategy.prepare(isNew: true)
    return Result(try await points(of: strategy, onEvent))
  }

  private func check() throws(WhiskerError) {
    guard run.recipe.trainsInSteps else {
      throw WhiskerError(
        .invalidSetting, "recipe", expected: "one that trains in steps", got: run.recipe.name)
    }
    guard lowest > 0, highest.isFinite, highest > lowest else {
      throw WhiskerError(
        .invalidSetting, "rates", expected: "two above 0, the second above the first",
        got: "\(lowest) and \(highest)")
    }
    guard steps >= 10 else {
      throw WhiskerError(.invalidSetting, "steps", expected: "at least 10", got: "\(steps)")
    }
  }

  /// Trains, and takes down the losses.
  private func points(
    of strategy: StepStrategy, _ onEvent: (TrainingRun.Event) -> Void
  ) async throws -> [Point] {
    var points: [Point] = []
    var (sum, mean) = (0.0, 0.0)
    let (first, growth) = (Double(lowest), log(Double(highest) / Double(lowest)) / Double(steps - 1))
    do {
      try await strategy.takeSteps(steps) { event in
        guard case .stepEnded(let step) = event else { return }
        onEvent(.training(event))
        // Training tells the mean since the beginning of the epoch.
        let loss = step.loss * Double(step.step) - sum
        sum += loss
        mean = Self.persistence * mean + (1 - Self.persistence) * loss
        let smoothed = mean / (1 - pow(Self.persistence, Double(step.step)))
        points.append(
          Point(rate: first * exp(growth * Double(step.step - 1)), loss: loss, smoothed: smoothed))
        let least = points.map(\.smoothed).min() ?? 0
        if points.count > 10, smoothed > 4 * abs(least) { throw Enough() }
      }
    } catch is Enough {
    } catch let error as WhiskerError where error.code == .lossNotFinite && !points.isEmpty {
      // The rate was too large: that is what was to be found out.
    }
    return points
  }
}
