import COneDNN
import WhiskerGraph
import WhiskerSystem
import WhiskerTensors

/// Ops that treat each element alike, and the moves between shapes.
extension Lowering {
  func lowerConstant(_ value: Value, _ number: Float) {
    let layout = Layout(rowMajor: graph.shape(of: value))
    let (output, count) = (allocate(value, layout), layout.storedCount)
    append(LoopStep("constant", [output]) { $0[0].update(repeating: number, count: count) })
  }

  func lowerBinary(_ value: Value, _ algorithm: dnnl_alg_kind_t) throws(WhiskerError) {
    let (left, right) = (graph[value].operands[0], graph[value].operands[1])
    guard graph.shape(of: left) == graph.shape(of: right) else {
      return try lowerRepeatedBinary(value, algorithm)
    }
    let first = try placement(of: left)
    let second = try placement(of: right, in: first.layout)
    let output = allocate(value, first.layout)
    var operation = dnnl_binary_desc_t()
    var (a, b, c) = (first.layout.descriptor, first.layout.descriptor, first.layout.descriptor)
    try check(dnnl_binary_desc_init(&operation, algorithm, &a, &b, &c), "binary")
    try append(
      PrimitiveDescriptor(&operation, on: device, place: "binary"), place: "binary",
      [
        (DNNL_ARG_SRC_0, first.buffer, first.layout), (DNNL_ARG_SRC_1, second.buffer, first.layout),
        (DNNL_ARG_DST, output, first.layout),
      ])
  }

  /// `factor · x + offset`.
  func lowerLinear(_ value: Value, factor: Float, offset: Float) throws(WhiskerError) {
    let source = try placement(of: graph[value].operands[0])
    let output = allocate(value, source.layout)
    try appendEltwise(
      Eltwise(algorithm: dnnl_eltwise_linear, alpha: factor, beta: offset), from: source.buffer, to: output,
      layout: source.layout)
  }

  /// `scale · Σx`, in Double so that the order of the parts hardly matters; the order is fixed all the same.
  func lowerSum(_ value: Value, scale: Float) throws(WhiskerError) {
    let source = try rowMajor(graph[value].operands[0])
    let count = graph.shape(of: graph[value].operands[0]).count
    let output = allocate(value, Layout(rowMajor: []))
    append(
      LoopStep("sum", [source.buffer, output]) { memory in
        var sum = 0.0
        for index in 0..<count { sum += Double(memory[0][index]) }
        memory[1][0] = Float(sum * Double(scale))
      })
  }

  func lowerReshape(_ value: Value) throws(WhiskerError) {
    let source = try rowMajor(graph[value].operands[0])
    place(value, Placement(buffer: source.buffer, layout: Layout(rowMajor: graph.shape(of: value))))
  }

  func lowerDropout(_ value: Value, rate: Float, salt: Int) throws(WhiskerError) {
    let source = try rowMajor(graph[value].operands[0])
    let seed = try rowMajor(graph[value].operands[1])
    let count = graph.shape(of: value).count
    let output = allocate(value, Layout(rowMajor: graph.shape(of: value)))
    let factor = 1 / (1 - rate)
    append(
      LoopStep("dropout", [source.buffer, seed.buffer, output]) { memory in
        let key = RandomKey(words: (0..<4).map { memory[1][$0] }).derived(UInt64(salt))
        parallelLoop(over: (count + 3) / 4, grain: 256) { blocks in
          for block in blocks {
            let words = key.block(at: UInt64(block))
            for index in block * 4..<min(block * 4 + 4, count) {
              let isKept = Float(words[index - block * 4] >> 8) * 0x1p-24 >= rate
              memory[2][index] = isKept ? memory[0][index] * factor : 0
            }
          }
        }
      })
  }

  func lowerNoise(_ value: Value, _ shape: Shape, salt: Int) throws(WhiskerError) {
    let seed = try rowMajor(graph[value].operands[0])
    let count = shape.count
    let output = allocate(value, Layout(rowMajor: shape))
    append(
      LoopStep("noise", [seed.buffer, output]) { memory in
        let key = RandomKey(words: (0..<4).map { memory[0][$0] }).derived(UInt64(salt))
        parallelLoop(over: (count + 1) / 2, grain: 256) { pairs in
          for pair in pairs {
            let numbers = key.normals(at: UInt64(pair))
            memory[1][2 * pair] = Float(numbers.0)
            if 2 * pair + 1 < count { memory[1][2 * pair + 1] = Float(numbers.1) }
          }
        }
      })
  }
}
