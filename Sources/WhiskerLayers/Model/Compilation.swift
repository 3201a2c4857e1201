package import WhiskerGraph

/// What ``Model/compile(loss:optimizer:metrics:engine:)`` chose, and the programs made so far.
package struct Compilation: Sendable {
  package let loss: Loss
  /// How; its rate and schedule change while it is used.
  package var optimizer: Optimizer
  /// The factor on the rate of each weight that has one, by the weight's name.
  package let rateFactors: [String: Float]
  package let metrics: [Metric]
  package let engine: any Engine
  /// Programs by what they are for.
  package var programs: [ProgramKey: Program] = [:]
  /// What the engine holds of the model's state as it is now.
  package var engineContents = EngineContents.nothing

  /// How much of a model's state an engine holds; prediction needs no slots.
  package enum EngineContents: Int, Comparable, Sendable {
    case nothing, weights, weightsAndSlots

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// What a program is for.
  package struct ProgramKey: Hashable, Sendable {
    package let purpose: Purpose
    package let batchSize: Int
    /// Whether each sample counts in the loss with a weight of its own.
    package let isWeighted: Bool

    package init(_ purpose: Purpose, batchSize: Int, isWeighted: Bool) {
      self.purpose = purpose
      self.batchSize = batchSize
      self.isWeighted = isWeighted
    }
  }

  /// The graphs made of a model.
  package enum Purpose: Hashable, Sendable {
    case training, evaluation, prediction
    /// What a layer, by its position, has to do with a score.
    case attention(layer: Int)
  }
}
