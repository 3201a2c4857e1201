import WhiskerGraph
import WhiskerSystem
import WhiskerTensors

/// Pictures at another size: weighted sums of rows, then of columns, and the same the other way round.
extension Lowering {
  func lowerResample(_ value: Value, _ resampling: Resampling) throws(WhiskerError) {
    let x = graph[value].operands[0]
    let (from, to) = (graph.shape(of: x), graph.shape(of: value))
    let between: Shape = [from[0], to[1], from[2], from[3]]
    try lowerSums(
      x, to: value, through: between,
      SumsOfPlaces(rowsOf: from, resampling.taps(from: from[1], to: to[1])),
      SumsOfPlaces(columnsOf: between, resampling.taps(from: from[2], to: to[2])))
  }

  func lowerResampleGradient(_ value: Value, _ resampling: Resampling) throws(WhiskerError) {
    let g = graph[value].operands[0]
    let (from, to) = (graph.shape(of: g), graph.shape(of: value))
    let between: Shape = [from[0], from[1], to[2], from[3]]
    try lowerSums(
      g, to: value, through: between,
      SumsOfPlaces(columnsOf: from, resampling.transposedTaps(from: to[2], to: from[2])),
      SumsOfPlaces(rowsOf: between, resampling.transposedTaps(from: to[1], to: from[1])))
  }

  private func lowerSums(
    _ operand: Value, to value: Value, through between: Shape, _ first: SumsOfPlaces, _ second: SumsOfPlaces
  ) throws(WhiskerError) {
    let source = try rowMajor(operand)
    let middle = newBuffer(for: Layout(rowMajor: between))
    let output = allocate(value, Layout(rowMajor: graph.shape(of: value)))
    append(LoopStep("resample", [source.buffer, middle]) { first.run($0[0], to: $0[1]) })
    append(LoopStep("resample", [middle, output]) { second.run($0[0], to: $0[1]) })
  }
}

/// Along one axis of a row-major tensor, each place of the result a weighted sum of places.
private struct SumsOfPlaces {
  /// Groups of places: pictures, or the rows of all pictures.
  private let outer: Int
  /// Places of the axis.
  private let size: Int
  /// Elements of a place: a row of pixels, or a pixel.
  private let inner: Int
  private let taps: [[Resampling.Tap]]

  init(rowsOf shape: Shape, _ taps: [[Resampling.Tap]]) {
    self.taps = taps
    (outer, size, inner) = (shape[0], shape[1], shape[2] * shape[3])
  }

  init(columnsOf shape: Shape, _ taps: [[Resampling.Tap]]) {
    self.taps = taps
    (outer, size, inner) = (shape[0] * shape[1], shape[2], shape[3])
  }

  func run(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>) {
    let count = taps.count
    parallelLoop(over: outer * count, grain: max(1, 1024 / max(inner, 1))) { places in
      for place in places {
        let group = place / count
        let target = y + place * inner
        target.update(repeating: 0, count: inner)
        for tap in taps[place - group * count] {
          let source = x + (group * size + tap.index) * inner
          let weight = tap.weight
          for index in 0..<inner { target[index] += weight * source[index] }
        }
      }
    }
  }
}
