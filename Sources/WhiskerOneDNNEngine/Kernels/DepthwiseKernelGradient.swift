import WhiskerGraph
import WhiskerTensors

/// The gradient for the kernel of a depthwise convolution with one result for each channel,
/// `∂k[h, w, c] = Σ x[n, i·sₕ + h − top, j·s𝓌 + w − left, c] · g[n, i, j, c]`.
///
/// For kernels without an implementation of their own in oneDNN: those of 5 × 5 go through a matrix product for
/// each channel, which took 43 % of a step of fine-tuning EfficientNet-Lite0 (2 cores of a Zen 3). Activations
/// are in blocks of eight channels, `[N][C / 8][H][W][8]`.
struct DepthwiseKernelGradient {
  /// The name of the step, for tests and profiles.
  static let name = "depthwise"

  private let window: Window
  private let batch: Int
  private let blocks: Int
  private let input: (height: Int, width: Int)
  private let output: (height: Int, width: Int)

  /// Nil if the convolution isn't one of these.
  ///
  /// - Parameters: shapes in the graph's order, `[N, H, W, C]` and `[H, W, 1, C]`.
  init?(_ convolution: Convolution, input: Shape, kernel: Shape, output: Shape) {
    guard convolution.groups == input[3], kernel[3] == input[3], input[3] % 8 == 0,
      !convolution.window.isDilated
    else { return nil }
    window = convolution.window
    batch = input[0]
    blocks = input[3] / 8
    self.input = (input[1], input[2])
    self.output = (output[1], output[2])
  }

  /// Computes it; each block of channels is summed by one thread, in a fixed order.
  func run(
    _ x: UnsafeMutablePointer<Float>, _ gradient: UnsafeMutablePointer<Float>,
    to result: UnsafeMutablePointer<Float>
  ) {
    parallelLoop(over: blocks) { part in
      var sums = [SIMD8<Float>](repeating: .zero, count: window.height * window.width)
      for block in part {
        for index in sums.indices { sums[index] = .zero }
        for sample in 0..<batch {
          let place = sample * blocks + block
          add(
            x + place * input.height * input.width * 8, gradient + place * output.height * output.width * 8,
            to: &sums)
        }
        for (index, sum) in sums.enumerated() {
          let target = result + (index * blocks + block) * 8
          for lane in 0..<8 { target[lane] = sum[lane] }
        }
      }
    }
  }

  /// Adds one picture's eight channels.
  private func add(
    _ x: UnsafeMutablePointer<Float>, _ gradient: UnsafeMutablePointer<Float>, to sums: inout [SIMD8<Float>]
  ) {
    let x = UnsafeRawPointer(x), gradient = UnsafeRawPointer(gradient)
    let size = MemoryLayout<SIMD8<Float>>.stride
    for row in 0..<output.height {
      for height in 0..<window.height {
        let inputRow = row * window.rowStride + height - window.padding.top
        guard inputRow >= 0, inputRow < input.height else { continue }
        for width in 0..<window.width {
          let columns = columns(for: width)
          let first = inputRow * input.width + width - window.padding.left
          var sum = SIMD8<Float>.zero
          for column in columns {
            let value = x.loadUnaligned(
              fromByteOffset: (first + column * window.columnStride) * size, as: SIMD8<Float>.self)
            let slope = gradient.loadUnaligned(
              fromByteOffset: (row * output.width + column) * size, as: SIMD8<Float>.self)
            sum += value * slope
          }
          sums[height * window.width + width] += sum
        }
      }
    }
  }

  /// The results whose window has a pixel of the picture in its column `width`.
  private func columns(for width: Int) -> Range<Int> {
    let stride = window.columnStride
    let first = max(0, (window.padding.left - width + stride - 1) / stride)
    let last = (input.width - 1 - width + window.padding.left) / stride
    let isOutside = input.width - 1 - width + window.padding.left < 0
    // In a picture smaller than the window a column may see padding alone.
    let end = isOutside ? 0 : min(output.width, last + 1)
    return first < end ? first..<end : 0..<0
  }
}
