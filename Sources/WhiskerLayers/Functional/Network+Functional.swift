package import WhiskerSystem

extension Network {
  /// The layers that lead from an input to a result, in Keras's order.
  ///
  /// Layers without a name are numbered in the order in which a walk from the result back to the input, first
  /// sources first, leaves them; for a network written from input to result that is the order of writing.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` naming the layer that doesn't fit, or that reads another input.
  package init(from input: Input, to output: LayerOutput) throws(WhiskerError) {
    var walk = LayerWalk(from: output)
    walk.nameLayers()
    if let stranger = walk.visits.first(where: { $0.output.layer == nil && $0.output !== input }) {
      throw WhiskerError(
        .disconnected, (stranger.output as? Input)?.name ?? "input",
        expected: "every layer to lead back to the model's one input \"\(input.name)\"", got: "a second input"
      )
    }
    let order = walk.orderByDepth()
    var positions: [ObjectIdentifier: Source] = [ObjectIdentifier(input): .input]
    for (index, visit) in order.enumerated() { positions[ObjectIdentifier(visit.output)] = .layer(index) }
    let layers = order.compactMap { visit in
      visit.layer.map { layer in
        Connection(
          layer, reads: visit.output.sources.compactMap { positions[ObjectIdentifier($0)] },
          from: visit.output.origin,
          sharing: visit.output.owner.flatMap { positions[ObjectIdentifier($0)]?.position })
      }
    }
    try self.init(
      input: input.shape, inputName: input.name, connections: layers,
      output: positions[ObjectIdentifier(output)] ?? .input)
  }
}

/// The walk from a result back to the input.
private struct LayerWalk {
  /// One layer's result on the way.
  struct Visit {
    let output: LayerOutput
    /// The layer, with its name.
    var layer: (any Layer)?
    /// How many others were reached before it.
    let arrival: Int
    /// The longest way from it to the end.
    var depth = 0
  }

  /// Every result once, sources before readers.
  private(set) var visits: [Visit] = []

  /// Walks without recursion, as a network may be deep.
  init(from output: LayerOutput) {
    var arrivals: [ObjectIdentifier: Int] = [ObjectIdentifier(output): 0]
    var path: [(output: LayerOutput, next: Int)] = [(output, 0)]
    while let (output, next) = path.last {
      if next < output.sources.count {
        path[path.count - 1].next += 1
        let source = output.sources[next]
        guard arrivals[ObjectIdentifier(source)] == nil else { continue }
        arrivals[ObjectIdentifier(source)] = arrivals.count
        path.append((source, 0))
      } else {
        path.removeLast()
        let arrival = arrivals[ObjectIdentifier(output)] ?? 0
        visits.append(Visit(output: output, layer: output.layer, arrival: arrival))
      }
    }
  }

  /// Gives the layers without a name their class's, numbered.
  mutating func nameLayers() {
    var names = Network.LayerNames(taken: Set(visits.compactMap { $0.layer?.name }))
    for index in visits.indices {
      guard var layer = visits[index].layer else { continue }
      layer.name = names.name(of: layer)
      visits[index].layer = layer
    }
  }

  /// The layers from the farthest from the end to the last, on a tie in the order in which the walk reached
  /// them: the order of Keras's `Model.layers`.
  mutating func orderByDepth() -> [Visit] {
    var places: [ObjectIdentifier: Int] = [:]
    for (index, visit) in visits.enumerated() { places[ObjectIdentifier(visit.output)] = index }
    for index in visits.indices.reversed() {
      for source in visits[index].output.sources {
        guard let place = places[ObjectIdentifier(source)] else { continue }
        visits[place].depth = max(visits[place].depth, visits[index].depth + 1)
      }
    }
    return visits.filter { $0.layer != nil }.sorted { ($1.depth, $0.arrival) < ($0.depth, $1.arrival) }
  }
}
