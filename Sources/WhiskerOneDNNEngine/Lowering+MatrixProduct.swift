import CKernels
import COneDNN
import WhiskerGraph
import WhiskerTensors

extension Lowering {
  /// `activation(x · y + bias)` on row-major matrices; a transposed operand is the same bytes with its axes swapped.
  func lowerMatrixProduct(_ value: Value, _ product: MatrixProduct) throws(GraphError) {
    let operands = graph[value].operands
    var left = try rowMajor(operands[0])
    let right = try rowMajor(operands[1])
    // Without AVX-512 oneDNN sums the products of a single row in another order than those of many: one photo's
    // prediction would differ in its last bits from the same photo's among others. So a row gets a second one, whatever
    // that holds.
    let isDoubled =
      graph.shape(of: value)[0] == 1 && !product.transposesLeft && !whisker_has_avx512()
    if isDoubled { left = try doubled(left, width: graph.shape(of: operands[0])[1]) }
    let leftLayout = product.transposesLeft ? left.layout.transposed : left.layout
    let rightLayout = product.transposesRight ? right.layout.transposed : right.layout
    let width = graph.shape(of: value)[1]
    let result = Layout(rowMajor: [isDoubled ? 2 : graph.shape(of: value)[0], width])
    let bias = operands.count == 3 ? try rowMajor(operands[2]) : nil
    let biasLayout = Layout(rowMajor: [1, width])

    var operation = dnnl_matmul_desc_t()
    var (a, b, c, d) = (
      leftLayout.descriptor, rightLayout.descriptor, biasLayout.descriptor, result.descriptor
    )
    let status = withUnsafePointer(to: &c) { c in
      dnnl_matmul_desc_init(&operation, &a, &b, bias == nil ? nil : c, &d)
    }
    try check(status, "matrixProduct")
    let activation = product.activation.map(\.eltwise)
    let descriptor = try PrimitiveDescriptor(
      &operation, on: device, activation: activation, place: "matrixProduct")
    let output = newBuffer(for: result)
    place(value, Placement(buffer: output, layout: Layout(rowMajor: graph.shape(of: value))))
    var arguments: [(argument: Int32, buffer: Buffer, layout: Layout)] = [
      (DNNL_ARG_SRC, left.buffer, leftLayout), (DNNL_ARG_WEIGHTS, right.buffer, rightLayout),
      (DNNL_ARG_DST, output, result),
    ]
    if let bias { arguments.append((DNNL_ARG_BIAS, bias.buffer, biasLayout)) }
    try append(descriptor, place: "matrixProduct", arguments)
  }

  /// A row with room for another behind it.
  private func doubled(_ row: Placement, width: Int) throws(GraphError) -> Placement {
    let layout = Layout(rowMajor: [2, width])
    let buffer = newBuffer(for: layout)
    try reorder(row, to: Placement(buffer: buffer, layout: row.layout))
    return Placement(buffer: buffer, layout: layout)
  }
}
