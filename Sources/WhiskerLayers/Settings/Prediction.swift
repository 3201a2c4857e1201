/// What a row of a network's outputs says.
package enum Prediction {
  /// The class: for one probability the second if it is above ½, for several the likeliest, of equals the first.
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
}
