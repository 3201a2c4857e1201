import COneDNN
import WhiskerGraph
import WhiskerSystem
import WhiskerTensors

/// Sums and products of tensors of which one is repeated, and what undoes the repetition.
///
/// The usual cases, a number for each channel or for each sample, go through pictures in whatever layout these have; any
/// other goes through row-major tensors.
extension Lowering {
  /// `x + y` or `x · y` where one of them is repeated.
  func lowerRepeatedBinary(_ value: Value, _ algorithm: dnnl_alg_kind_t) throws(WhiskerError) {
    let shape = graph.shape(of: value)
    let operands = graph[value].operands
    let isSum = algorithm == dnnl_binary_add
    for (large, small) in [(operands[0], operands[1]), (operands[1], operands[0])]
    where graph.shape(of: large) == shape {
      guard let rows = try channelRows(large, repeating: graph.shape(of: small)) else { continue }
      let numbers = try rowMajor(small)
      let output = allocate(value, rows.placement.layout)
      let steps = rows.rows
      return append(
        LoopStep("binary repeated", [rows.placement.buffer, numbers.buffer, output]) { memory in
          isSum
            ? steps.combine(memory[0], memory[1], to: memory[2]) { $0 + $1 }
            : steps.combine(memory[0], memory[1], to: memory[2]) { $0 * $1 }
        })
    }
    let (left, right) = (try rowMajor(operands[0]), try rowMajor(operands[1]))
    let loop = RepeatedLoop(shape, [graph.shape(of: operands[0]), graph.shape(of: operands[1])])
    let output = allocate(value, Layout(rowMajor: shape))
    append(
      LoopStep("binary repeated", [left.buffer, right.buffer, output]) { memory in
        parallelLoop(over: loop.rows, grain: loop.grain) { rows in
          for row in rows {
            let places = loop.places(row)
            let (a, b, y) = (memory[0] + places[0], memory[1] + places[1], memory[2] + row * loop.length)
            let (s, t) = (loop.steps[0], loop.steps[1])
            for index in 0..<loop.length {
              y[index] = isSum ? a[index * s] + b[index * t] : a[index * s] * b[index * t]
            }
          }
        }
      })
  }

  func lowerBroadcast(_ value: Value) throws(WhiskerError) {
    let source = try rowMajor(graph[value].operands[0])
    let shape = graph.shape(of: value)
    let loop = RepeatedLoop(shape, [graph.shape(of: graph[value].operands[0])])
    let output = allocate(value, Layout(rowMajor: shape))
    append(
      LoopStep("broadcast", [source.buffer, output]) { memory in
        parallelLoop(over: loop.rows, grain: loop.grain) { rows in
          for row in rows {
            let x = memory[0] + loop.places(row)[0]
            let y = memory[1] + row * loop.length
            for index in 0..<loop.length { y[index] = x[index * loop.steps[0]] }
          }
        }
      })
  }

  func lowerReduce(_ value: Value) throws(WhiskerError) {
    let x = graph[value].operands[0]
    let (shape, target) = (graph.shape(of: x), graph.shape(of: value))
    if let found = try channelRows(x, repeating: target), found.rows.hasChannels {
      let rows = found.rows
      let output = allocate(value, Layout(rowMajor: target))
      let scratch = newBuffer(.arena(byteCount: rows.sumCount * MemoryLayout<Float>.stride))
      return append(
        LoopStep("reduce", [found.placement.buffer, scratch, output]) { memory in
          rows.sum(memory[0], to: memory[2], scratch: memory[1])
        })
    }
    let source = try rowMajor(x)
    let loop = RepeatedLoop(shape, [target])
    let output = allocate(value, Layout(rowMajor: target))
    let count = target.count
    append(
      LoopStep("reduce", [source.buffer, output]) { memory in
        withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { sums in
          sums.initialize(repeating: 0)
          for row in 0..<loop.rows {
            let (place, step) = (loop.places(row)[0], loop.steps[0])
            let x = memory[0] + row * loop.length
            for index in 0..<loop.length { sums[place + index * step] += Double(x[index]) }
          }
          for index in 0..<count { memory[1][index] = Float(sums[index]) }
        }
      })
  }

  /// A tensor where it lies, as rows that a smaller shape has a number for each channel or sample of; nil if the shape is
  /// another.
  private func channelRows(
    _ value: Value, repeating small: Shape
  ) throws(WhiskerError) -> (placement: Placement, rows: ChannelRows)? {
    let shape = graph.shape(of: value)
    guard ChannelRows.suits(shape, small) else { return nil }
    var found = try placement(of: value)
    if shape.rank != 4 || found.layout.channelBlock == nil { found = try rowMajor(value) }
    let block = shape.rank == 4 ? found.layout.channelBlock ?? shape[3] : shape[shape.rank - 1]
    return (found, ChannelRows(shape, small, block: block))
  }
}
