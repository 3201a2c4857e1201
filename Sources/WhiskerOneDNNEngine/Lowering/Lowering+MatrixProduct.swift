import COneDNN
import WhiskerGraph
import WhiskerSystem

extension Lowering {
  /// `activation(x · y + bias)` on row-major matrices; a transposed operand is the same bytes with its axes swapped.
  func lowerMatrixProduct(_ value: Value, _ product: MatrixProduct) throws(WhiskerError) {
    let operands = graph[value].operands
    let left = try rowMajor(operands[0])
    let right = try rowMajor(operands[1])
    let leftLayout = product.transposesLeft ? left.layout.transposed : left.layout
    let rightLayout = product.transposesRight ? right.layout.transposed : right.layout
    let result = Layout(rowMajor: graph.shape(of: value))
    let bias = operands.count == 3 ? try rowMajor(operands[2]) : nil
    let biasLayout = Layout(rowMajor: [1, graph.shape(of: value)[1]])

    var operation = dnnl_matmul_desc_t()
    var (a, b, c, d) = (
      leftLayout.descriptor, rightLayout.descriptor, biasLayout.descriptor, result.descriptor
    )
    let status = withUnsafePointer(to: &c) { c in
      dnnl_matmul_desc_init(&operation, &a, &b, bias == nil ? nil : c, &d)
    }
    try check(status, "matrixProduct")
    let activation = product.activation.flatMap(\.eltwise)
    let descriptor = try PrimitiveDescriptor(
      &operation, on: device, activation: activation, place: "matrixProduct")
    let output = allocate(value, result)
    var arguments: [(argument: Int32, buffer: Buffer, layout: Layout)] = [
      (DNNL_ARG_SRC, left.buffer, leftLayout), (DNNL_ARG_WEIGHTS, right.buffer, rightLayout),
      (DNNL_ARG_DST, output, result),
    ]
    if let bias { arguments.append((DNNL_ARG_BIAS, bias.buffer, biasLayout)) }
    try append(descriptor, place: "matrixProduct", arguments)
  }
}
