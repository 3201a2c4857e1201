import CKernels
import Foundation
import Testing

/// The kernels in C, which no sanitizer of Swift sees: every piece of memory they are given lies between two pages
/// that can't be touched.
@Suite struct WinogradKernelTests {
  /// Gives out floats that end, or begin, where the process may not go; all of them live as long as this.
  private final class GuardedMemory {
    private let touchesEnd: Bool
    private var pieces: [(base: UnsafeMutableRawPointer, byteCount: Int)] = []

    init(touchesEnd: Bool) { self.touchesEnd = touchesEnd }

    func floats(_ count: Int) throws -> UnsafeMutablePointer<Float> {
      let page = Int(getpagesize())
      let pages = (count * 4 + page - 1) / page
      let byteCount = (pages + 2) * page
      let base = try #require(
        mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
      try #require(base != MAP_FAILED)
      pieces.append((base, byteCount))
      mprotect(base, page, PROT_NONE)
      mprotect(base + (pages + 1) * page, page, PROT_NONE)
      let offset = touchesEnd ? pages * page - count * 4 : 0
      let floats = (base + page + offset).assumingMemoryBound(to: Float.self)
      for index in 0..<count { floats[index] = Float(index % 13) - 6 }
      return floats
    }

    deinit { for piece in pieces { munmap(piece.base, piece.byteCount) } }
  }

  @Test(
    .enabled(if: hasAVX2, "needs AVX2"),
    arguments: [
      (8, 8, 6, 7, 0), (24, 40, 5, 5, 1), (16, 24, 9, 11, 1), (40, 16, 4, 3, 2), (8, 64, 13, 8, 0),
    ], [true, false])
  func memoryBesideIsLeftAlone(
    size: (inputs: Int, outputs: Int, height: Int, width: Int, padding: Int), touchesEnd: Bool
  ) throws {
    let batch = 2
    let (rows, columns) = (size.height + 2 * size.padding - 2, size.width + 2 * size.padding - 2)
    var forward = whisker_winograd_shape(
      batch: batch, inputs: size.inputs, input_height: size.height, input_width: size.width,
      outputs: size.outputs, output_height: rows, output_width: columns, top: size.padding,
      left: size.padding, tile_rows: (rows + 3) / 4, tile_columns: (columns + 3) / 4)
    var backward = whisker_winograd_shape(
      batch: batch, inputs: size.outputs, input_height: rows, input_width: columns, outputs: size.inputs,
      output_height: size.height, output_width: size.width, top: 2 - size.padding, left: 2 - size.padding,
      tile_rows: (size.height + 3) / 4, tile_columns: (size.width + 3) / 4)
    let memory = GuardedMemory(touchesEnd: touchesEnd)
    defer { withExtendedLifetime(memory) {} }
    let tiles = batch * forward.tile_rows * forward.tile_columns
    let (outputPanels, inputPanels) = ((size.outputs + 15) / 16, (size.inputs + 15) / 16)
    let x = try memory.floats(batch * size.inputs * size.height * size.width)
    let g = try memory.floats(batch * size.outputs * rows * columns)
    let kernel = try memory.floats(9 * size.inputs * size.outputs)
    let bias = try memory.floats(size.outputs)

    let transformed = try memory.floats(36 * outputPanels * 16 * size.inputs)
    whisker_winograd_transform_kernel(
      kernel, transformed, size.inputs, size.outputs, 0, outputPanels)
    let turned = try memory.floats(36 * inputPanels * 16 * size.outputs)
    whisker_winograd_transform_turned_kernel(
      kernel, turned, size.outputs, size.inputs, 0, inputPanels)
    let y = try memory.floats(batch * size.outputs * rows * columns)
    whisker_winograd_convolve(
      &forward, x, transformed, bias, 0, y,
      try memory.floats(whisker_winograd_scratch_count(size.inputs)), 0, tiles)
    let dx = try memory.floats(batch * size.inputs * size.height * size.width)
    whisker_winograd_convolve(
      &backward, g, turned, nil, -.infinity, dx,
      try memory.floats(whisker_winograd_scratch_count(size.outputs)), 0,
      batch * backward.tile_rows * backward.tile_columns)

    let chunk = 3
    let values = try memory.floats(36 * chunk * size.inputs)
    let gradients = try memory.floats(37 * outputPanels * chunk * 16)
    let sums = try memory.floats(37 * outputPanels * size.inputs * 16)
    for first in stride(from: 0, to: tiles, by: chunk) {
      let count = min(chunk, tiles - first)
      whisker_winograd_evaluate(
        &forward, x, g, values, gradients, chunk, first, first, first + count)
      whisker_winograd_sum(
        &forward, values, gradients, sums, chunk, count, first > 0, 0, 37 * outputPanels)
    }
    whisker_winograd_finish(&forward, sums, kernel, bias, 0, size.inputs)
    #expect(y[0] >= 0)
    // The gradient for the bias is the sum of the gradients, all of them whole numbers.
    var sum: Float = 0
    for picture in 0..<batch {
      let plane = g + picture * size.outputs * rows * columns
      for pixel in 0..<rows * columns { sum += plane[pixel * 8] }
    }
    #expect(bias[0] == sum)
  }
}
