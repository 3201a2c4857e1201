import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

extension KerasArchitecture {
  /// The layers with their shapes.
  ///
  /// - Parameter imageSize: rows and columns, where the model leaves them open.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `unsupported`, naming the layer that doesn't fit; `openInputSize` if no
  ///   size is given and the model leaves it open.
  func network(file: String, imageSize: Size2D?) throws(WhiskerError) -> Network {
    let network: Network
    let input = try inputShape(file: file, imageSize: imageSize)
    do {
      if isSequential {
        network = try Network(input: input, layers: nodes.map(\.layer))
      } else {
        network = try connected(input)
      }
    } catch {
      throw error.with(.unsupported, at: "\(file): layer '\(error.place)'")
    }
    let entries = Dictionary(network.layers.map { ($0.name, $0) }) { first, _ in first }
    for node in nodes {
      guard let entry = entries[node.name] else { continue }
      let place = "\(file): layer '\(node.name)' (\(node.place))"
      if !node.isFiled {
        let shapes = entry.weights.map(\.shape)
        guard shapes == entry.weights.compactMap({ node.constants[$0.name]?.shape }) else {
          throw WhiskerError(
            .unsupported, place, expected: "arithmetic or an activation without weights that fits its input",
            got: "weights of the shapes \(shapes) for \(entry.inputs)")
        }
      }
      // Keras counts axes with the batch's; only the last is worked along here.
      guard let axis = node.axis else { continue }
      let last = entry.inputs.first?.rank ?? 0
      guard axis == last else {
        throw WhiskerError(
          .unsupported, "\(place): axis",
          expected: "\(last), the last", got: "\(axis)")
      }
    }
    return network
  }

  /// Reads photos without an axis of channels as gray ones, where the first layers make no difference between the two.
  mutating func addChannels() {
    guard let input, input.count == 2 else { return }
    var same: Set = [inputName]
    for node in nodes where node.inputs.contains(where: same.contains) {
      switch node.className {
      case "Rescaling", "Dropout", "Identity": same.insert(node.name)
      case "Flatten", "Reshape": break
      default: return
      }
    }
    self.input = input + [1]
    remarks.append("its photos have no axis of channels: read as gray ones")
  }

  /// The shape of one sample, with the sizes that the model leaves open.
  private func inputShape(file: String, imageSize: Size2D?) throws(WhiskerError) -> Shape {
    guard let input else {
      throw WhiskerError(
        .unsupported, file, expected: "the shape of the input",
        got: "none: the model was saved before it was built")
    }
    let known = input.compactMap(\.self)
    if known.count == input.count { return Shape(known) }
    let text = "(\(input.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")))"
    guard input.count == 3, let channels = input[2] else {
      throw WhiskerError(
        .unsupported, file, expected: "an input (height, width, channels) with known channels", got: text)
    }
    guard let imageSize else {
      throw WhiskerError(
        .openInputSize, file, expected: "a size of the photos, which the model leaves open", got: text)
    }
    return [input[0] ?? imageSize.height, input[1] ?? imageSize.width, channels]
  }

  private func connected(_ input: Shape) throws(WhiskerError) -> Network {
    var sources: [String: Network.Source] = [inputName: .input]
    var ordered: [(node: Node, reads: [Network.Source])] = []
    var waiting = neededNodes
    // Keras writes layers before those that read them; where a file doesn't, they wait for their turn.
    while !waiting.isEmpty {
      var stillWaiting: [Node] = []
      for node in waiting {
        let reads = node.inputs.compactMap { sources[$0] }
        if reads.count == node.inputs.count {
          sources[node.name] = .layer(ordered.count)
          ordered.append((node, reads))
        } else {
          stillWaiting.append(node)
        }
      }
      guard stillWaiting.count < waiting.count else {
        throw WhiskerError(
          .shapeMismatch, waiting[0].name,
          expected: "inputs that lead back to the model's", got: "a circle")
      }
      waiting = stillWaiting
    }
    guard let result = sources[output] else {
      throw WhiskerError(.shapeMismatch, output, expected: "the name of a layer", got: "an unknown one")
    }
    return try Network(
      input: input, inputName: inputName,
      connections: ordered.map { node, reads in
        Network.Connection(
          node.layer, reads: reads, sharing: node.owner.flatMap { position(of: $0, sources) })
      }, output: result)
  }

  private func position(of layer: String, _ sources: [String: Network.Source]) -> Int? {
    if case .layer(let position)? = sources[layer] { position } else { nil }
  }

  /// The layers that lead to the result, and those whose weights they use.
  var neededNodes: [Node] {
    let byName = Dictionary(nodes.map { ($0.name, $0) }) { first, _ in first }
    var (needed, waiting): (Set<String>, [String]) = ([], [output])
    while let name = waiting.popLast() {
      guard needed.insert(name).inserted, let node = byName[name] else { continue }
      waiting += node.inputs
    }
    return nodes.filter { needed.contains($0.name) }
  }

  /// A network to write, with its layers in the order that Keras will give them.
  init(_ network: Network, name: String? = nil) {
    isSequential = network.isSequential
    self.name = name ?? (network.isSequential ? "sequential" : "functional")
    inputName = network.inputName
    input = network.input.sizes
    outputs = [Output(layer: network.name(of: network.outputSource))]
    nodes = KerasArchitecture.orderOfKeras(network).map { index in
      let entry = network.layers[index]
      return Node(
        layer: entry.namedLayer, name: entry.name, className: type(of: entry.layer).className,
        inputs: entry.sources.map { network.name(of: $0) }, isFiled: entry.owner == nil, position: index,
        owner: entry.owner.map { network.layers[$0].name })
    }
  }

  /// The positions of the layers in the order of Keras's `model.layers`, which weights are found by.
  ///
  /// A walk from the output back to the input, first inputs first, numbers the layers as it reaches them; then
  /// layers are sorted by their longest path to the output, the longest first, and on a tie by which was
  /// reached first (`keras.src.ops.function.map_graph`).
  static func orderOfKeras(_ network: Network) -> [Int] {
    guard !network.isSequential, case .layer(let last) = network.outputSource else {
      return Array(network.layers.indices)
    }
    func sources(_ layer: Int) -> [Int] {
      network.layers[layer].sources.compactMap { if case .layer(let index) = $0 { index } else { nil } }
    }
    // A layer that is called several times is one, as far from the output as the farthest of its calls.
    func owner(_ layer: Int) -> Int { network.layers[layer].owner ?? layer }
    var arrivals = [last: 0]
    var path = [(layer: last, next: 0)]
    while let (layer, next) = path.last {
      let sources = sources(layer)
      guard next < sources.count else {
        path.removeLast()
        continue
      }
      path[path.count - 1].next += 1
      guard arrivals[sources[next]] == nil else { continue }
      arrivals[sources[next]] = arrivals.count
      path.append((sources[next], 0))
    }
    var depths = [last: 0]
    // Each layer stands after those that it reads.
    for layer in network.layers.indices.reversed() {
      guard let depth = depths[layer] else { continue }
      for source in sources(layer) { depths[source] = max(depths[source] ?? 0, depth + 1) }
    }
    var (farthest, earliest): ([Int: Int], [Int: Int]) = ([:], [:])
    for layer in network.layers.indices {
      farthest[owner(layer)] = max(farthest[owner(layer)] ?? 0, depths[layer] ?? 0)
      earliest[owner(layer)] = min(earliest[owner(layer)] ?? .max, arrivals[layer] ?? .max)
    }
    return arrivals.keys.sorted { first, second in
      let (owner, other) = (owner(first), owner(second))
      return (-(farthest[owner] ?? 0), earliest[owner] ?? 0, first)
        < (-(farthest[other] ?? 0), earliest[other] ?? 0, second)
    }
  }
}
