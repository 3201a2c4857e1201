import COneDNN
import WhiskerGraph
import WhiskerSystem

/// Where the mean and the variance of what a normalisation was given lie: of each channel, or of each row.
struct BatchStatistics {
  let mean: Buffer
  let variance: Buffer
}

/// Batch normalisation. oneDNN computes statistics and result in one primitive, and all three gradients in another.
extension Lowering {
  private static let flags =
    dnnl_use_scale.rawValue | dnnl_use_shift.rawValue

  /// A value as `[N, C, H, W]`: pictures in whatever layout they have, other shapes as one row of pixels.
  private func normalized(_ value: Value, in layout: Layout? = nil) throws(WhiskerError) -> Placement {
    let shape = graph.shape(of: value)
    guard shape.rank == 4 else {
      let channels = shape[shape.rank - 1]
      let rows = Layout(rowMajor: [shape.count / channels, 1, 1, channels])
      return Placement(buffer: try rowMajor(value).buffer, layout: rows.channelsSecond)
    }
    let found: Placement
    if let layout {
      found = try placement(of: value, in: layout.channelsLast)
    } else {
      found = try placement(of: value)
    }
    return Placement(buffer: found.buffer, layout: found.layout.channelsSecond)
  }

  /// Gives a value a buffer of a layout `[N, C, H, W]`.
  private func allocateNormalized(_ value: Value, _ layout: Layout) -> Buffer {
    let shape = graph.shape(of: value)
    return allocate(value, shape.rank == 4 ? layout.channelsLast : Layout(rowMajor: shape))
  }

  private func forwardDescriptor(
    _ layout: Layout, _ epsilon: Float, isTraining: Bool
  ) throws(WhiskerError) -> PrimitiveDescriptor {
    var operation = dnnl_batch_normalization_desc_t()
    var data = layout.descriptor
    let flags = Lowering.flags | (isTraining ? 0 : dnnl_use_global_stats.rawValue)
    try check(
      dnnl_batch_normalization_forward_desc_init(
        &operation, isTraining ? dnnl_forward_training : dnnl_forward_inference, &data, epsilon, flags),
      "normalization")
    return try PrimitiveDescriptor(&operation, on: device, place: "normalization")
  }

  func lowerNormalization(_ value: Value, _ epsilon: Float) throws(WhiskerError) {
    let operands = graph[value].operands
    if isPreparing || isOfWeights(operands[0]) { return try lowerWeightNormalization(value, epsilon) }
    let source = try normalized(operands[0])
    let descriptor = try forwardDescriptor(source.layout, epsilon, isTraining: false)
    var arguments: [(argument: Int32, buffer: Buffer, layout: Layout)] = [
      (DNNL_ARG_SRC, source.buffer, source.layout)
    ]
    for (argument, operand) in zip(
      [DNNL_ARG_MEAN, DNNL_ARG_VARIANCE, DNNL_ARG_SCALE, DNNL_ARG_SHIFT], operands.dropFirst())
    {
      let placement = try rowMajor(operand)
      arguments.append((argument, placement.buffer, placement.layout))
    }
    arguments.append((DNNL_ARG_DST, allocateNormalized(value, source.layout), source.layout))
    try append(descriptor, place: "normalization", arguments)
  }

  /// Whether a value is a kernel or a bias, or the gradient of one, and no activations.
  private func isOfWeights(_ value: Value) -> Bool {
    switch graph[value].op.kind {
    case .state, .constant, .convolutionKernelGradient, .biasGradient: true
    default: false
    }
  }

  /// The normalisation of a kernel or a bias or of its gradient, which is done once, or once a step: row by row, in
  /// Double.
  private func lowerWeightNormalization(_ value: Value, _ epsilon: Float) throws(WhiskerError) {
    var buffers: [Buffer] = []
    for operand in graph[value].operands { buffers.append(try rowMajor(operand).buffer) }
    let shape = graph.shape(of: value)
    let (count, channels) = (shape.count, shape[shape.rank - 1])
    buffers.append(allocate(value, Layout(rowMajor: shape)))
    append(
      LoopStep("normalization of weights", buffers) { memory in
        let factors = (0..<channels).map {
          Double(memory[3][$0]) / (Double(memory[2][$0]) + Double(epsilon)).squareRoot()
        }
        for start in stride(from: 0, to: count, by: channels) {
          for channel in 0..<channels {
            let distance = Double(memory[0][start + channel]) - Double(memory[1][channel])
            memory[5][start + channel] = Float(distance * factors[channel] + Double(memory[4][channel]))
          }
        }
      })
  }

  /// Makes the mean and the variance too where the graph wants them.
  func lowerBatchNormalization(_ value: Value, _ epsilon: Float) throws(WhiskerError) {
    let operands = graph[value].operands
    let source = try normalized(operands[0])
    let descriptor = try forwardDescriptor(source.layout, epsilon, isTraining: true)
    let statistics = Layout(rowMajor: graph.shape(of: operands[1]))
    let (gamma, beta) = (try rowMajor(operands[1]), try rowMajor(operands[2]))
    let (mean, variance) = (newBuffer(for: statistics), newBuffer(for: statistics))
    let output = allocateNormalized(value, source.layout)
    try append(
      descriptor, place: "batchNormalization",
      [
        (DNNL_ARG_SRC, source.buffer, source.layout), (DNNL_ARG_MEAN, mean, statistics),
        (DNNL_ARG_VARIANCE, variance, statistics), (DNNL_ARG_SCALE, gamma.buffer, statistics),
        (DNNL_ARG_SHIFT, beta.buffer, statistics), (DNNL_ARG_DST, output, source.layout),
      ])
    progress.normalizationRecords[operands[0]] = BatchStatistics(mean: mean, variance: variance)
    for (op, buffer) in [(Op.channelMean, mean), (.channelVariance, variance)] {
      for other in graph.values
      where graph[other].op == op && graph[other].operands == [operands[0]] && !isPlaced(other) {
        place(other, Placement(buffer: buffer, layout: statistics))
      }
    }
  }

  /// The mean or the variance of what no batch normalisation made it of.
  func lowerChannelStatistic(_ value: Value) throws(WhiskerError) {
    let statistics = try self.statistics(of: graph[value].operands[0])
    place(
      value,
      Placement(
        buffer: graph[value].op == .channelMean ? statistics.mean : statistics.variance,
        layout: Layout(rowMajor: graph.shape(of: value))))
  }

  private func statistics(of x: Value) throws(WhiskerError) -> BatchStatistics {
    if let known = progress.normalizationRecords[x] { return known }
    let shape = graph.shape(of: x)
    let channels = shape[shape.rank - 1]
    let rows = shape.count / channels
    let source = try rowMajor(x)
    let layout = Layout(rowMajor: [channels])
    let statistics = BatchStatistics(mean: newBuffer(for: layout), variance: newBuffer(for: layout))
    append(
      LoopStep("channelStatistics", [source.buffer, statistics.mean, statistics.variance]) { memory in
        for channel in 0..<channels {
          var (sum, squares) = (0.0, 0.0)
          for row in 0..<rows { sum += Double(memory[0][row * channels + channel]) }
          let mean = sum / Double(rows)
          for row in 0..<rows {
            let distance = Double(memory[0][row * channels + channel]) - mean
            squares += distance * distance
          }
          memory[1][channel] = Float(mean)
          memory[2][channel] = Float(squares / Double(rows))
        }
      })
    progress.normalizationRecords[x] = statistics
    return statistics
  }

  /// One primitive makes the gradients for the input, γ and β, those that the graph wants.
  func lowerBatchNormalizationGradients(_ value: Value, _ epsilon: Float) throws(WhiskerError) {
    guard let x = graph[value].operands.first, let g = graph[value].operands.last else { return }
    func sibling(_ op: Op, _ operands: [Value]) -> Value? {
      graph.values.first { graph[$0].op == op && graph[$0].operands == operands && !isPlaced($0) }
    }
    let inputGradient = graph[value].op == .batchNormalizationGradient(epsilon: epsilon) ? value : nil
    let scaleGradient = sibling(.batchNormalizationScaleGradient(epsilon: epsilon), [x, g])
    let shiftGradient = sibling(.biasGradient, [g])

    let source = try normalized(x)
    let gradient = try normalized(g, in: source.layout)
    let statistics = try self.statistics(of: x)
    let vector = Layout(rowMajor: [graph.shape(of: x)[graph.shape(of: x).rank - 1]])
    // The gradients for γ and β don't depend on γ.
    let gamma = inputGradient == nil ? ones(vector) : try rowMajor(graph[value].operands[1]).buffer

    var operation = dnnl_batch_normalization_desc_t()
    var (difference, data) = (gradient.layout.descriptor, source.layout.descriptor)
    try check(
      dnnl_batch_normalization_backward_desc_init(
        &operation, dnnl_backward, &difference, &data, epsilon, Lowering.flags), "batchNormalizationGradient")
    let descriptor = try PrimitiveDescriptor(
      &operation, on: device, hint: forwardDescriptor(source.layout, epsilon, isTraining: true),
      place: "batchNormalizationGradient")
    try append(
      descriptor, place: "batchNormalizationGradient",
      [
        (DNNL_ARG_SRC, source.buffer, source.layout), (DNNL_ARG_MEAN, statistics.mean, vector),
        (DNNL_ARG_VARIANCE, statistics.variance, vector), (DNNL_ARG_SCALE, gamma, vector),
        // Asked for and not read: the gradients don't depend on β.
        (DNNL_ARG_SHIFT, gamma, vector),
        (DNNL_ARG_DIFF_DST, gradient.buffer, source.layout),
        (
          DNNL_ARG_DIFF_SRC,
          inputGradient.map { allocateNormalized($0, source.layout) } ?? newBuffer(for: source.layout),
          source.layout
        ),
        (DNNL_ARG_DIFF_SCALE, scaleGradient.map { allocate($0, vector) } ?? newBuffer(for: vector), vector),
        (DNNL_ARG_DIFF_SHIFT, shiftGradient.map { allocate($0, vector) } ?? newBuffer(for: vector), vector),
      ])
  }

  func ones(_ layout: Layout) -> Buffer {
    let (buffer, count) = (newBuffer(for: layout), layout.storedCount)
    append(LoopStep("constant", [buffer]) { $0[0].update(repeating: 1, count: count) })
    return buffer
  }
}
