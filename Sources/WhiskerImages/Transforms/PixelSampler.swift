/// Makes pixels of a result from the pixels of the source around them.
protocol PixelSampler {
  /// Completes the coordinates in `rows` and `columns`, which lie within the photo, for as many pixels.
  func prepare(rows: AxisRun, columns: AxisRun, length: Int)
  /// Red, green and blue at one of the places.
  func color(at index: Int, rows: AxisRun, columns: AxisRun) -> SIMD4<Float>
  /// The level of a gray photo at one of the places.
  func gray(at index: Int, rows: AxisRun, columns: AxisRun) -> Float
}

/// The source of a warp as the samplers read it.
struct SamplerSource {
  let rows: SourceAxis
  let columns: SourceAxis
  let channels: Int
  let pixels: UnsafeRawPointer
  /// Bytes from a row to the next.
  let stride: Int

  init(_ view: PixelView, fill: FillMode, pixels: UnsafePointer<UInt8>, stride: Int) {
    rows = SourceAxis(count: view.height, fill: fill)
    columns = SourceAxis(count: view.width, fill: fill)
    channels = view.channels
    self.pixels = UnsafeRawPointer(pixels)
    self.stride = stride
  }

  /// The first of two pixels side by side; its fourth lane is the next one's red.
  @inline(__always)
  func firstColor(at offset: Int) -> SIMD4<Float> { Self.levels(word(at: offset)) }

  /// The second of two pixels side by side, of which the first lies at `offset`.
  ///
  /// They are six bytes: the second one's word begins a byte early, so as not to reach beyond the photo.
  @inline(__always)
  func secondColor(at offset: Int) -> SIMD4<Float> { Self.levels(word(at: offset &+ 2) >> 8) }

  /// Any pixel of a photo of two or more: but for the first, in the word that begins a byte early.
  @inline(__always)
  func color(at offset: Int) -> SIMD4<Float> {
    let back = offset == 0 ? 0 : 1
    return Self.levels(word(at: offset &- back) >> UInt32(truncatingIfNeeded: 8 &* back))
  }

  @inline(__always)
  private func word(at offset: Int) -> UInt32 {
    pixels.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
  }

  /// The bytes of a word, the lowest first; this way of saying it is the one that compiles to unpacking.
  @inline(__always)
  private static func levels(_ word: UInt32) -> SIMD4<Float> {
    let bytes = unsafeBitCast(word.littleEndian, to: SIMD4<UInt8>.self)
    return SIMD4(Float(bytes[0]), Float(bytes[1]), Float(bytes[2]), Float(bytes[3]))
  }

  @inline(__always)
  func level(at offset: Int) -> Float { Float(pixels.load(fromByteOffset: offset, as: UInt8.self)) }
}

/// The nearest pixel.
struct NearestSampler: PixelSampler {
  let source: SamplerSource

  @inline(__always)
  func prepare(rows: AxisRun, columns: AxisRun, length: Int) {
    source.rows.round(rows, length: length)
    source.columns.round(columns, length: length)
  }

  @inline(__always)
  func color(at index: Int, rows: AxisRun, columns: AxisRun) -> SIMD4<Float> {
    source.color(at: Int(rows.cells[index]) &* source.stride &+ Int(columns.cells[index]) &* 3)
  }

  @inline(__always)
  func gray(at index: Int, rows: AxisRun, columns: AxisRun) -> Float {
    source.level(at: Int(rows.cells[index]) &* source.stride &+ Int(columns.cells[index]))
  }
}

/// The mean of four pixels.
struct BilinearSampler: PixelSampler {
  let source: SamplerSource
  /// Bytes to the pixel on the right and to the one below; 0 where there is none.
  private let right: Int
  private let below: Int

  init(source: SamplerSource) {
    self.source = source
    right = source.columns.count > 1 ? source.channels : 0
    below = source.rows.count > 1 ? source.stride : 0
  }

  @inline(__always)
  func prepare(rows: AxisRun, columns: AxisRun, length: Int) {
    source.rows.split(rows, length: length)
    source.columns.split(columns, length: length)
  }

  @inline(__always)
  func color(at index: Int, rows: AxisRun, columns: AxisRun) -> SIMD4<Float> {
    let corner = Int(rows.cells[index]) &* source.stride &+ Int(columns.cells[index]) &* 3
    let (down, across) = (rows.fractions[index], columns.fractions[index])
    let top = mix(corner, across)
    let bottom = mix(corner &+ below, across)
    return top + (bottom - top) * down
  }

  @inline(__always)
  private func mix(_ offset: Int, _ part: Float) -> SIMD4<Float> {
    let first = source.firstColor(at: offset)
    return first + (source.secondColor(at: offset) - first) * part
  }

  @inline(__always)
  func gray(at index: Int, rows: AxisRun, columns: AxisRun) -> Float {
    let corner = Int(rows.cells[index]) &* source.stride &+ Int(columns.cells[index])
    let (down, across) = (rows.fractions[index], columns.fractions[index])
    let top = mixGray(corner, across)
    let bottom = mixGray(corner &+ below, across)
    return top + (bottom - top) * down
  }

  @inline(__always)
  private func mixGray(_ offset: Int, _ part: Float) -> Float {
    let first = source.level(at: offset)
    return first + (source.level(at: offset &+ right) - first) * part
  }
}
