import CKernels
import COneDNN
import WhiskerGraph
import WhiskerTensors

/// A 3 × 3 convolution at stride 1 by our own Winograd F(4×4, 3×3), for processors on which oneDNN has none.
///
/// Results are made in tiles of 4 × 4 and don't depend on other photos of the batch or on the number of threads.
/// Sums over the batch are made a chunk of tiles at a time, each sum by one thread, so that they too don't depend on
/// the number of threads.
struct WinogradConvolution {
  typealias Floats = UnsafeMutablePointer<Float>

  /// Channels side by side in memory for each pixel.
  static let block = 8
  /// The name of such a step, after its operation.
  static let name = "wino_4x3:avx2"

  private let forward: whisker_winograd_shape
  /// The gradient for the input is a convolution of the gradient with kernels turned by half a turn.
  private let backward: whisker_winograd_shape

  /// Nil if the convolution isn't of this kind or this processor has something better.
  ///
  /// The rule looks only at the convolution and the processor's instructions, never at the batch size or at a
  /// clock, so that runs repeat and a partial batch is computed like a full one.
  ///
  /// - Parameters: shapes in the graph's order, `[N, H, W, C]`.
  init?(_ convolution: Convolution, input: Shape, output: Shape, settings: OneDNNEngine.Settings) {
    let (window, padding) = (convolution.window, convolution.window.padding)
    let paddings = [padding.top, padding.left, padding.bottom, padding.right]
    guard settings.usesWinograd, whisker_has_avx2(),
      settings.prefersOwnConvolutions || !Device.hasAVX512,
      window.height == 3, window.width == 3, window.rowStride == 1, window.columnStride == 1,
      !window.isDilated,
      convolution.groups == 1, input[3] % WinogradConvolution.block == 0,
      output[3] % WinogradConvolution.block == 0, paddings.allSatisfy((0...2).contains)
    else { return nil }
    forward = whisker_winograd_shape(from: input, to: output, top: padding.top, left: padding.left)
    backward = whisker_winograd_shape(from: output, to: input, top: 2 - padding.top, left: 2 - padding.left)
    // Where less than half of the tiles' area is picture, direct convolution takes no longer.
    guard forward.tileCount * 16 <= 2 * input[0] * output[1] * output[2] else { return nil }
  }

  // MARK: Kernels

  /// Which of the two convolutions a kernel is transformed for.
  enum Direction { case forward, backward }

  private func shape(_ direction: Direction) -> whisker_winograd_shape {
    direction == .forward ? forward : backward
  }

  /// The size of a transformed kernel.
  func kernelByteCount(_ direction: Direction) -> Int {
    let shape = shape(direction)
    return whisker_winograd_points * shape.panelCount * whisker_winograd_panel * shape.inputs
      * MemoryLayout<Float>.stride
  }

  /// Transforms a row-major kernel `[3, 3, I, O]`.
  func transform(_ kernel: Floats, to transformed: Floats, _ direction: Direction) {
    let shape = shape(direction)
    parallelLoop(over: shape.panelCount) { panels in
      switch direction {
      case .forward:
        whisker_winograd_transform_kernel(
          kernel, transformed, shape.inputs, shape.outputs, panels.lowerBound, panels.upperBound)
      case .backward:
        whisker_winograd_transform_turned_kernel(
          kernel, transformed, shape.inputs, shape.outputs, panels.lowerBound, panels.upperBound)
      }
    }
  }

  // MARK: Convolution

  /// Tiles that a thread takes at least.
  private static let grain = 6

  /// What all threads need between the stages of ``convolve(_:_:bias:hasReLU:to:scratch:_:)``.
  func scratchByteCount(_ direction: Direction) -> Int {
    Int(omp_get_max_threads()) * whisker_winograd_scratch_count(shape(direction).inputs)
      * MemoryLayout<Float>.stride
  }

  /// `y = x ∗ kernel + bias`, then `max(y, 0)` if asked; backward, the gradient for the input.
  func convolve(
    _ x: Floats, _ transformed: Floats, bias: Floats?, hasReLU: Bool, to y: Floats, scratch: Floats,
    _ direction: Direction
  ) {
    let shape = shape(direction)
    let (grain, count) = (WinogradConvolution.grain, shape.tileCount)
    let scratchCount = whisker_winograd_scratch_count(shape.inputs)
    parallelLoop(over: (count + grain - 1) / grain) { groups in
      withUnsafePointer(to: shape) {
        whisker_winograd_convolve(
          $0, x, transformed, bias, hasReLU ? 0 : -.infinity, y,
          scratch + Int(omp_get_thread_num()) * scratchCount, groups.lowerBound * grain,
          min(groups.upperBound * grain, count))
      }
    }
  }

  // MARK: The gradient for the kernel

  /// Where ``kernelGradient(_:_:to:bias:_:)`` keeps what lies between its stages.
  struct GradientScratch {
    let values: Floats
    let gradients: Floats
    let sums: Floats
  }

  /// The sizes of the three pieces of memory of a ``GradientScratch``.
  var gradientScratchByteCounts: (values: Int, gradients: Int, sums: Int) {
    let panelWidth = forward.panelCount * whisker_winograd_panel
    let points = whisker_winograd_points
    let size = MemoryLayout<Float>.stride
    return (
      points * chunk * forward.inputs * size, (points + 1) * chunk * panelWidth * size,
      (points + 1) * forward.inputs * panelWidth * size
    )
  }

  /// Tiles whose transforms lie in memory at once: 3 MB, so that they stay in the processor's cache while they are
  /// summed.
  private var chunk: Int {
    let tileByteCount =
      whisker_winograd_points * (forward.inputs + forward.outputs) * MemoryLayout<Float>.stride
    return max(WinogradConvolution.grain, min((3 << 20) / tileByteCount, forward.tileCount))
  }

  /// The gradient for the kernel, row-major, and on request that for the bias.
  func kernelGradient(
    _ x: Floats, _ g: Floats, to kernel: Floats, bias: Floats?, _ scratch: GradientScratch
  ) {
    withUnsafePointer(to: forward) { shape in
      for first in stride(from: 0, to: forward.tileCount, by: chunk) {
        let count = min(chunk, forward.tileCount - first)
        parallelLoop(over: count) { tiles in
          whisker_winograd_evaluate(
            shape, x, g, scratch.values, scratch.gradients, chunk, first, first + tiles.lowerBound,
            first + tiles.upperBound)
        }
        parallelLoop(over: (whisker_winograd_points + 1) * forward.panelCount) { units in
          whisker_winograd_sum(
            shape, scratch.values, scratch.gradients, scratch.sums, chunk, count, first > 0, units.lowerBound,
            units.upperBound)
        }
      }
      parallelLoop(over: forward.inputs) { inputs in
        whisker_winograd_finish(shape, scratch.sums, kernel, bias, inputs.lowerBound, inputs.upperBound)
      }
    }
  }
}

extension whisker_winograd_shape {
  /// - Parameters: shapes `[N, H, W, C]`; rows and columns of zeros before the picture.
  fileprivate init(from input: Shape, to output: Shape, top: Int, left: Int) {
    self.init(
      batch: input[0], inputs: input[3], input_height: input[1], input_width: input[2], outputs: output[3],
      output_height: output[1], output_width: output[2], top: top, left: left,
      tile_rows: (output[1] + 3) / 4, tile_columns: (output[2] + 3) / 4)
  }

  fileprivate var tileCount: Int { batch * tile_rows * tile_columns }

  /// How often ``whisker_winograd_panel`` channels cover the outputs.
  fileprivate var panelCount: Int {
    (outputs + whisker_winograd_panel - 1) / whisker_winograd_panel
  }
}
