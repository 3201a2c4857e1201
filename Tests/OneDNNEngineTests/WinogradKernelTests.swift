import CKernels
import Foundation
import Testing

/// The kernels in C, which no sanitizer of Swift sees: every piece of memory they are given lies between two pages
/// that can't be touched.
@Suite struct WinogradKernelTests {
  /// Memory for floats that ends, or begins, where the process may not go.
  private final class GuardedFloats {
    let floats: UnsafeMutablePointer<Float>
    private let base: UnsafeMutableRawPointer
    private let byteCount: Int

    init(_ count: Int, touchesEnd: Bool) throws {
      let page = Int(getpagesize())
      let pages = (count * 4 + page - 1) / page
      byteCount = (pages + 2) * page
      base = try #require(mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
      try #require(base != MAP_FAILED)
      mprotect(base, page, PROT_NONE)
      mprotect(base + (pages + 1) * page, page, PROT_NONE)
      let offset = touchesEnd ? pages * page - count * 4 : 0
      floats = (base + page + offset).assumingMemoryBound(to: Float.self)
      for index in 0..<count { floats[index] = Float(index % 13) - 6 }
    }

    deinit { munmap(base, byteCount) }
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
    func memory(_ count: Int) throws -> GuardedFloats { try GuardedFloats(count, touchesEnd: touchesEnd) }
    let tiles = batch * forward.tile_rows * forward.tile_columns
    let (outputPanels, inputPanels) = ((size.outputs + 15) / 16, (size.inputs + 15) / 16)
    let x = try memory(batch * size.inputs * size.height * size.width)
    let g = try memory(batch * size.outputs * rows * columns)
    let kernel = try memory(9 * size.inputs * size.outputs)
    let bias = try memory(size.outputs)

    let transformed = try memory(36 * outputPanels * 16 * size.inputs)
    whisker_winograd_transform_kernel(
      kernel.floats, transformed.floats, size.inputs, size.outputs, 0, outputPanels)
    let turned = try memory(36 * inputPanels * 16 * size.outputs)
    whisker_winograd_transform_turned_kernel(
      kernel.floats, turned.floats, size.outputs, size.inputs, 0, inputPanels)
    let y = try memory(batch * size.outputs * rows * columns)
    whisker_winograd_convolve(
      &forward, x.floats, transformed.floats, bias.floats, 0, y.floats,
      try memory(whisker_winograd_scratch_count(size.inputs)).floats, 0, tiles)
    let dx = try memory(batch * size.inputs * size.height * size.width)
    whisker_winograd_convolve(
      &backward, g.floats, turned.floats, nil, -.infinity, dx.floats,
      try memory(whisker_winograd_scratch_count(size.outputs)).floats, 0,
      batch * backward.tile_rows * backward.tile_columns)

    let chunk = 3
    let values = try memory(36 * chunk * size.inputs)
    let gradients = try memory(37 * outputPanels * chunk * 16)
    let sums = try memory(37 * outputPanels * size.inputs * 16)
    for first in stride(from: 0, to: tiles, by: chunk) {
      let count = min(chunk, tiles - first)
      whisker_winograd_evaluate(
        &forward, x.floats, g.floats, values.floats, gradients.floats, chunk, first, first, first + count)
      whisker_winograd_sum(
        &forward, values.floats, gradients.floats, sums.floats, chunk, count, first > 0, 0, 37 * outputPanels)
    }
    whisker_winograd_finish(&forward, sums.floats, kernel.floats, bias.floats, 0, size.inputs)
    #expect(y.floats[0] >= 0)
    // The gradient for the bias is the sum of the gradients, all of them whole numbers.
    var sum: Float = 0
    for picture in 0..<batch {
      let plane = g.floats + picture * size.outputs * rows * columns
      for pixel in 0..<rows * columns { sum += plane[pixel * 8] }
    }
    #expect(bias.floats[0] == sum)
  }
}
