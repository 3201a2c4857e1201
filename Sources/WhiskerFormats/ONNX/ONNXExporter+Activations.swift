import WhiskerGraph
import WhiskerSystem

/// The operators of each activation.
extension ONNXExporter {
  /// Appends an activation, if there is one, to what is computed so far.
  mutating func activate(_ function: ActivationFunction?, _ x: String, _ y: Value, _ layout: Layout) {
    switch function {
    case nil: alias(y, x, layout)
    case .relu: emit("Relu", [x], as: y, layout)
    case .relu6: emit("Clip", [x, scalar(0), scalar(6)], as: y, layout)
    case .leakyReLU: emit("LeakyRelu", [x], [.float("alpha", ActivationFunction.leakySlope)], as: y, layout)
    case .elu, .celu: emit("Elu", [x], [.float("alpha", 1)], as: y, layout)
    case .selu:
      let (alpha, gamma) = (Float(ActivationFunction.seluSlope), Float(ActivationFunction.seluScale))
      emit("Selu", [x], [.float("alpha", alpha), .float("gamma", gamma)], as: y, layout)
    case .sigmoid: emit("Sigmoid", [x], as: y, layout)
    case .logSigmoid:
      emit("Neg", [step("Softplus", [step("Neg", [x], towards: y)], towards: y)], as: y, layout)
    case .hardSigmoid:
      emit("HardSigmoid", [x], [.float("alpha", 1 / 6), .float("beta", 0.5)], as: y, layout)
    case .sparseSigmoid:
      emit("HardSigmoid", [x], [.float("alpha", 0.5), .float("beta", 0.5)], as: y, layout)
    case .silu: emit("Mul", [x, step("Sigmoid", [x], towards: y)], as: y, layout)
    case .hardSilu: emit("HardSwish", [x], as: y, layout)
    case .gelu:
      let error = step("Erf", [step("Mul", [x, scalar(Float(0.5).squareRoot())], towards: y)], towards: y)
      let share = step("Add", [error, scalar(1)], towards: y)
      emit("Mul", [step("Mul", [x, share], towards: y, "product"), scalar(0.5)], as: y, layout)
    case .approximateGELU: approximateGELU(x, y, layout)
    case .mish:
      emit("Mul", [x, step("Tanh", [step("Softplus", [x], towards: y)], towards: y)], as: y, layout)
    case .softplus: emit("Softplus", [x], as: y, layout)
    case .squareplus:
      let square = step("Add", [step("Mul", [x, x], towards: y), scalar(4)], towards: y)
      let sum = step("Add", [x, step("Sqrt", [square], towards: y)], towards: y, "sum")
      emit("Mul", [sum, scalar(0.5)], as: y, layout)
    case .sparsePlus:
      let above = step("Relu", [step("Add", [x, scalar(1)], towards: y)], towards: y)
      let bow = step("Mul", [step("Mul", [above, above], towards: y), scalar(0.25)], towards: y, "quarter")
      emit("Where", [step("Less", [x, scalar(1)], towards: y), bow, x], as: y, layout)
    case .tanh: emit("Tanh", [x], as: y, layout)
    case .hardTanh: emit("Clip", [x, scalar(-1), scalar(1)], as: y, layout)
    case .tanhShrink: emit("Sub", [x, step("Tanh", [x], towards: y)], as: y, layout)
    case .softShrink, .hardShrink:
      let threshold = ActivationFunction.shrinkThreshold
      let bias = function == .softShrink ? threshold : 0
      emit("Shrink", [x], [.float("lambd", threshold), .float("bias", bias)], as: y, layout)
    case .softsign: emit("Softsign", [x], as: y, layout)
    case .exponential: emit("Exp", [x], as: y, layout)
    case .softmax: emit("Softmax", [x], [.int("axis", -1)], as: y, layout)
    case .logSoftmax: emit("LogSoftmax", [x], [.int("axis", -1)], as: y, layout)
    case .sparsemax: sparsemax(x, y)
    }
  }

  /// `x / 2 · (1 + tanh(√(2 / π) · (x + 0.044715 · x³)))`.
  private mutating func approximateGELU(_ x: String, _ y: Value, _ layout: Layout) {
    let square = step("Mul", [x, x], towards: y, "square")
    let bend = step("Mul", [square, scalar(0.044715)], towards: y, "bend")
    let factor = step("Add", [bend, scalar(1)], towards: y, "factor")
    let scaled = step("Mul", [x, scalar((2 / Float.pi).squareRoot())], towards: y, "scaled")
    let angle = step("Tanh", [step("Mul", [scaled, factor], towards: y, "argument")], towards: y)
    let share = step("Add", [angle, scalar(1)], towards: y, "share")
    emit("Mul", [step("Mul", [x, share], towards: y, "product"), scalar(0.5)], as: y, layout)
  }

  /// `max(x − τ, 0)` with `τ = (ΣS − 1) / k` over the running sums S of the k largest elements z for which `1 + j · z` is
  /// above theirs.
  private mutating func sparsemax(_ x: String, _ y: Value) {
    let shape = shape(of: y)
    let count = shape[shape.rank - 1]
    let (all, last) = (integers([count]), integers([-1]))
    let sorted = step("TopK", [x, all], [.int("axis", -1)], towards: y, others: ["places"])
    let sums = step("CumSum", [sorted, index(-1)], towards: y)
    let multiples = step("Mul", [sorted, self.count(to: count)], towards: y, "multiples")
    let bounds = step("Add", [multiples, scalar(1)], towards: y, "bounds")
    let isKept = step("Greater", [bounds, sums], towards: y)
    // 1 is FLOAT.
    let kept = step("Cast", [isKept], [.int("to", 1)], towards: y)
    let sum = step("ReduceSum", [step("Mul", [sums, kept], towards: y, "kept"), last], towards: y, "sum")
    let size = step("ReduceSum", [kept, last], towards: y, "size")
    let threshold = step("Div", [step("Sub", [sum, scalar(1)], towards: y, "excess"), size], towards: y)
    emit("Relu", [step("Sub", [x, threshold], towards: y)], as: y)
  }
}
