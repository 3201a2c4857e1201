import COneDNN
import WhiskerTensors

/// How a tensor lies in memory: oneDNN's memory descriptor.
///
/// Axes are in the graph's order (`[N, H, W, C]`, `[H, W, I, O]`); the order oneDNN wants for an operation is got
/// by permuting the axes, which leaves the bytes where they are.
struct Layout {
  var descriptor: dnnl_memory_desc_t

  init(_ descriptor: dnnl_memory_desc_t) { self.descriptor = descriptor }

  /// The layout of nothing, 0 bytes.
  static var empty: Layout { Layout(dnnl_memory_desc_t()) }

  /// Row-major.
  ///
  /// A scalar is one element on one axis, as oneDNN has no tensors without axes.
  init(rowMajor shape: Shape) {
    let sizes = shape.rank == 0 ? [1] : shape.sizes
    var strides = [dnnl_dim_t](repeating: 1, count: sizes.count)
    for axis in stride(from: sizes.count - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * dnnl_dim_t(sizes[axis + 1])
    }
    self.init(sizes: sizes.map { dnnl_dim_t($0) }, strides: strides)
  }

  /// `[N, H, W, C]` in blocks of eight channels that lie side by side for each pixel (`nChw8c`).
  init(blocksOfEight shape: Shape) {
    var descriptor = dnnl_memory_desc_t()
    let sizes = [shape[0], shape[3], shape[1], shape[2]].map { dnnl_dim_t($0) }
    dnnl_memory_desc_init_by_tag(&descriptor, 4, sizes, dnnl_f32, dnnl_nChw8c)
    self = Layout(descriptor).channelsLast
  }

  /// With the given elements between neighbours on each axis.
  init(sizes: [dnnl_dim_t], strides: [dnnl_dim_t]) {
    descriptor = dnnl_memory_desc_t()
    dnnl_memory_desc_init_by_strides(&descriptor, Int32(sizes.count), sizes, dnnl_f32, strides)
  }

  /// Any layout: oneDNN chooses when the operation is prepared.
  init(any sizes: [Int]) {
    descriptor = dnnl_memory_desc_t()
    dnnl_memory_desc_init_by_tag(
      &descriptor, Int32(sizes.count), sizes.map { dnnl_dim_t($0) }, dnnl_f32, dnnl_format_tag_any)
  }

  /// Bytes, padding included.
  var byteCount: Int {
    var copy = descriptor
    return dnnl_memory_desc_get_size(&copy)
  }

  /// The number of floats in memory, padding included.
  var storedCount: Int { byteCount / MemoryLayout<Float>.stride }

  /// The same bytes with axis `i` renamed `order[i]`.
  func permuted(_ order: [Int32]) -> Layout {
    var (source, result) = (descriptor, dnnl_memory_desc_t())
    dnnl_memory_desc_permute_axes(&result, &source, order)
    return Layout(result)
  }

  /// From the graph's `[N, H, W, C]` to oneDNN's `[N, C, H, W]`.
  var channelsSecond: Layout { permuted([0, 2, 3, 1]) }
  /// From oneDNN's `[N, C, H, W]` to the graph's `[N, H, W, C]`.
  var channelsLast: Layout { permuted([0, 3, 1, 2]) }
  /// From oneDNN's `[O, I, H, W]` to the graph's `[H, W, I, O]`.
  var kernelRestored: Layout { permuted([3, 2, 0, 1]) }
  /// A matrix with its axes swapped.
  var transposed: Layout { permuted([1, 0]) }

  /// The same form for another number of samples; nil if the samples don't lie one after another.
  func rebatched(_ count: Int) -> Layout? {
    let blocking = descriptor.format_desc.blocking
    let blockedAxes = withUnsafeBytes(of: blocking.inner_idxs) {
      $0.bindMemory(to: dnnl_dim_t.self).prefix(Int(blocking.inner_nblks)).map { $0 }
    }
    let others = withUnsafeBytes(of: blocking.strides) {
      $0.bindMemory(to: dnnl_dim_t.self)[1..<max(1, Int(descriptor.ndims))].map { $0 }
    }
    guard descriptor.format_kind == dnnl_blocked, descriptor.offset0 == 0, !blockedAxes.contains(0),
      descriptor.dims.0 == descriptor.padded_dims.0, others.allSatisfy({ $0 <= blocking.strides.0 })
    else { return nil }
    var copy = descriptor
    copy.dims.0 = dnnl_dim_t(count)
    copy.padded_dims.0 = dnnl_dim_t(count)
    return Layout(copy)
  }

  /// Bytes from one sample to the next.
  var sampleByteCount: Int { Int(descriptor.format_desc.blocking.strides.0) * MemoryLayout<Float>.stride }

  /// For `[N, H, W, C]`: how many channels lie side by side for each pixel (16 in `nChw16c`, C in `nhwc`), nil
  /// if the layout is neither of these two forms or has padding.
  var channelBlock: Int? {
    guard descriptor.ndims == 4, descriptor.format_kind == dnnl_blocked else { return nil }
    let sizes = withUnsafeBytes(of: descriptor.dims) { Array($0.bindMemory(to: dnnl_dim_t.self).prefix(4)) }
    let padded = withUnsafeBytes(of: descriptor.padded_dims) {
      Array($0.bindMemory(to: dnnl_dim_t.self).prefix(4))
    }
    let blocking = descriptor.format_desc.blocking
    let strides = withUnsafeBytes(of: blocking.strides) {
      Array($0.bindMemory(to: dnnl_dim_t.self).prefix(4))
    }
    guard sizes == padded, descriptor.offset0 == 0 else { return nil }
    let block: dnnl_dim_t
    switch blocking.inner_nblks {
    case 0: block = sizes[3]
    case 1 where blocking.inner_idxs.0 == 3: block = blocking.inner_blks.0
    default: return nil
    }
    let (height, width, channels) = (sizes[1], sizes[2], sizes[3])
    // The batch, then channel blocks, rows, columns, and the channels of one block.
    let isDense =
      strides[2] == block && strides[1] == width * block && strides[0] == height * width * channels
    let blocksFollow = block == channels || strides[3] == height * width * block
    return isDense && blocksFollow ? Int(block) : nil
  }
}

extension Layout: Equatable {
  static func == (left: Layout, right: Layout) -> Bool {
    var (a, b) = (left.descriptor, right.descriptor)
    return dnnl_memory_desc_equal(&a, &b) != 0
  }
}

extension Layout {
  /// For `[N, H, W, C]` in one of the forms that ``channelBlock`` knows: the same form at another size.
  func resized(height: Int, width: Int, block: Int) -> Layout {
    let sizes = withUnsafeBytes(of: descriptor.dims) { Array($0.bindMemory(to: dnnl_dim_t.self).prefix(4)) }
    var copy = descriptor
    let (batch, channels) = (Int(sizes[0]), Int(sizes[3]))
    if block == channels && copy.format_desc.blocking.inner_nblks == 0 {
      return Layout(rowMajor: [batch, height, width, channels])
    }
    let resized: [dnnl_dim_t] = [sizes[0], sizes[3], dnnl_dim_t(height), dnnl_dim_t(width)]
    dnnl_memory_desc_init_by_tag(&copy, 4, resized, dnnl_f32, block == 16 ? dnnl_nChw16c : dnnl_nChw8c)
    return Layout(copy).channelsLast
  }
}
