/// A running warp, compiled once for each way to sample.
struct WarpPass<Sampler: PixelSampler> {
  let settings: PhotoWarp
  let source: SamplerSource
  let sampler: Sampler
  /// What sampled levels are multiplied by: the scale, unless the colours come first.
  private let factor: Float
  private var map: AffineMap { settings.map }

  init(_ settings: PhotoWarp, source: SamplerSource, sampler: Sampler) {
    self.settings = settings
    self.source = source
    self.sampler = sampler
    factor = settings.color == nil ? settings.scale : 1
  }

  /// Pixels that are located at once; what they need fits on the stack.
  private static var runLength: Int { 64 }

  /// Writes the result, of which `output` holds exactly all values.
  func write(height: Int, width: Int, into output: UnsafeMutablePointer<Float>) {
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 128) { cells in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 128) { fractions in
        guard let cells = cells.baseAddress, let fractions = fractions.baseAddress else { return }
        let rows = AxisRun(cells: cells, fractions: fractions)
        let columns = AxisRun(cells: cells + Self.runLength, fractions: fractions + Self.runLength)
        for row in 0..<height {
          writeRow(
            row, width: width, into: output + row * width * source.channels, rows: rows, columns: columns)
        }
      }
    }
  }

  private func writeRow(
    _ row: Int, width: Int, into output: UnsafeMutablePointer<Float>, rows: AxisRun, columns: AxisRun
  ) {
    let start = map(row: Double(row), column: 0)
    let inside = source.columns.fill == .constant ? columnsInside(from: start, width: width) : 0..<width
    writeFill(0..<inside.lowerBound, into: output)
    writeFill(inside.upperBound..<width, into: output)
    var first = inside.lowerBound
    while first < inside.upperBound {
      let length = min(Self.runLength, inside.upperBound - first)
      // From one run to the next in Double, so that rounding doesn't add up along the row.
      source.rows.place(
        from: Float(start.row + map.rowFromColumn * Double(first)), step: Float(map.rowFromColumn),
        into: rows, length: length)
      source.columns.place(
        from: Float(start.column + map.columnFromColumn * Double(first)), step: Float(map.columnFromColumn),
        into: columns, length: length)
      sampler.prepare(rows: rows, columns: columns, length: length)
      writeRun(length, into: output + first * source.channels, rows: rows, columns: columns)
      first += length
    }
    // While the row is still in the nearest cache.
    settings.color?.apply(to: output, pixels: width, channels: source.channels, scale: settings.scale)
  }

  private func writeRun(
    _ length: Int, into output: UnsafeMutablePointer<Float>, rows: AxisRun, columns: AxisRun
  ) {
    if source.channels == 1 {
      for index in 0..<length {
        output[index] = sampler.gray(at: index, rows: rows, columns: columns) * factor
      }
      return
    }
    let bytes = UnsafeMutableRawPointer(output)
    for index in 0..<(length &- 1) {
      // Four lanes for three channels: the next pixel overwrites the last lane.
      let color = sampler.color(at: index, rows: rows, columns: columns) * factor
      bytes.storeBytes(of: color, toByteOffset: 12 &* index, as: SIMD4<Float>.self)
    }
    let color = sampler.color(at: length &- 1, rows: rows, columns: columns) * factor
    for channel in 0..<3 { output[3 * (length - 1) + channel] = color[channel] }
  }

  private func writeFill(_ columns: Range<Int>, into output: UnsafeMutablePointer<Float>) {
    (output + columns.lowerBound * source.channels)
      .update(repeating: settings.fillValue * factor, count: columns.count * source.channels)
  }

  /// The columns of a row that begins at `start` which are read between the centres of the outermost pixels.
  private func columnsInside(from start: (row: Double, column: Double), width: Int) -> Range<Int> {
    let rows = Self.steps(from: start.row, by: map.rowFromColumn, within: source.rows.count, limit: width)
    let columns = Self.steps(
      from: start.column, by: map.columnFromColumn, within: source.columns.count, limit: width)
    return rows.clamped(to: columns)
  }

  /// The numbers n in `0 ..< limit` with `start + n · step` within `0 ... count − 1`, but for rounding.
  private static func steps(from start: Double, by step: Double, within count: Int, limit: Int) -> Range<Int>
  {
    let low = -SourceAxis.tolerance - start
    let high = Double(count - 1) + SourceAxis.tolerance - start
    if step == 0 { return low <= 0 && high >= 0 ? 0..<limit : 0..<0 }
    let (first, last) = (min(low / step, high / step), max(low / step, high / step))
    let begin = min(max(first.rounded(.up), 0), Double(limit))
    let end = min(max(last.rounded(.down) + 1, begin), Double(limit))
    return Int(begin)..<Int(end)
  }
}
