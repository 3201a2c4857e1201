package import WhiskerTensors

/// What a row of a network's outputs means.
package enum Prediction {
  /// The class: for one probability the second if it is above ½, for several the likeliest, the first on a tie.
  package static func classIndex(of outputs: ArraySlice<Float>) -> Int {
    if outputs.count == 1 { return (outputs.first ?? 0) > 0.5 ? 1 : 0 }
    var best = outputs.startIndex
    for index in outputs.indices where outputs[index] > outputs[best] { best = index }
    return best - outputs.startIndex
  }

  /// The probability of each class: `1 − p` and `p` for one output, else the outputs themselves.
  package static func classProbabilities(of outputs: ArraySlice<Float>) -> [Float] {
    guard outputs.count == 1, let p = outputs.first else { return Array(outputs) }
    return [1 - p, p]
  }

  /// A sample's class as its label says: a class number, a probability of the second class that counts from above ½, or the
  /// likeliest of several.
  package static func label(_ row: Int, of labels: Tensor, outputs: Int) -> Int {
    if labels.values.count == labels.shape[0] {
      let value = labels.values[row]
      return outputs == 1 ? (value > 0.5 ? 1 : 0) : Int(value)
    }
    return classIndex(of: labels.values[row * outputs..<(row + 1) * outputs])
  }

  /// How many classes of several outputs come before one: the likelier ones, and on a tie those before it.
  ///
  /// Nil if there is no such class.
  package static func place(of label: Int, in outputs: ArraySlice<Float>) -> Int? {
    guard 0..<outputs.count ~= label else { return nil }
    let own = outputs[outputs.startIndex + label]
    return outputs.enumerated().count { $0.element > own || $0.element == own && $0.offset < label }
  }
}
