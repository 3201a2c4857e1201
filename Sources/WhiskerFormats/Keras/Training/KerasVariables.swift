import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// The weights of one layer in Keras's order: those that training changes, then the others.
func weightsInOrderOfKeras(_ entry: Network.Entry) -> [WeightSpecification] {
  entry.weights.filter(\.isTrainable) + entry.weights.filter { !$0.isTrainable }
}

/// An optimizer's state, as the list of variables that Keras stores for it: how many steps it took, the
/// learning rate, then the slots of each weight that it changes.
///
/// Slots come one after another, each for all weights, sums of gradients first, except for Adam's momentum and velocity, which
/// alternate (in Keras 3 and the last of the 2.x releases). The shapes show which of the two a file has.
///
/// Older releases leave out the learning rate (2.x) or both (2.0 to 2.2).
struct KerasVariables {
  /// One variable of a file.
  struct Variable {
    let shape: Shape
    /// Its values; only asked for where the shape is the one expected.
    let tensor: () throws(WhiskerError) -> Tensor
    /// Its value, if it is a single whole number.
    let count: Int?
  }

  /// The names of the weights that the optimizer changes, with their shapes, in the order of Keras's layers.
  let weights: [(name: String, shape: Shape)]
  let optimizer: Optimizer
  /// How many variables of each weight come before the slots of Whisker's optimizer: averages of weights.
  var otherSlots = 0

  /// Takes the variables of a file into a state.
  ///
  /// - Returns: the learning rate, where it is among them; nil with a note where they don't fit.
  func restore(
    _ variables: [Variable], into state: inout TrainingState, remarks: inout [String]
  ) throws(WhiskerError) -> Float? {
    // An optimizer that is within one that scales the loss has its step and rate after that one's.
    let scalars = variables.prefix { $0.shape.rank == 0 }
    let step = scalars.last { $0.count != nil }?.count
    let rate = try scalars.last { $0.count == nil }?.tensor().values.first
    var rest = variables[scalars.endIndex...]
    // A model that was compiled and never trained has no slots yet.
    if rest.isEmpty, step ?? 0 == 0 { return rate }
    let slots = optimizer.slotNames
    rest = rest.dropFirst(otherSlots * weights.count)
    let groups = weights.isEmpty ? 0 : rest.count / weights.count
    // Some releases keep a momentum that is never used.
    let isUnusedMomentum = optimizer.rule.slots.isEmpty && groups == slots.count + 1
    guard rest.count == groups * weights.count, groups == slots.count || isUnusedMomentum, step ?? 0 >= 0
    else {
      remarks.append(
        "its optimizer's state has \(variables.count) variables, which don't fit its weights: training would continue "
          + "without it")
      return nil
    }
    var restored: [String: Tensor] = [:]
    let fits = { (order: [Place]) in zip(order, rest).allSatisfy { $0.weight.shape == $1.shape } }
    let order = [order, KerasVariables.slotwise(slots, weights)].first(where: fits) ?? order
    for ((weight, slot), variable) in zip(order, rest) {
      guard variable.shape == weight.shape else {
        remarks.append(
          "its optimizer's state for '\(weight.name)' has the shape \(variable.shape), expected \(weight.shape): "
            + "training would continue without it")
        return nil
      }
      restored[Optimizer.slot(slot, of: weight.name)] = try variable.tensor()
    }
    state.slots = restored
    state.step = step ?? 0
    state.optimizerStep = state.step
    return rate
  }

  private typealias Weight = (name: String, shape: Shape)
  private typealias Place = (weight: Weight, slot: String)

  /// The slots in the order of Keras 3.
  private var order: [Place] {
    let names = optimizer.slotNames
    guard case .adam = optimizer.rule else { return KerasVariables.slotwise(names, weights) }
    let pair = [UpdateRule.Slot.momentum.rawValue, UpdateRule.Slot.velocity.rawValue]
    let others = names.filter { !pair.contains($0) }
    return KerasVariables.slotwise(others.filter { $0 == Optimizer.accumulator }, weights)
      + weights.flatMap { weight in pair.map { (weight, $0) } }
      + KerasVariables.slotwise(others.filter { $0 != Optimizer.accumulator }, weights)
  }

  private static func slotwise(_ slots: [String], _ weights: [Weight]) -> [Place] {
    slots.flatMap { slot in weights.map { ($0, slot) } }
  }

  /// The tensors of every slot in Keras's order, with the names of weight and slot.
  func tensors(of state: TrainingState) -> [(weight: String, slot: String, tensor: Tensor)] {
    order.map { weight, slot in
      (
        weight.name, slot, state.slots[Optimizer.slot(slot, of: weight.name)] ?? Tensor(shape: weight.shape)
      )
    }
  }
}
