import WhiskerGraph
import WhiskerTensors

extension Window {
  /// Visits, for every output pixel in order, the input pixels under its window in row-major order; those in the
  /// padding are left out.
  ///
  /// Pixels are numbered through the batch, `(n · height + row) · width + column`; a tap is a place in the
  /// window, `row · width + column`.
  func forEachTap(
    input: Shape, output: Shape, _ visit: (_ inputPixel: Int, _ outputPixel: Int, _ tap: Int) -> Void
  ) {
    let (inputHeight, inputWidth) = (input[1], input[2])
    var outputPixel = 0
    for sample in 0..<output[0] {
      for outputRow in 0..<output[1] {
        for outputColumn in 0..<output[2] {
          let top = outputRow * rowStride - padding.top
          let left = outputColumn * columnStride - padding.left
          for tapRow in 0..<height {
            let row = top + tapRow * rowDilation
            guard 0..<inputHeight ~= row else { continue }
            for tapColumn in 0..<width {
              let column = left + tapColumn * columnDilation
              guard 0..<inputWidth ~= column else { continue }
              visit(
                (sample * inputHeight + row) * inputWidth + column, outputPixel, tapRow * width + tapColumn)
            }
          }
          outputPixel += 1
        }
      }
    }
  }
}
