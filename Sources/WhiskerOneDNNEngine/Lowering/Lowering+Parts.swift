import WhiskerGraph
import WhiskerSystem

/// A convolution and the max-pooling that follows it, forward and backward, for a few samples at a time.
///
/// What lies between the two, the largest tensors of a small network, then stays in the processor's cache and
/// needs the memory of only a few samples. Each part of the batch is lowered like a batch of its size, so that
/// a sample's results are those it has in any other batch; the parts' gradients of weights are summed in order.
extension Lowering {
  /// Lowers a value together with its readers, part by part.
  ///
  /// - Returns: Whether that was done; if not, nothing has changed.
  func lowerInParts(_ value: Value) throws(WhiskerError) -> Bool {
    guard let chain = chain(from: value) else { return false }
    let parts = BatchPart.parts(of: graph.shape(of: value), within: settings.partByteCount)
    guard parts.count > 1 else { return false }
    let before = progress
    if try lower(chain, in: parts) { return true }
    progress = before
    return false
  }

  /// The value and its readers, if nothing else reads it and all of them can be computed part by part.
  private func chain(from value: Value) -> [Value]? {
    guard !graph.outputs.values.contains(value) else { return nil }
    let readers = graph.values.filter { graph[$0].operands.contains(value) }
    switch graph[value].op {
    case .convolution:
      // A pooling's gradient names the pooling's input too, but needs nothing of it but its layout.
      let poolings = readers.filter { if case .poolingGradient = graph[$0].op { false } else { true } }
      guard poolings.count == 1, case .pooling = graph[poolings[0]].op,
        graph[value].operands.dropFirst().allSatisfy(isState)
      else { return nil }
      return [value, poolings[0]]
    case .poolingGradient:
      guard case .winners = progress.poolingRecords[graph[value].operands[1]],
        readers.allSatisfy({ isConvolutionGradient($0, for: value) })
      else { return nil }
      return [value] + readers
    default: return nil
    }
  }

  private func isConvolutionGradient(_ reader: Value, for gradient: Value) -> Bool {
    let operands = graph[reader].operands
    return switch graph[reader].op {
    case .convolutionKernelGradient: operands[1] == gradient && isPlaced(operands[0])
    case .convolutionInputGradient: operands[1] == gradient && isState(operands[0])
    case .biasGradient: true
    default: false
    }
  }

  private func isState(_ value: Value) -> Bool { if case .state = graph[value].op { true } else { false } }

  /// Lowers a chain for each part in turn, as if the part were the whole batch, and makes one step of it all.
  ///
  /// - Returns: Whether the layouts that oneDNN chose have samples one after another, the same in all parts.
  private func lower(_ chain: [Value], in parts: [BatchPart]) throws(WhiskerError) -> Bool {
    let (wholeGraph, before) = (graph, progress)
    let batch = graph.shape(of: chain[0])[0]
    let sums = chain.filter { graph[$0].op.sumsOverBatch }
    let batched = Set(chain + chain.flatMap { graph[$0].operands }).filter { !isState($0) }.subtracting(sums)
    var totals: [Value: Placement] = [:]
    var results: BatchedValues?
    var work: [(part: BatchPart, steps: [any Step])] = []
    partBuffers = PartBuffers()
    defer { (graph, partBuffers) = (wholeGraph, nil) }

    for part in parts {
      guard let start = BatchedValues(of: before, batched, count: part.count) else { return false }
      graph = wholeGraph.rebatched(batched, to: part.count)
      progress.steps = []
      start.apply(to: &progress, batched)
      partBuffers?.startAgain()
      for value in chain where !isPlaced(value) { try lower(value) }
      for value in sums {
        totals[value] = try addPart(of: value, to: totals[value])
        progress.placements[value] = nil
      }
      guard let end = BatchedValues(of: progress, batched, count: batch), results ?? end == end
      else { return false }
      results = end
      work.append((part, progress.steps))
    }

    guard var results else { return false }
    results.remove(chain[0])
    results.apply(to: &progress, batched)
    for (value, total) in totals { progress.placements[value] = [total] }
    let byteCounts = results.byteCounts
    for (buffer, counts) in byteCounts where partBuffers?.all.contains(buffer) == true {
      progress.sources[buffer.index] = .arena(byteCount: counts.all)
    }
    progress.steps = before.steps + [PartwiseSteps(work, sampleByteCounts: byteCounts.mapValues(\.sample))]
    return true
  }

  /// Adds a part's share of a sum to the total, which the first part begins.
  private func addPart(of value: Value, to total: Placement?) throws(WhiskerError) -> Placement {
    let share = try placement(of: value)
    let count = share.layout.storedCount
    if let total {
      append(
        LoopStep("sum of parts", [share.buffer, total.buffer]) { memory in
          for index in 0..<count { memory[1][index] += memory[0][index] }
        })
      return total
    }
    let total = Placement(
      buffer: newLastingBuffer(.arena(byteCount: share.layout.byteCount)), layout: share.layout)
    append(
      LoopStep("sum of parts", [share.buffer, total.buffer]) { memory in
        memory[1].update(from: memory[0], count: count)
      })
    return total
  }
}

/// The buffers of the steps between: every part uses the same ones.
struct PartBuffers {
  private(set) var all: [Buffer] = []
  private var used = 0

  /// Begins with the first buffer again.
  mutating func startAgain() { used = 0 }

  /// The next buffer, unless none is left.
  mutating func next() -> Buffer? {
    guard used < all.count else { return nil }
    defer { used += 1 }
    return all[used]
  }

  /// Adds a buffer at the end, in use.
  mutating func add(_ buffer: Buffer) {
    all.append(buffer)
    used += 1
  }
}

/// Where some values with a batch axis lie, for a batch of another size.
private struct BatchedValues: Equatable {
  private(set) var placements: [Value: [Lowering.Placement]] = [:]
  /// For results of max-pooling: the record of the winners and the layout of what was pooled.
  private var winners: [Value: Lowering.Placement] = [:]

  /// Nil if the samples of one of them don't lie one after another.
  init?(of progress: Lowering.Progress, _ values: Set<Value>, count: Int) {
    func rebatched(_ placement: Lowering.Placement) -> Lowering.Placement? {
      placement.layout.rebatched(count).map { .init(buffer: placement.buffer, layout: $0) }
    }
    for value in values {
      for placement in progress.placements[value] ?? [] {
        guard let placement = rebatched(placement) else { return nil }
        placements[value, default: []].append(placement)
      }
      switch progress.poolingRecords[value] {
      case .winners(let buffer, let inputLayout):
        guard let record = rebatched(.init(buffer: buffer, layout: inputLayout)) else { return nil }
        winners[value] = record
      case .workspace: return nil
      case nil: break
      }
    }
  }

  /// Puts the values where this says.
  func apply(to progress: inout Lowering.Progress, _ values: Set<Value>) {
    for value in values {
      progress.placements[value] = placements[value]
      progress.poolingRecords[value] = winners[value].map { .winners($0.buffer, inputLayout: $0.layout) }
    }
  }

  /// Forgets where a value lies.
  mutating func remove(_ value: Value) { placements[value] = nil }

  /// How many bytes each buffer takes, in all and for each sample.
  var byteCounts: [Buffer: (all: Int, sample: Int)] {
    var counts: [Buffer: (all: Int, sample: Int)] = [:]
    for placement in placements.values.joined() {
      counts[placement.buffer] = (placement.layout.byteCount, placement.layout.sampleByteCount)
    }
    for (value, record) in winners {
      guard let layout = placements[value]?.first?.layout else { continue }
      // One byte for each of the pooled floats.
      let size = MemoryLayout<Float>.stride
      counts[record.buffer] = (layout.byteCount / size, layout.sampleByteCount / size)
    }
    return counts
  }
}

extension Graph {
  /// The same graph with another batch size for some of its values.
  fileprivate func rebatched(_ values: Set<Value>, to count: Int) -> Graph {
    let nodes = values.reduce(into: self.nodes) { nodes, value in
      let node = nodes[value.index]
      nodes[value.index] = Node(
        op: node.op, operands: node.operands, shape: node.shape.withoutBatch.batched(count))
    }
    return Graph(nodes: nodes, outputs: outputs)
  }
}

extension Op {
  /// Whether the result has no batch axis, but is summed over that of the operands.
  fileprivate var sumsOverBatch: Bool {
    switch self {
    case .convolutionKernelGradient, .biasGradient: true
    default: false
    }
  }
}
