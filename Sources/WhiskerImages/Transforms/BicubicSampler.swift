/// The mean of sixteen pixels, weighted by Keys's cubic.
struct BicubicSampler: PixelSampler {
  let source: SamplerSource

  @inline(__always)
  func prepare(rows: AxisRun, columns: AxisRun, length: Int) {
    source.rows.split(rows, length: length)
    source.columns.split(columns, length: length)
  }

  @inline(__always)
  func color(at index: Int, rows: AxisRun, columns: AxisRun) -> SIMD4<Float> {
    let (down, across) = (weights(rows.fractions[index]), weights(columns.fractions[index]))
    let (row, column) = (Int(rows.cells[index]), Int(columns.cells[index]))
    guard isInside(row, source.rows) && isInside(column, source.columns) else {
      return colorAtEdge(row, column, down, across)
    }
    let start = (row &- 1) &* source.stride &+ (column &- 1) &* 3
    let upper = line(start, across) * down.x + line(start &+ source.stride, across) * down.y
    let next = start &+ 2 &* source.stride
    let lower = line(next, across) * down.z + line(next &+ source.stride, across) * down.w
    return clamped(upper + lower)
  }

  /// The weighted sum of four pixels side by side.
  @inline(__always)
  private func line(_ start: Int, _ across: SIMD4<Float>) -> SIMD4<Float> {
    let left = source.firstColor(at: start) * across.x + source.firstColor(at: start &+ 3) * across.y
    return left + source.firstColor(at: start &+ 6) * across.z + source.secondColor(at: start &+ 6) * across.w
  }

  @inline(never)
  private func colorAtEdge(
    _ row: Int, _ column: Int, _ down: SIMD4<Float>, _ across: SIMD4<Float>
  ) -> SIMD4<Float> {
    var sum = SIMD4<Float>.zero
    for line in 0..<4 {
      let start = source.rows.pixel(row + line - 1) * source.stride
      for step in 0..<4 {
        let offset = start + source.columns.pixel(column + step - 1) * 3
        sum += source.color(at: offset) * (across[step] * down[line])
      }
    }
    return clamped(sum)
  }

  @inline(__always)
  func gray(at index: Int, rows: AxisRun, columns: AxisRun) -> Float {
    let (down, across) = (weights(rows.fractions[index]), weights(columns.fractions[index]))
    let (row, column) = (Int(rows.cells[index]), Int(columns.cells[index]))
    let start = (row &- 1) &* source.stride &+ column &- 1
    if isInside(row, source.rows) && isInside(column, source.columns) {
      let upper = grayLine(start, across) * down.x + grayLine(start &+ source.stride, across) * down.y
      let next = start &+ 2 &* source.stride
      let lower = grayLine(next, across) * down.z + grayLine(next &+ source.stride, across) * down.w
      return (upper + lower).clampedToLevels
    }
    var sum: Float = 0
    for line in 0..<4 {
      let start = source.rows.pixel(row + line - 1) * source.stride
      for step in 0..<4 {
        sum += source.level(at: start + source.columns.pixel(column + step - 1)) * (across[step] * down[line])
      }
    }
    return sum.clampedToLevels
  }

  @inline(__always)
  private func grayLine(_ start: Int, _ across: SIMD4<Float>) -> Float {
    let left = source.level(at: start) * across.x + source.level(at: start &+ 1) * across.y
    return left + source.level(at: start &+ 2) * across.z + source.level(at: start &+ 3) * across.w
  }

  /// Every lane within 0…255. (The standard library's `clamped` isn't inlined.)
  @inline(__always)
  private func clamped(_ levels: SIMD4<Float>) -> SIMD4<Float> {
    let raised = levels.replacing(with: 0, where: levels .< SIMD4(repeating: 0))
    return raised.replacing(with: 255, where: raised .> SIMD4(repeating: 255))
  }

  /// Whether the pixel before a cell and the two after it are there.
  @inline(__always)
  private func isInside(_ cell: Int, _ axis: SourceAxis) -> Bool { cell >= 1 && cell &+ 2 < axis.count }

  /// The weights of four pixels for a point this far from the second: Keys's cubic at the distances 1 + t, t, 1 − t and
  /// 2 − t, each a polynomial in t.
  @inline(__always)
  private func weights(_ part: Float) -> SIMD4<Float> {
    let cubic = SIMD4<Float>(-0.5, 1.5, -1.5, 0.5) * part + SIMD4<Float>(1, -2.5, 2, -0.5)
    return (cubic * part + SIMD4<Float>(-0.5, 0, 0.5, 0)) * part + SIMD4<Float>(0, 1, 0, 0)
  }
}
