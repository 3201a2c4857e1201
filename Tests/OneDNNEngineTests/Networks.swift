import Foundation
import WhiskerGraph
import WhiskerLayers
import WhiskerOneDNNEngine
import WhiskerTensors
import WhiskerTraining

/// What the processor says of itself.
private let processorFlags: Set<Substring> = {
  let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
  return Set(information.split { $0.isWhitespace })
}()

/// Whether the processor has the instructions that oneDNN's Winograd convolutions need, and oneDNN may use them:
/// `ONEDNN_MAX_CPU_ISA=AVX2 Scripts/test` tests what happens without them.
let hasAVX512: Bool = {
  let environment = ProcessInfo.processInfo.environment
  let limit = environment["ONEDNN_MAX_CPU_ISA"] ?? environment["DNNL_MAX_CPU_ISA"] ?? "ALL"
  return processorFlags.contains("avx512bw") && (limit.hasPrefix("AVX512_CORE") || limit == "ALL")
}()

/// Whether the processor has the instructions that our own Winograd convolutions need.
let hasAVX2 = processorFlags.isSuperset(of: ["avx2", "fma"])

extension OneDNNEngine.Settings {
  /// With our own kernels for convolutions, whatever oneDNN has.
  static var ownConvolutions: OneDNNEngine.Settings {
    var settings = OneDNNEngine.Settings()
    settings.prefersOwnConvolutions = true
    return settings
  }
}

/// The convolutions and dense layers of the baseline, on pictures of a given size.
func baseline(side: Int, channels: [Int] = [32, 64, 128, 128], dense: Int = 512) throws -> Network {
  var layers: [any Layer] = []
  for count in channels { layers += [Conv2D(count, kernel: 3, activation: .relu), MaxPooling2D()] }
  layers += [Flatten(), Dense(dense, activation: .relu), Dense(1, activation: .sigmoid)]
  return try Network(input: [side, side, 3], layers: layers)
}

/// A small MobileNet: a convolution, then depthwise and pointwise ones, each with batch normalisation and ReLU6, the
/// first channel count and the widths after it as given.
func mobileNet(side: Int, channels: [Int]) throws -> Model {
  let input = Input([side, side, 3])
  func activated(_ x: LayerOutput) -> LayerOutput { ReLU(maximum: 6)(BatchNormalization()(x)) }
  var x = activated(Conv2D(channels[0], kernel: 3, strides: 2, padding: .same, usesBias: false)(input))
  for (number, count) in channels.dropFirst().enumerated() {
    if number % 2 == 1 {
      x = ZeroPadding2D(EdgePadding(bottom: 1, right: 1))(x)
      x = activated(DepthwiseConv2D(kernel: 3, strides: 2, usesBias: false)(x))
    } else {
      x = activated(DepthwiseConv2D(kernel: 3, padding: .same, usesBias: false)(x))
    }
    x = activated(Conv2D(count, kernel: 1, usesBias: false)(x))
  }
  x = GlobalAveragePooling2D()(x)
  return Model(input: input, output: Dense(1, activation: .sigmoid)(x))
}

/// A small residual network of separable convolutions with batch normalisation.
func separableResidual(side: Int, channels: [Int]) throws -> Model {
  let input = Input([side, side, 3])
  var x: LayerOutput = Conv2D(channels[0], kernel: 3, padding: .same, usesBias: false)(input)
  x = Activation(.relu)(BatchNormalization()(x))
  for count in channels.dropFirst() {
    let shortcut = Conv2D(count, kernel: 1, strides: 2)(x)
    x = SeparableConv2D(count, kernel: 3, padding: .same, usesBias: false)(x)
    x = Activation(.relu)(BatchNormalization()(x))
    x = SeparableConv2D(count, kernel: 3, padding: .same, usesBias: false)(x)
    x = MaxPooling2D(3, strides: 2, padding: .same)(BatchNormalization()(x))
    x = Add()(x, shortcut)
  }
  x = GlobalAveragePooling2D()(x)
  return Model(input: input, output: Dense(1, activation: .sigmoid)(Dropout(0.25)(x)))
}

/// Everything a program of ``ModelGraphs`` may be fed, for a batch of noise with labels 0 and 1.
func inputs(for network: Network, batchSize: Int, seed: UInt64 = 1) -> [String: Tensor] {
  var stream = RandomStream(RandomKey(seed: seed))
  let shape = network.input.batched(batchSize)
  return [
    "images": Tensor(shape: shape, values: (0..<shape.count).map { _ in stream.uniform() }),
    "labels": Tensor(shape: [batchSize], values: (0..<batchSize).map { Float($0 % 2) }),
    "seed": RandomKey(seed: seed).tensor, "learning_rate": Tensor(0.01),
  ]
}

/// The norm of a difference as a fraction of the norm.
func relativeError(_ tensor: Tensor, _ expected: Tensor) -> Double {
  let difference = Tensor(shape: expected.shape, values: zip(tensor.values, expected.values).map { $0 - $1 })
  return difference.norm / max(expected.norm, 1e-6)
}
