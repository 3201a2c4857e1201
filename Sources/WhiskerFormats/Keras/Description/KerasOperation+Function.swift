import WhiskerGraph

extension KerasOperation {
  /// What is computed.
  enum Function: Hashable {
    case add, subtract, multiply, divide, negate, cast, slice
    case concatenate, stack, mean, maximum, reshape, resize, square, power
    case leakyReLU, elu, clip
    /// A function of each element or row, by Keras's name of the activation.
    case activation(String)

    /// The function of a name: `math.truediv`, `__operators__.add` and `TrueDivide` are of one kind; nil for one that
    /// Whisker doesn't have.
    init?(_ name: String) {
      let last = name.split(separator: ".").last.map(String.init) ?? ""
      let plain = last.replacing("_", with: "").lowercased()
      guard let function = Function.others[plain] ?? Function.activations[plain] else { return nil }
      self = function
    }

    /// By the last part of the name, in small letters without underscores.
    private static let others: [String: Function] = [
      "add": .add, "addv2": .add, "biasadd": .add, "subtract": .subtract, "sub": .subtract,
      "multiply": .multiply, "mul": .multiply,
      "divide": .divide, "truedivide": .divide, "truediv": .divide, "realdiv": .divide, "div": .divide,
      "negative": .negate, "neg": .negate,
      "square": .square, "power": .power, "pow": .power,
      "cast": .cast, "identity": .cast, "stopgradient": .cast, "getitem": .slice,
      "concat": .concatenate, "concatenate": .concatenate, "concatv2": .concatenate, "stack": .stack,
      "mean": .mean, "reducemean": .mean, "max": .maximum, "reducemax": .maximum,
      "reshape": .reshape, "resize": .resize, "resizeimagesv2": .resize,
      "leakyrelu": .leakyReLU, "elu": .elu, "clip": .clip, "clipbyvalue": .clip,
      "swish": .activation("silu"), "hardswish": .activation("hard_silu"), "exp": .activation("exponential"),
    ]

    private static let activations = Dictionary(
      ActivationFunction.allCases.filter { $0 != .approximateGELU }.map {
        ($0.rawValue.replacing("_", with: "").lowercased(), Function.activation($0.rawValue))
      }
    ) { first, _ in first }
  }
}
