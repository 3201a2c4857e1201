import Foundation
import WhiskerGraph
import WhiskerLayers
import WhiskerTensors
import WhiskerTraining

/// Whether the processor has the instructions that oneDNN's Winograd convolutions need.
let hasAVX512: Bool = {
  let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
  return information.contains("avx512bw")
}()

/// The convolutions and dense layers of the baseline, on pictures of a given size.
func baseline(side: Int, channels: [Int] = [32, 64, 128, 128], dense: Int = 512) throws -> Network {
  var layers: [any Layer] = []
  for count in channels { layers += [Conv2D(count, kernel: 3, activation: .relu), MaxPooling2D()] }
  layers += [Flatten(), Dense(dense, activation: .relu), Dense(1, activation: .sigmoid)]
  return try Network(input: [side, side, 3], layers: layers)
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
