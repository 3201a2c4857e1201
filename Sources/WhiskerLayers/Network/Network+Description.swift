public import WhiskerSystem

extension Network: ShortDescription {
  /// What goes in and comes out, and the layers by their names; ``ModelSummary`` is the table.
  public var description: String {
    "Network(input: \(input), output: \(output), layers: \(layers.map(\.name).excerpt), "
      + "\(parameterCount) weights)"
  }
}
