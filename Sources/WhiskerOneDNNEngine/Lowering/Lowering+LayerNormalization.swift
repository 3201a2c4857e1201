import COneDNN
import WhiskerGraph
import WhiskerSystem
import WhiskerTensors

/// Layer normalisation. As with batch normalisation, oneDNN has one primitive for result and statistics, and one for all
/// three gradients; both want row-major tensors.
extension Lowering {
  private static let flags = dnnl_use_scale.rawValue | dnnl_use_shift.rawValue

  /// A tensor `[..., C]` as rows of channels, and the statistics of each row.
  private func layouts(of value: Value) -> (rows: Layout, statistics: Layout, channels: Layout) {
    let shape = graph.shape(of: value)
    let channels = shape[shape.rank - 1]
    let rows = shape.count / max(channels, 1)
    return (
      Layout(rowMajor: [rows, channels]), Layout(rowMajor: [rows]), Layout(rowMajor: [channels])
    )
  }

  private func forwardDescriptor(
    _ rows: Layout, _ statistics: Layout, _ epsilon: Float
  ) throws(WhiskerError) -> PrimitiveDescriptor {
    var operation = dnnl_layer_normalization_desc_t()
    var (data, numbers) = (rows.descriptor, statistics.descriptor)
    try check(
      dnnl_layer_normalization_forward_desc_init(
        &operation, dnnl_forward_training, &data, &numbers, epsilon, Lowering.flags), "layerNormalization")
    return try PrimitiveDescriptor(&operation, on: device, place: "layerNormalization")
  }

  func lowerLayerNormalization(_ value: Value, _ epsilon: Float) throws(WhiskerError) {
    let operands = graph[value].operands
    let source = try rowMajor(operands[0])
    let (gamma, beta) = (try rowMajor(operands[1]), try rowMajor(operands[2]))
    let output = allocate(value, Layout(rowMajor: graph.shape(of: value)))
    try appendLayerNormalization(
      operands[0], epsilon, source: source.buffer, gamma: gamma.buffer, beta: beta.buffer, to: output)
  }

  /// Appends the forward pass and notes where it leaves the statistics.
  @discardableResult
  private func appendLayerNormalization(
    _ x: Value, _ epsilon: Float, source: Buffer, gamma: Buffer, beta: Buffer, to output: Buffer
  ) throws(WhiskerError) -> BatchStatistics {
    let (rows, statistics, channels) = layouts(of: x)
    let found = BatchStatistics(mean: newBuffer(for: statistics), variance: newBuffer(for: statistics))
    try append(
      forwardDescriptor(rows, statistics, epsilon), place: "layerNormalization",
      [
        (DNNL_ARG_SRC, source, rows), (DNNL_ARG_MEAN, found.mean, statistics),
        (DNNL_ARG_VARIANCE, found.variance, statistics), (DNNL_ARG_SCALE, gamma, channels),
        (DNNL_ARG_SHIFT, beta, channels), (DNNL_ARG_DST, output, rows),
      ])
    progress.rowStatistics[x] = found
    return found
  }

  /// One primitive makes the gradients for the input, γ and β, those that the graph wants.
  func lowerLayerNormalizationGradients(_ value: Value, _ epsilon: Float) throws(WhiskerError) {
    guard let x = graph[value].operands.first, let g = graph[value].operands.last else { return }
    func sibling(_ op: Op, _ operands: [Value]) -> Value? {
      graph.values.first { graph[$0].op == op && graph[$0].operands == operands && !isPlaced($0) }
    }
    let inputGradient = graph[value].op == .layerNormalizationGradient(epsilon: epsilon) ? value : nil
    let scaleGradient = sibling(.layerNormalizationScaleGradient(epsilon: epsilon), [x, g])
    let shiftGradient = sibling(.biasGradient, [g])

    let (rows, statistics, channels) = layouts(of: x)
    let (source, gradient) = (try rowMajor(x), try rowMajor(g))
    // The gradients for γ and β don't depend on γ.
    let gamma = inputGradient == nil ? ones(channels) : try rowMajor(graph[value].operands[1]).buffer
    let known: BatchStatistics
    if let found = progress.rowStatistics[x] {
      known = found
    } else {
      known = try appendLayerNormalization(
        x, epsilon, source: source.buffer, gamma: gamma, beta: gamma, to: newBuffer(for: rows))
    }

    var operation = dnnl_layer_normalization_desc_t()
    var (difference, data, numbers) = (rows.descriptor, rows.descriptor, statistics.descriptor)
    try check(
      dnnl_layer_normalization_backward_desc_init(
        &operation, dnnl_backward, &difference, &data, &numbers, epsilon, Lowering.flags),
      "layerNormalizationGradient")
    let descriptor = try PrimitiveDescriptor(
      &operation, on: device, hint: forwardDescriptor(rows, statistics, epsilon),
      place: "layerNormalizationGradient")
    let result = Layout(rowMajor: graph.shape(of: x))
    try append(
      descriptor, place: "layerNormalizationGradient",
      [
        (DNNL_ARG_SRC, source.buffer, rows), (DNNL_ARG_MEAN, known.mean, statistics),
        (DNNL_ARG_VARIANCE, known.variance, statistics), (DNNL_ARG_SCALE, gamma, channels),
        // Asked for and not read: the gradients don't depend on β.
        (DNNL_ARG_SHIFT, gamma, channels), (DNNL_ARG_DIFF_DST, gradient.buffer, rows),
        (DNNL_ARG_DIFF_SRC, inputGradient.map { allocate($0, result) } ?? newBuffer(for: rows), rows),
        (
          DNNL_ARG_DIFF_SCALE, scaleGradient.map { allocate($0, channels) } ?? newBuffer(for: channels),
          channels
        ),
        (
          DNNL_ARG_DIFF_SHIFT, shiftGradient.map { allocate($0, channels) } ?? newBuffer(for: channels),
          channels
        ),
      ])
  }
}
