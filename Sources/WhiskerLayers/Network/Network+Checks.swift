import WhiskerSystem
import WhiskerTensors

extension Network {
  /// Names for layers that have none, as Keras gives them: `conv2d`, `conv2d_1`, ….
  struct LayerNames {
    private var counts: [String: Int] = [:]
    /// The layers' own names.
    private let taken: Set<String>

    init(taken: Set<String>) { self.taken = taken }

    mutating func name(of layer: any Layer) -> String {
      if let name = layer.name { return name }
      let base = type(of: layer).defaultName
      while true {
        let number = counts[base, default: 0]
        counts[base] = number + 1
        let name = number == 0 ? base : "\(base)_\(number)"
        if !taken.contains(name) { return name }
      }
    }
  }

  /// A layer in its place after others, with its shapes checked.
  static func entry(
    _ name: String, _ connection: Connection, _ input: Shape, _ earlier: [Entry]
  ) throws(WhiskerError) -> Entry {
    let layer = connection.layer
    var inputs: [Shape] = []
    for source in connection.sources {
      switch source {
      case .input: inputs.append(input)
      case .layer(let index):
        guard earlier.indices.contains(index) else {
          throw WhiskerError(
            .disconnected, name,
            expected: "to read one of the \(earlier.count) layers before it", got: "number \(index)")
        }
        inputs.append(earlier[index].output)
      }
    }
    let output: Shape
    do throws(WhiskerError) {
      try layer.checkSettings()
      if let merging = layer as? any MergingLayer {
        output = try merging.outputShape(for: inputs)
      } else if inputs.count == 1 {
        output = try layer.outputShape(for: inputs[0])
      } else {
        throw WhiskerError(.disconnected, name, expected: "one input", got: "\(inputs.count)")
      }
    } catch {
      // An error names the layer as the user did; in the network it may have another name.
      let own = layer.name ?? type(of: layer).defaultName
      throw error.with(at: name + (error.place.hasPrefix(own) ? error.place.dropFirst(own.count) : ""))
    }
    let weights = inputs.first.map { layer.weights(for: $0) } ?? []
    for tensor in [output] + weights.map(\.shape) { try checkSize(of: tensor, in: name) }
    // Without weights there is nothing to share.
    let owner = weights.isEmpty ? nil : connection.owner
    return Entry(
      name: name, layer: layer, sources: connection.sources, inputs: inputs, output: output,
      weights: owner == nil ? weights : [], owner: owner, origin: connection.origin)
  }

  /// Checks that layers which use the weights of another need weights of those shapes.
  func checkSharing() throws(WhiskerError) {
    for entry in layers {
      guard let position = entry.owner else { continue }
      let needed = (entry.inputs.first.map { entry.layer.weights(for: $0) } ?? []).map(\.shape)
      guard layers.indices.contains(position), layers[position].owner == nil,
        type(of: layers[position].layer) == type(of: entry.layer)
      else {
        throw WhiskerError(
          .disconnected, entry.name, expected: "a layer of the same class with weights of its own to share",
          got: "number \(position)")
      }
      let found = layers[position].weights.map(\.shape)
      guard found == needed else {
        throw WhiskerError(
          .shapeMismatch, entry.name,
          expected: "an input for which the weights of '\(layers[position].name)' fit, \(found)",
          got: "one that needs \(needed)")
      }
    }
  }

  /// Checks that the output is a layer's and that every layer leads to it.
  func checkConnections() throws(WhiskerError) {
    var isNeeded = [Bool](repeating: false, count: layers.count)
    if case .layer(let last) = outputSource {
      guard layers.indices.contains(last) else {
        throw WhiskerError(
          .disconnected, "output", expected: "one of \(layers.count) layers", got: "number \(last)")
      }
      isNeeded[last] = true
    }
    for (index, entry) in layers.enumerated().reversed() {
      guard isNeeded[index] else {
        throw WhiskerError(
          .disconnected, entry.name, expected: "the model's one output to depend on it", got: "a dead end")
      }
      for case .layer(let source) in entry.sources { isNeeded[source] = true }
    }
  }

  /// The most values that one sample or one weight may hold: 8 GB of them.
  private static let largestCount = 1 << 31

  /// Refuses tensors that fit in no memory, whose sizes might even overflow.
  static func checkSize(of tensor: Shape, in layer: String) throws(WhiskerError) {
    var count = 1
    for size in tensor.sizes {
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      guard !overflows, product <= largestCount else {
        throw WhiskerError(
          .invalidSetting, layer,
          expected: "tensors of at most \(largestCount) values", got: "one of \(tensor)")
      }
      count = product
    }
  }
}
