import WhiskerGraph
import WhiskerTensors

// The three directions of a convolution are one sum, read three ways: over every output pixel p, every input
// pixel q under its window at place t, and in every group its inputs i and outputs o,
//
//     y[p, o] += x[q, i] · kernel[t, i, o]
//
// Channels are innermost everywhere, so each sum ends in a loop over neighbours in memory.

extension Convolution {
  /// `activation(x ∗ kernel + bias)`.
  func result(_ x: DoubleTensor, kernel: DoubleTensor, bias: DoubleTensor?, shape: Shape) -> DoubleTensor {
    let inputs = kernel.shape[2]
    let (allInputs, allOutputs) = (x.channels, kernel.channels)
    let outputs = allOutputs / groups
    let pixels = x.shape
    let sum = accumulated(shape, from: x, kernel) { y, x, kernel in
      window.forEachTap(input: pixels, output: shape) { q, p, tap in
        for group in 0..<groups {
          let firstOutput = p * allOutputs + group * outputs
          for i in 0..<inputs {
            let factor = x[q * allInputs + group * inputs + i]
            let firstWeight = (tap * inputs + i) * allOutputs + group * outputs
            for o in 0..<outputs { y[firstOutput + o] += factor * kernel[firstWeight + o] }
          }
        }
      }
    }
    let linear = sum.adding(bias: bias)
    return activation?.result(linear) ?? linear
  }

  /// The gradient `g` of `y` carried back to `x`: `∂x[q, i] += g[p, o] · kernel[t, i, o]`.
  func inputGradient(kernel: DoubleTensor, g: DoubleTensor, shape: Shape) -> DoubleTensor {
    let inputs = kernel.shape[2]
    let (allInputs, allOutputs) = (shape[3], kernel.channels)
    let outputs = allOutputs / groups
    let pixels = g.shape
    // With inputs and outputs exchanged, [t, o, i], the inner loop runs over neighbours.
    let exchanged = exchangingChannels(of: kernel)
    return accumulated(shape, from: exchanged, g) { x, kernel, g in
      window.forEachTap(input: shape, output: pixels) { q, p, tap in
        for group in 0..<groups {
          let firstInput = q * allInputs + group * inputs
          for o in group * outputs..<(group + 1) * outputs {
            let factor = g[p * allOutputs + o]
            let firstWeight = (tap * allOutputs + o) * inputs
            for i in 0..<inputs { x[firstInput + i] += factor * kernel[firstWeight + i] }
          }
        }
      }
    }
  }

  /// The gradient `g` of `y` carried back to the kernel: `∂kernel[t, i, o] += x[q, i] · g[p, o]`.
  func kernelGradient(x: DoubleTensor, g: DoubleTensor, shape: Shape) -> DoubleTensor {
    let inputs = shape[2]
    let (allInputs, allOutputs) = (x.channels, shape[3])
    let outputs = allOutputs / groups
    let (inputPixels, outputPixels) = (x.shape, g.shape)
    return accumulated(shape, from: x, g) { kernel, x, g in
      window.forEachTap(input: inputPixels, output: outputPixels) { q, p, tap in
        for group in 0..<groups {
          let firstOutput = p * allOutputs + group * outputs
          for i in 0..<inputs {
            let factor = x[q * allInputs + group * inputs + i]
            let firstWeight = (tap * inputs + i) * allOutputs + group * outputs
            for o in 0..<outputs { kernel[firstWeight + o] += factor * g[firstOutput + o] }
          }
        }
      }
    }
  }

  /// A kernel `[h, w, I, O]` as `[h, w, O, I]`.
  private func exchangingChannels(of kernel: DoubleTensor) -> DoubleTensor {
    let (taps, inputs, outputs) = (kernel.shape[0] * kernel.shape[1], kernel.shape[2], kernel.shape[3])
    var result = DoubleTensor([kernel.shape[0], kernel.shape[1], outputs, inputs])
    for tap in 0..<taps {
      for i in 0..<inputs {
        for o in 0..<outputs {
          result.values[(tap * outputs + o) * inputs + i] = kernel.values[(tap * inputs + i) * outputs + o]
        }
      }
    }
    return result
  }
}
