import CKernels
import WhiskerGraph
import WhiskerTensors

/// Max-pooling whose windows tile the picture, with ReLU on request, in one pass over memory.
///
/// It keeps one byte for each result, the number of the pixel that won (or ``none`` where ReLU cut), so that the
/// gradient needs neither the input nor the result: the convolution's output, the largest tensor of a small
/// network, needn't be kept after its pooling. (oneDNN's pooling leaves ReLU to another pass, in both
/// directions.)
struct TiledMaxPooling {
  /// Channels side by side in memory for each pixel.
  let block: Int
  private let windowHeight: Int, windowWidth: Int
  private let height: Int, width: Int
  private let outputHeight: Int, outputWidth: Int
  private let planes: Int
  private let hasReLU: Bool
  /// Whether the kernels in C can be used, which give the same bits.
  private let usesKernels: Bool

  /// The record where ReLU made the result 0 and no pixel gets a gradient.
  private static let none: UInt8 = 255
  /// Channels handled at once.
  private typealias Lanes = SIMD8<Float>

  /// Nil if the pooling isn't of this kind or the layout has no whole blocks of eight channels.
  init?(_ pooling: Pooling, input: Shape, layout: Layout) {
    let window = pooling.window
    guard pooling.kind == .maximum, window.padding == .none, window.rowStride == window.height,
      window.columnStride == window.width, window.height * window.width < Int(TiledMaxPooling.none),
      let size = window.outputSize(height: input[1], width: input[2]),
      let block = layout.channelBlock, block % Lanes.scalarCount == 0
    else { return nil }
    self.block = block
    (windowHeight, windowWidth) = (window.height, window.width)
    (height, width) = (input[1], input[2])
    (outputHeight, outputWidth) = size
    planes = input[0] * input[3] / block
    hasReLU = pooling.hasReLU
    usesKernels =
      window.height == 2 && window.width == 2 && whisker_can_max_pool(block)
  }

  /// `y = max(window)`, then `max(y, 0)` if asked; the first of equals wins, and NaN stays.
  func forward(
    _ x: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ winners: UnsafeMutablePointer<UInt8>
  ) {
    parallelLoop(over: planes * outputHeight) { rows in
      for row in rows {
        let (plane, outputRow) = row.quotientAndRemainder(dividingBy: outputHeight)
        let window = x + (plane * height + outputRow * windowHeight) * width * block
        if usesKernels {
          let result = row * outputWidth * block
          whisker_max_pool_2x2(
            window, y + result, winners + result, width * block, outputWidth, block, hasReLU)
          continue
        }
        let source = UnsafeRawPointer(window)
        for column in 0..<outputWidth {
          let result = (row * outputWidth + column) * block
          for lane in stride(from: 0, to: block, by: Lanes.scalarCount) {
            let first = column * windowWidth * block + lane
            var best = source.loadUnaligned(fromByteOffset: first * 4, as: Lanes.self)
            var winner = SIMD8<Int32>(repeating: 0)
            forEachPixel { offset, pixel in
              let candidate = source.loadUnaligned(fromByteOffset: (first &+ offset) &* 4, as: Lanes.self)
              let isLarger = candidate .> best
              best.replace(with: candidate, where: isLarger)
              winner.replace(with: SIMD8<Int32>(repeating: pixel), where: isLarger)
            }
            if hasReLU {
              let isCut = best .<= Lanes(repeating: 0)
              best.replace(with: Lanes(repeating: 0), where: isCut)
              winner.replace(with: SIMD8<Int32>(repeating: Int32(TiledMaxPooling.none)), where: isCut)
            }
            UnsafeMutableRawPointer(y + result + lane).storeBytes(of: best, as: Lanes.self)
            storeWinners(winner, winners + result + lane)
          }
        }
      }
    }
  }

  /// The gradient goes to the pixel that won; all others get 0.
  func backward(
    _ g: UnsafeMutablePointer<Float>, _ winners: UnsafeMutablePointer<UInt8>,
    _ result: UnsafeMutablePointer<Float>
  ) {
    parallelLoop(over: planes) { range in
      for plane in range {
        let target = result + plane * height * width * block
        clearBorder(target)
        for outputRow in 0..<outputHeight {
          if usesKernels {
            let source = (plane * outputHeight + outputRow) * outputWidth * block
            whisker_max_pool_2x2_gradient(
              g + source, winners + source, target + outputRow * 2 * width * block, width * block,
              outputWidth,
              block)
            continue
          }
          for column in 0..<outputWidth {
            let source = ((plane * outputHeight + outputRow) * outputWidth + column) * block
            for lane in stride(from: 0, to: block, by: Lanes.scalarCount) {
              let gradient = UnsafeRawPointer(g + source + lane).loadUnaligned(as: Lanes.self)
              let winner = loadWinners(winners + source + lane)
              let window = ((outputRow * windowHeight) * width + column * windowWidth) * block + lane
              forEachPixel { offset, pixel in
                let share = Lanes(repeating: 0)
                  .replacing(with: gradient, where: winner .== SIMD8<Int32>(repeating: pixel))
                UnsafeMutableRawPointer(target + window + offset).storeBytes(of: share, as: Lanes.self)
              }
            }
          }
        }
      }
    }
  }

  /// Visits the pixels of a window with their distance from its first and their number; 2 × 2, the usual, without
  /// loops, which is a third faster.
  @inline(__always)
  private func forEachPixel(_ visit: (_ offset: Int, _ pixel: Int32) -> Void) {
    if windowHeight == 2 && windowWidth == 2 {
      visit(0, 0)
      visit(block, 1)
      visit(width &* block, 2)
      visit((width &+ 1) &* block, 3)
    } else {
      var pixel: Int32 = 0
      for row in 0..<windowHeight {
        for column in 0..<windowWidth {
          visit((row * width + column) * block, pixel)
          pixel += 1
        }
      }
    }
  }

  // Lane by lane: the compiler makes vector code of these loops, while the standard library's conversions between
  // vectors of different widths stay calls and are many times slower. The same holds for a vector whose
  // scalar type is left to be inferred.

  @inline(__always)
  private func loadWinners(_ bytes: UnsafeMutablePointer<UInt8>) -> SIMD8<Int32> {
    var winners = SIMD8<Int32>()
    for lane in 0..<Lanes.scalarCount { winners[lane] = Int32(bytes[lane]) }
    return winners
  }

  @inline(__always)
  private func storeWinners(_ winners: SIMD8<Int32>, _ bytes: UnsafeMutablePointer<UInt8>) {
    for lane in 0..<Lanes.scalarCount { bytes[lane] = UInt8(truncatingIfNeeded: winners[lane]) }
  }

  /// Rows and columns that no window reaches get no gradient.
  private func clearBorder(_ plane: UnsafeMutablePointer<Float>) {
    let (rows, columns) = (outputHeight * windowHeight, outputWidth * windowWidth)
    for row in 0..<rows {
      (plane + (row * width + columns) * block).update(repeating: 0, count: (width - columns) * block)
    }
    (plane + rows * width * block).update(repeating: 0, count: (height - rows) * width * block)
  }
}
