import WhiskerSystem
import WhiskerTensors

/// The shapes and settings of products, convolutions, poolings and losses.
extension ShapeRule {
  static func product(_ product: MatrixProduct) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      guard x[0].rank == 2, x[1].rank == 2 else {
        throw x.mismatch(expected: "two matrices", got: "\(x[0]) and \(x[1])")
      }
      let (rows, inner) = product.transposesLeft ? (x[0][1], x[0][0]) : (x[0][0], x[0][1])
      let (innerRight, columns) = product.transposesRight ? (x[1][1], x[1][0]) : (x[1][0], x[1][1])
      guard inner == innerRight else {
        throw x.mismatch(expected: "equal inner sizes", got: "\(x[0]) and \(x[1])")
      }
      try x.requireFusible(product.activation)
      if x.shapes.count == 3 { try x.require(x[2], [columns]) }
      return [rows, columns]
    }
  }

  static func convolution(_ convolution: Convolution) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      let (input, kernel, window) = (x[0], x[1], convolution.window)
      guard input.rank == 4, kernel.rank == 4 else {
        throw x.mismatch(expected: "[N, H, W, C] and [h, w, I, O]", got: "\(input) and \(kernel)")
      }
      guard convolution.groups > 0 else {
        throw x.mismatch(expected: "at least 1 group", got: "\(convolution.groups)")
      }
      guard kernel[0] == window.height, kernel[1] == window.width, kernel[2] * convolution.groups == input[3],
        kernel[3] % convolution.groups == 0
      else {
        throw x.mismatch(
          expected: "a kernel (\(window.height), \(window.width), \(input[3] / convolution.groups), O)",
          got: "\(kernel) for input \(input)")
      }
      guard let size = window.outputSize(height: input[1], width: input[2]) else {
        throw x.mismatch(
          expected: "at least \(window.reach.height) × \(window.reach.width) pixels", got: "\(input)")
      }
      try x.requireFusible(convolution.activation)
      if x.shapes.count == 3 { try x.require(x[2], [kernel[3]]) }
      return [input[0], size.height, size.width, kernel[3]]
    }
  }

  static func pooling(_ pooling: Pooling) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      let input = x[0]
      guard input.rank == 4 else { throw x.mismatch(expected: "[N, H, W, C]", got: "\(input)") }
      let (window, padding) = (pooling.window, pooling.window.padding)
      guard window.rowDilation == 1, window.columnDilation == 1 else {
        throw x.mismatch(expected: "a window without gaps", got: "\(window)")
      }
      guard max(padding.top, padding.bottom) < window.height, max(padding.left, padding.right) < window.width
      else {
        throw x.mismatch(expected: "padding smaller than the window", got: "\(window) for \(input)")
      }
      guard let size = window.outputSize(height: input[1], width: input[2]) else {
        throw x.mismatch(expected: "at least \(window.height) × \(window.width) pixels", got: "\(input)")
      }
      return [input[0], size.height, size.width, input[3]]
    }
  }

  static func poolingGradient(_ pooling: Pooling) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      let result = try ShapeRule.pooling(pooling).apply(x)
      try x.require(x[1], result)
      try x.require(x[2], result)
      return x[0]
    }
  }

  static func resampled(_ resampling: Resampling) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      let input = x[0]
      guard input.rank == 4, input[1] > 0, input[2] > 0 else {
        throw x.mismatch(expected: "[N, H, W, C]", got: "\(input)")
      }
      guard resampling.height > 0, resampling.width > 0 else {
        throw x.mismatch(
          expected: "a size of at least 1 × 1", got: "\(resampling.height) × \(resampling.width)")
      }
      return [input[0], resampling.height, resampling.width, input[3]]
    }
  }

  static func resampleGradient(_ resampling: Resampling, for shape: Shape) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      try x.require(x[0], ShapeRule.resampled(resampling).apply(OperandShapes(x.kind, [shape])))
      return shape
    }
  }

  static func crossentropy(_ loss: Crossentropy) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      guard x[0].rank == 2 else { throw x.mismatch(expected: "predictions [N, K]", got: "\(x[0])") }
      try x.require(x[1], loss.kind == .sparseCategorical ? [x[0][0]] : x[0])
      return [x[0][0]]
    }
  }

  static func crossentropyGradient(_ loss: Crossentropy) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      try x.require(x[2], ShapeRule.crossentropy(loss).apply(x))
      return x[0]
    }
  }
}

extension OperandShapes {
  /// Softmax looks at a whole row, so it can't be part of the op that makes the row.
  fileprivate func requireFusible(_ activation: ActivationFunction?) throws(WhiskerError) {
    guard activation?.isFusible ?? true else {
      throw WhiskerError(
        .unsupportedOp, kind.rawValue,
        expected: "an elementwise activation", got: "\(activation?.rawValue ?? "")")
    }
  }
}

extension MatrixProduct {
  var settings: [String] {
    (transposesLeft ? ["transposed-left"] : []) + (transposesRight ? ["transposed-right"] : [])
      + (activation.map { [$0.rawValue] } ?? [])
  }
}

extension Convolution {
  var settings: [String] {
    [window.description] + (groups == 1 ? [] : ["groups \(groups)"])
      + (activation.map { [$0.rawValue] } ?? [])
  }
}

extension Pooling {
  var settings: [String] { [kind.rawValue, window.description] + (hasReLU ? ["relu"] : []) }
}

extension Resampling {
  var settings: [String] {
    [interpolation.rawValue, "\(height)×\(width)"] + (isAntialiased ? ["antialiased"] : [])
  }
}

extension Crossentropy {
  var settings: [String] {
    [kind.rawValue, isFromLogits ? "from-logits" : "from-probabilities"]
      + (labelSmoothing == 0 ? [] : ["smoothing \(labelSmoothing)"])
  }
}

extension Rectifier {
  var settings: [String] { ["\(slope)", "\(threshold)", maximum.map { "\($0)" } ?? "∞"] }
}
