import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// The translation of each op that has a row here; any other is refused by name.
extension ONNXExporter {
  /// Appends the operators that compute `op` of `x`, which is the value `y`.
  mutating func export(_ op: Op, _ x: [Value], _ y: Value) throws(WhiskerError) {
    switch op {
    case .input, .state, .constant: break
    case .add: try elementwise("Add", x, y)
    case .multiply: try elementwise("Mul", x, y)
    case .scale(let factor): try elementwise("Mul", x, scalar(factor), y)
    case .rescale(let factor, let offset):
      let layout = layout(of: x)
      let product = step("Mul", [try name(x[0], layout), scalar(factor)], towards: y)
      emit("Add", [product, scalar(offset)], as: y, layout)
    case .sum: emit("ReduceSum", [try name(x[0])], [.int("keepdims", 0)], as: y)
    case .mean: emit("ReduceMean", [try name(x[0])], [.int("keepdims", 0)], as: y)
    case .reshape(let shape): try reshape(x[0], shape, y)
    case .transpose(let order): try transpose(x[0], order, y)
    case .pad(let edges): try pad(x[0], edges, y)
    case .crop(let edges): try crop(x[0], edges, y)
    case .concatenate(let axis): try concatenate(x, axis, y)
    case .slice(let axis, let start, let count):
      emit("Slice", [try name(x[0]), integers([start]), integers([start + count]), integers([axis])], as: y)
    case .activation(let function): try activation(function, x[0], y)
    case .rectifier(let rectifier): try rectify(rectifier, x[0], y)
    case .matrixProduct(let product): try matrixProduct(product, x, y)
    case .convolution(let convolution): try self.convolution(convolution, x, y)
    case .convolutionInputGradient(let convolution, _):
      try transposedConvolution(convolution, kernel: x[0], x[1], y)
    case .pooling(let pooling): try self.pooling(pooling, x[0], y)
    case .channelMean: emit("ReduceMean", [try name(x[0])], overRows(of: x[0]), as: y)
    case .channelVariance:
      let mean = step("ReduceMean", [try name(x[0])], overRows(of: x[0]), towards: y)
      let distance = step("Sub", [try name(x[0]), mean], towards: y)
      emit("ReduceMean", [step("Mul", [distance, distance], towards: y)], overRows(of: x[0]), as: y)
    case .normalization(let epsilon): try normalize(x, epsilon, y)
    case .layerNormalization(let epsilon):
      let operands = [try name(x[0]), try vector(x[1]), try vector(x[2])]
      emit("LayerNormalization", operands, [.int("axis", -1), .float("epsilon", epsilon)], as: y)
    case .resample(let resampling): try resample(resampling, x[0], y)
    // Ops that only training has, and ops without a translation yet.
    default: throw unsupported(op)
    }
  }

  /// The layout to compute elementwise in: that of pictures as they lie there.
  private func layout(of operands: [Value]) -> Layout {
    // One of fewer axes is repeated along the first ones, as the graph has them.
    let isOneRank = operands.allSatisfy { shape(of: $0).rank == shape(of: operands[0]).rank }
    return isOneRank && operands.contains(where: isChannelsFirst) ? .channelsFirst : .channelsLast
  }

  private mutating func elementwise(_ type: String, _ x: [Value], _ y: Value) throws(WhiskerError) {
    let layout = layout(of: x)
    var operands: [String] = []
    for value in x { operands.append(try name(value, layout)) }
    emit(type, operands, as: y, layout)
  }

  private mutating func elementwise(
    _ type: String, _ x: [Value], _ number: String, _ y: Value
  ) throws(WhiskerError) {
    let layout = layout(of: x)
    emit(type, [try name(x[0], layout), number], as: y, layout)
  }

  private mutating func reshape(_ x: Value, _ shape: Shape, _ y: Value) throws(WhiskerError) {
    var sizes = shape.sizes
    if isBatched(x) {
      let before = self.shape(of: x)[0]
      guard let after = sizes.first, after.isMultiple(of: before) || before.isMultiple(of: after) else {
        throw unsupported(graph[y].op)
      }
      // The operand's size, whatever it is; or where other axes join the batch or leave it, what is left.
      sizes[0] = after == before ? 0 : -1
    }
    emit("Reshape", [try name(x), integers(sizes)], as: y)
  }

  private mutating func activation(
    _ function: ActivationFunction, _ x: Value, _ y: Value
  ) throws(WhiskerError) {
    let layout: Layout = function.isElementwise ? layout(of: [x]) : .channelsLast
    activate(function, try name(x, layout), y, layout)
  }

  private mutating func rectify(_ rectifier: Rectifier, _ x: Value, _ y: Value) throws(WhiskerError) {
    let layout = layout(of: [x])
    let operand = try name(x, layout)
    if rectifier.slope == 0 && rectifier.threshold == 0 {
      guard let maximum = rectifier.maximum else { return emit("Relu", [operand], as: y, layout) }
      return emit("Clip", [operand, scalar(0), scalar(maximum)], as: y, layout)
    }
    let threshold = scalar(rectifier.threshold)
    let below = step(
      "Mul", [step("Sub", [operand, threshold], towards: y), scalar(rectifier.slope)], towards: y)
    let isAbove = step("Greater", [operand, threshold], towards: y)
    let rectified = step("Where", [isAbove, operand, below], towards: y)
    guard let maximum = rectifier.maximum else { return alias(y, rectified, layout) }
    emit("Min", [rectified, scalar(maximum)], as: y, layout)
  }

  private mutating func pad(_ x: Value, _ edges: EdgePadding, _ y: Value) throws(WhiskerError) {
    let sizes = integers([0, 0, edges.top, edges.left, 0, 0, edges.bottom, edges.right])
    emit("Pad", [try name(x, .channelsFirst), sizes], as: y, .channelsFirst)
  }

  private mutating func crop(_ x: Value, _ edges: EdgePadding, _ y: Value) throws(WhiskerError) {
    let shape = shape(of: x)
    let ends = integers([shape[1] - edges.bottom, shape[2] - edges.right])
    emit(
      "Slice", [try name(x, .channelsFirst), integers([edges.top, edges.left]), ends, integers([2, 3])],
      as: y,
      .channelsFirst)
  }

  private mutating func concatenate(_ x: [Value], _ axis: Int, _ y: Value) throws(WhiskerError) {
    let layout = layout(of: x)
    var operands: [String] = []
    for value in x { operands.append(try name(value, layout)) }
    emit(
      "Concat", operands, [.int("axis", layout == .channelsFirst ? [0, 2, 3, 1][axis] : axis)], as: y, layout)
  }

  /// Every method is a weighted sum along each axis: a product of matrices.
  private mutating func resample(_ resampling: Resampling, _ x: Value, _ y: Value) throws(WhiskerError) {
    let (from, to) = (shape(of: x), shape(of: y))
    let rows = resampling.taps(from: from[1], to: to[1])
    let columns = resampling.transposedTaps(from: from[2], to: to[2])
    let upright = step(
      "MatMul", [matrix(rows, columns: from[1], "\(y)/rows"), try name(x, .channelsFirst)], towards: y)
    emit("MatMul", [upright, matrix(columns, columns: to[2], "\(y)/columns")], as: y, .channelsFirst)
  }

  /// ONNX's normalisation has the channels on the second axis.
  private mutating func normalize(_ x: [Value], _ epsilon: Float, _ y: Value) throws(WhiskerError) {
    let rank = shape(of: x[0]).rank
    guard rank == 4 || rank == 2 else { throw unsupported(graph[y].op) }
    let layout: Layout = rank == 4 ? .channelsFirst : .channelsLast
    var operands = [try name(x[0], layout)]
    for value in [x[3], x[4], x[1], x[2]] { operands.append(try vector(value)) }
    emit("BatchNormalization", operands, [.float("epsilon", epsilon)], as: y, layout)
  }

  /// What a mean over all axes but the last one takes.
  private func overRows(of x: Value) -> [ONNXAttribute] {
    [.ints("axes", Array(0..<max(0, shape(of: x).rank - 1))), .int("keepdims", 0)]
  }

  private mutating func matrixProduct(
    _ product: MatrixProduct, _ x: [Value], _ y: Value
  ) throws(WhiskerError) {
    var operands: [String] = []
    for value in x { operands.append(try name(value)) }
    let result = step(
      "Gemm", operands,
      [.int("transA", product.transposesLeft ? 1 : 0), .int("transB", product.transposesRight ? 1 : 0)],
      towards: y)
    activate(product.activation, result, y, .channelsLast)
  }

  private mutating func convolution(
    _ convolution: Convolution, _ x: [Value], _ y: Value
  ) throws(WhiskerError) {
    var operands = [try name(x[0], .channelsFirst), try kernel(x[1])]
    if x.count == 3 { operands.append(try name(x[2])) }
    let result = step(
      "Conv", operands, attributes(of: convolution.window) + [.int("group", convolution.groups)], towards: y)
    activate(convolution.activation, result, y, .channelsFirst)
  }

  /// The input's gradient of a convolution is the convolution that ONNX calls transposed.
  private mutating func transposedConvolution(
    _ convolution: Convolution, kernel: Value, _ x: Value, _ y: Value
  ) throws(WhiskerError) {
    let (window, from, to) = (convolution.window, shape(of: x), shape(of: y))
    let (padding, reach) = (window.padding, window.reach)
    // What windows leave of the last rows and columns.
    let rows = to[1] + padding.top + padding.bottom - (from[1] - 1) * window.rowStride - reach.height
    let columns = to[2] + padding.left + padding.right - (from[2] - 1) * window.columnStride - reach.width
    emit(
      "ConvTranspose", [try name(x, .channelsFirst), try self.kernel(kernel)],
      attributes(of: window) + [
        .int("group", convolution.groups), .ints("output_padding", [rows, columns]),
      ], as: y, .channelsFirst)
  }

  /// The batch stays in front, as it may be of any size.
  private mutating func transpose(_ x: Value, _ order: [Int], _ y: Value) throws(WhiskerError) {
    guard !isBatched(x) || order.first == 0 else { throw unsupported(graph[y].op) }
    emit("Transpose", [try name(x)], [.ints("perm", order)], as: y)
  }

  private mutating func pooling(_ pooling: Pooling, _ x: Value, _ y: Value) throws(WhiskerError) {
    let operand = try name(x, .channelsFirst)
    let attributes = attributes(of: pooling.window)
    let result =
      switch pooling.kind {
      case .maximum: step("MaxPool", [operand], attributes, towards: y)
      case .average: step("AveragePool", [operand], attributes + [.int("count_include_pad", 0)], towards: y)
      }
    activate(pooling.hasReLU ? .relu : nil, result, y, .channelsFirst)
  }

  private func attributes(of window: Window) -> [ONNXAttribute] {
    let padding = window.padding
    return [
      .ints("kernel_shape", [window.height, window.width]),
      .ints("strides", [window.rowStride, window.columnStride]),
      .ints("pads", [padding.top, padding.left, padding.bottom, padding.right]),
    ] + (window.isDilated ? [.ints("dilations", [window.rowDilation, window.columnDilation])] : [])
  }
}
