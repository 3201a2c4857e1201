import WhiskerGraph
import WhiskerSystem

/// A kernel transformed for one of the two directions that read it.
struct TransformedKernel: Hashable {
  let kernel: Value
  let direction: WinogradConvolution.Direction
}

/// Convolution and its two gradients by our own Winograd kernels: activations in blocks of eight channels, weights
/// row-major.
extension Lowering {
  func lowerWinograd(
    _ value: Value, _ winograd: WinogradConvolution, _ activation: ActivationFunction?
  ) throws(WhiskerError) {
    let operands = graph[value].operands
    let source = try placement(of: operands[0], in: Layout(blocksOfEight: graph.shape(of: operands[0])))
    let kernel = try transformedKernel(operands[1], winograd, .forward)
    let bias = operands.count == 3 ? [try rowMajor(operands[2]).buffer] : []
    let layout = Layout(blocksOfEight: graph.shape(of: value))
    let output = allocate(value, layout)
    let scratch = newBuffer(.arena(byteCount: winograd.scratchByteCount(.forward)))
    let hasReLU = activation == .relu
    append(
      LoopStep(
        "convolution \(WinogradConvolution.name)", [source.buffer, kernel, output, scratch] + bias
      ) { memory in
        winograd.convolve(
          memory[0], memory[1], bias: memory.count == 5 ? memory[4] : nil, hasReLU: hasReLU, to: memory[2],
          scratch: memory[3], .forward)
      })
    if let activation, !hasReLU {
      try appendActivation(activation, from: output, to: output, layout: layout)
    }
  }

  func lowerWinogradInputGradient(_ value: Value, _ winograd: WinogradConvolution) throws(WhiskerError) {
    let (kernel, gradient) = (graph[value].operands[0], graph[value].operands[1])
    let source = try placement(of: gradient, in: Layout(blocksOfEight: graph.shape(of: gradient)))
    let turned = try transformedKernel(kernel, winograd, .backward)
    let output = allocate(value, Layout(blocksOfEight: graph.shape(of: value)))
    let scratch = newBuffer(.arena(byteCount: winograd.scratchByteCount(.backward)))
    append(
      LoopStep(
        "convolutionInputGradient \(WinogradConvolution.name)", [source.buffer, turned, output, scratch]
      ) { memory in
        winograd.convolve(
          memory[0], memory[1], bias: nil, hasReLU: false, to: memory[2], scratch: memory[3], .backward)
      })
  }

  func lowerWinogradKernelGradient(
    _ value: Value, _ winograd: WinogradConvolution, _ biasGradient: Value?
  ) throws(WhiskerError) {
    let (x, gradient) = (graph[value].operands[0], graph[value].operands[1])
    let source = try placement(of: x, in: Layout(blocksOfEight: graph.shape(of: x)))
    let target = try placement(of: gradient, in: Layout(blocksOfEight: graph.shape(of: gradient)))
    let output = allocate(value, Layout(rowMajor: graph.shape(of: value)))
    let bias = biasGradient.map { [allocate($0, Layout(rowMajor: graph.shape(of: $0)))] } ?? []
    let sizes = winograd.gradientScratchByteCounts
    let scratch = [sizes.values, sizes.gradients, sizes.sums].map { newBuffer(.arena(byteCount: $0)) }
    append(
      LoopStep(
        "convolutionKernelGradient \(WinogradConvolution.name)",
        [source.buffer, target.buffer, output] + scratch + bias
      ) { memory in
        winograd.kernelGradient(
          memory[0], memory[1], to: memory[2], bias: memory.count == 7 ? memory[6] : nil,
          .init(values: memory[3], gradients: memory[4], sums: memory[5]))
      })
  }

  /// The kernel's values at Winograd's points; every part of the batch uses the same.
  private func transformedKernel(
    _ kernel: Value, _ winograd: WinogradConvolution, _ direction: WinogradConvolution.Direction
  ) throws(WhiskerError) -> Buffer {
    let key = TransformedKernel(kernel: kernel, direction: direction)
    if let known = progress.transformedKernels[key] { return known }
    let source = try rowMajor(kernel)
    let transformed = newLastingBuffer(.arena(byteCount: winograd.kernelByteCount(direction)))
    append(
      LoopStep("kernelTransform", [source.buffer, transformed]) { memory in
        winograd.transform(memory[0], to: memory[1], direction)
      })
    progress.transformedKernels[key] = transformed
    return transformed
  }
}
