import COneDNN
import WhiskerGraph
import WhiskerSystem

/// Turns a graph into steps: picks primitives and layouts, and inserts reorders where layouts differ.
///
/// One file for each family of ops extends this class with its lowerings.
final class Lowering {
  /// A value, or a copy of it in another layout, in memory.
  struct Placement: Equatable {
    let buffer: Buffer
    /// In the graph's axis order.
    let layout: Layout
  }

  /// Where a buffer's memory comes from.
  enum Source {
    /// The program's arena, for this many bytes.
    case arena(byteCount: Int)
    /// Memory of the program's own, for this many bytes: what follows from states alone and is computed once.
    case kept(byteCount: Int)
    /// A state of the engine.
    case state(String)
    /// A tensor that the caller feeds, read where it lies.
    case input(String)
  }

  /// What lowering has made so far; a copy lets it try something and take it back.
  struct Progress {
    var steps: [any Step] = []
    /// What is done before the first run, and again when states were set.
    var preparations: [any Step] = []
    var sources: [Source] = []
    var placements: [Value: [Placement]] = [:]
    /// By the pooled value.
    var poolingRecords: [Value: PoolingRecord] = [:]
    /// By what was normalised.
    var normalizationRecords: [Value: BatchStatistics] = [:]
    /// Of each row, by what was normalised.
    var rowStatistics: [Value: BatchStatistics] = [:]
    /// By the kernel.
    var transformedKernels: [TransformedKernel: Buffer] = [:]
  }

  /// The graph; with another batch size while a part of the batch is lowered.
  var graph: Graph
  let device: Device
  let settings: OneDNNEngine.Settings
  /// Fixes the layout of a state: gives the wish, or what an earlier program fixed.
  let claimState: (String, Layout) throws(WhiskerError) -> Layout

  var progress = Progress()
  /// For each value, whether it is the same in every run (``WhiskerGraph/Graph/isFixed``).
  private let isFixed: [Bool]
  /// Whether what is lowered now is done only once.
  private(set) var isPreparing = false
  /// While a part of the batch is lowered: the buffers it shares with the other parts.
  var partBuffers: PartBuffers?
  private(set) var outputs: [String: Placement] = [:]

  init(
    _ graph: Graph, device: Device, settings: OneDNNEngine.Settings,
    claimState: @escaping (String, Layout) throws(WhiskerError) -> Layout
  ) throws(WhiskerError) {
    self.graph = graph
    self.device = device
    self.settings = settings
    self.claimState = claimState
    isFixed = graph.isFixed
    for value in graph.values where !isPlaced(value) {
      if isFixed[value.index] {
        try preparing(value) { () throws(WhiskerError) in try lower(value) }
      } else if try !lowerInParts(value) {
        try lower(value)
      }
    }
    for (name, value) in graph.outputs.sorted(by: { $0.key < $1.key }) {
      outputs[name] = try placement(of: value, in: Layout(rowMajor: graph.shape(of: value)))
    }
  }

  func lower(_ value: Value) throws(WhiskerError) {
    let node = graph[value]
    switch node.op {
    case .input(let name):
      place(value, Placement(buffer: newBuffer(.input(name)), layout: Layout(rowMajor: node.shape)))
    case .state: break  // placed by its first reader, which may wish for a layout
    case .constant(let number, _): lowerConstant(value, number)
    case .add: try lowerBinary(value, dnnl_binary_add)
    case .multiply: try lowerBinary(value, dnnl_binary_mul)
    case .scale(let factor): try lowerLinear(value, factor: factor, offset: 0)
    case .rescale(let factor, let offset): try lowerLinear(value, factor: factor, offset: offset)
    case .broadcast: try lowerBroadcast(value)
    case .reduce: try lowerReduce(value)
    case .sum: try lowerSum(value, scale: 1)
    case .mean: try lowerSum(value, scale: 1 / Float(graph.shape(of: node.operands[0]).count))
    case .reshape: try lowerReshape(value)
    case .transpose(let order): try lowerTranspose(value, order)
    case .pad(let edges): try lowerPad(value, edges)
    case .crop(let edges): try lowerCrop(value, edges)
    case .concatenate(let axis): try lowerConcatenate(value, axis: axis)
    case .slice(let axis, let start, _): try lowerSlice(value, axis: axis, start: start)
    case .rectifier(let rectifier): try lowerRectifier(value, rectifier)
    case .rectifierGradient(let rectifier): try lowerRectifierGradient(value, rectifier)
    case .activation(let activation): try lowerActivation(value, activation)
    case .activationGradient(let activation): try lowerActivationGradient(value, activation)
    case .matrixProduct(let product): try lowerMatrixProduct(value, product)
    case .convolution(let convolution): try lowerConvolution(value, convolution)
    case .convolutionInputGradient(let convolution, _): try lowerInputGradient(value, convolution)
    case .convolutionKernelGradient(let convolution, _): try lowerKernelGradient(value, convolution)
    case .biasGradient: try lowerBiasGradient(value)
    case .pooling(let pooling): try lowerPooling(value, pooling)
    case .poolingGradient(let pooling): try lowerPoolingGradient(value, pooling)
    case .channelMean, .channelVariance: try lowerChannelStatistic(value)
    case .normalization(let epsilon): try lowerNormalization(value, epsilon)
    case .batchNormalization(let epsilon): try lowerBatchNormalization(value, epsilon)
    case .batchNormalizationGradient(let epsilon), .batchNormalizationScaleGradient(let epsilon):
      try lowerBatchNormalizationGradients(value, epsilon)
    case .layerNormalization(let epsilon): try lowerLayerNormalization(value, epsilon)
    case .layerNormalizationGradient(let epsilon), .layerNormalizationScaleGradient(let epsilon):
      try lowerLayerNormalizationGradients(value, epsilon)
    case .resample(let resampling): try lowerResample(value, resampling)
    case .resampleGradient(let resampling, _): try lowerResampleGradient(value, resampling)
    case .dropout(let rate, let salt): try lowerDropout(value, rate: rate, salt: salt)
    case .noise(let shape, let salt): try lowerNoise(value, shape, salt: salt)
    case .crossentropy(let loss): try lowerCrossentropy(value, loss)
    case .crossentropyGradient(let loss): try lowerCrossentropyGradient(value, loss)
    case .clipNorm(let bound): try lowerClipNorm(value, bound)
    case .update(let rule, let weightDecay, let state):
      try lowerUpdate(value, rule, weightDecay: weightDecay, state)
    case .blend(let state): try lowerBlend(value, state)
    case .movingAverage(let momentum, let state): try lowerMovingAverage(value, momentum, state)
    }
  }

  // MARK: Buffers and layouts

  func newBuffer(_ source: Source) -> Buffer {
    if isPreparing, case .arena(let byteCount) = source {
      return newLastingBuffer(.kept(byteCount: byteCount))
    }
    guard case .arena(let byteCount) = source, partBuffers != nil else { return newLastingBuffer(source) }
    guard let buffer = partBuffers?.next() else {
      let buffer = newLastingBuffer(source)
      partBuffers?.add(buffer)
      return buffer
    }
    if case .arena(let known) = progress.sources[buffer.index] {
      progress.sources[buffer.index] = .arena(byteCount: max(known, byteCount))
    }
    return buffer
  }

  /// A buffer that isn't shared, whatever part of the batch is being lowered.
  func newLastingBuffer(_ source: Source) -> Buffer {
    progress.sources.append(source)
    return Buffer(index: progress.sources.count - 1)
  }

  /// A buffer of the arena for a tensor of this layout.
  func newBuffer(for layout: Layout) -> Buffer { newBuffer(.arena(byteCount: layout.byteCount)) }

  /// Notes where a value lies.
  func place(_ value: Value, _ placement: Placement) {
    progress.placements[value, default: []].append(placement)
  }

  /// Gives a value a new buffer of a layout and returns where.
  @discardableResult
  func allocate(_ value: Value, _ layout: Layout) -> Buffer {
    let buffer = newBuffer(for: layout)
    place(value, Placement(buffer: buffer, layout: layout))
    return buffer
  }

  func append(_ step: any Step) {
    if isPreparing { progress.preparations.append(step) } else { progress.steps.append(step) }
  }

  /// Lowers something that follows from a value alone; if the value is the same in every run, to be done only once.
  func preparing<Result>(
    _ value: Value, _ body: () throws(WhiskerError) -> Result
  ) throws(WhiskerError) -> Result {
    let before = isPreparing
    isPreparing = isFixed[value.index]
    defer { isPreparing = before }
    return try body()
  }

  /// Whether a value has been computed already, by a step that makes two.
  func isPlaced(_ value: Value) -> Bool { progress.placements[value] != nil }

  /// Where a value lies, in whatever layout it was made.
  ///
  /// A state without a place yet gets the requested layout.
  func placement(of value: Value, wish: Layout? = nil) throws(WhiskerError) -> Placement {
    if let first = progress.placements[value]?.first { return first }
    guard case .state(let name) = graph[value].op else {
      throw WhiskerError(.malformed, "\(value)", expected: "a value that was computed", got: "none")
    }
    let layout = try claimState(name, wish ?? Layout(rowMajor: graph.shape(of: value)))
    let placement = Placement(buffer: newBuffer(.state(name)), layout: layout)
    place(value, placement)
    return placement
  }

  /// Where a value lies in a certain layout, reordered there if necessary.
  func placement(of value: Value, in layout: Layout) throws(WhiskerError) -> Placement {
    let first = try placement(of: value, wish: layout)
    if let match = progress.placements[value]?.first(where: { $0.layout == layout }) { return match }
    return try preparing(value) { () throws(WhiskerError) in
      // A copy of a state is used by every part of the batch.
      let isState = if case .state = graph[value].op { true } else { false }
      let source = Source.arena(byteCount: layout.byteCount)
      let isLasting = isState && !isPreparing
      let copy = Placement(buffer: isLasting ? newLastingBuffer(source) : newBuffer(source), layout: layout)
      try reorder(first, to: copy)
      place(value, copy)
      return copy
    }
  }

  /// Where a value lies row-major.
  func rowMajor(_ value: Value) throws(WhiskerError) -> Placement {
    try placement(of: value, in: Layout(rowMajor: graph.shape(of: value)))
  }

  /// Appends a copy from one layout to another.
  func reorder(_ source: Placement, to target: Placement) throws(WhiskerError) {
    var (from, to) = (source.layout.descriptor, target.layout.descriptor)
    var handle: dnnl_primitive_desc_t?
    try check(
      dnnl_reorder_primitive_desc_create(
        &handle, &from, device.engine, &to, device.engine, device.attributes), "reorder")
    guard let handle else { throw WhiskerError(.engineFailure, "reorder", expected: "a handle", got: "none") }
    try append(
      PrimitiveDescriptor(owning: handle), place: "reorder",
      [
        (DNNL_ARG_FROM, source.buffer, source.layout), (DNNL_ARG_TO, target.buffer, target.layout),
      ])
  }

  /// Appends a primitive as a step, with the scratchpad it asks for.
  func append(
    _ descriptor: PrimitiveDescriptor, place: String,
    _ operands: [(argument: Int32, buffer: Buffer, layout: Layout)]
  ) throws(WhiskerError) {
    var operands = operands
    let scratchpad = descriptor.layout(dnnl_query_scratchpad_md)
    if scratchpad.byteCount > 0 {
      operands.append((DNNL_ARG_SCRATCHPAD, newBuffer(for: scratchpad), scratchpad))
    }
    append(try PrimitiveStep(descriptor, on: device, place: place, operands: operands))
  }
}
