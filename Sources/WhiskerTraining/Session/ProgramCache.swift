package import WhiskerGraph

/// The programs of a model that were used last, by what they are for: few, so that a hundred batch sizes don't
/// take more memory than a few.
package struct ProgramCache {
  /// What a program is for.
  package struct Key: Hashable, Sendable {
    package let purpose: Purpose
    package let batchSize: Int
    /// Whether the samples have weights in the loss.
    package let isWeighted: Bool
    /// Whether averages serve for the weights.
    package let isAveraged: Bool
    /// The network's form; nil for its own.
    package let form: NetworkForm?

    package init(
      _ purpose: Purpose, batchSize: Int, isWeighted: Bool = false, isAveraged: Bool = false,
      form: NetworkForm? = nil
    ) {
      self.form = form
      self.isAveraged = isAveraged
      self.purpose = purpose
      self.batchSize = batchSize
      self.isWeighted = isWeighted
    }
  }

  /// The graphs made of a model.
  package enum Purpose: Hashable, Sendable {
    case training, evaluation, prediction
    /// The part of a step that changes no weights.
    case accumulation
    /// The step of the averages towards the weights.
    case averaging
    /// How large the weights are.
    case magnitudes
    /// What the normalisations of a training batch saw.
    case statistics
    /// The gradient of a score for a layer, by its position.
    case attention(layer: Int)
  }

  /// A training takes a step, measures whole batches and a last short one, and looks at the weights'
  /// magnitudes; the same with weights and a prediction or two still fit.
  private static let capacity = 8

  /// A program, and the names of the states that it changes.
  package struct Entry: Sendable {
    package let program: Program
    package let changedStates: Set<String>

    package init(program: Program, changedStates: Set<String>) {
      self.program = program
      self.changedStates = changedStates
    }
  }

  /// The least recently used first.
  private var entries: [(key: Key, entry: Entry)] = []

  package init() {}

  /// The program for a purpose; setting one removes the least recently used.
  package subscript(key: Key) -> Entry? {
    mutating get {
      guard let index = entries.lastIndex(where: { $0.key == key }) else { return nil }
      entries.append(entries.remove(at: index))
      return entries.last?.entry
    }
    set {
      entries.removeAll { $0.key == key }
      if let newValue { entries.append((key, newValue)) }
      if entries.count > Self.capacity { entries.removeFirst() }
    }
  }
}
