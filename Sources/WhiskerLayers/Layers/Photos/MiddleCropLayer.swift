public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// What ``CenterCrop`` and ``RandomCrop`` share: the largest part in the middle of a picture that has the result's
/// proportions, resized (bilinear).
///
/// Input `[H, W, C]`, output `[height, width, C]`.
public protocol MiddleCropLayer: Layer {
  /// Rows of the result, at least 1.
  var height: Int { get set }
  /// Columns of the result, at least 1.
  var width: Int { get set }

  /// A result of this size.
  init(height: Int, width: Int, name: String?)
}

extension MiddleCropLayer {
  public static var standard: Self { Self(height: 1, width: 1, name: nil) }
  public static var settings: [LayerSetting<Self>] {
    [
      LayerSetting("height", \.height, isRequired: true, .from(1...65_536)),
      LayerSetting("width", \.width, isRequired: true, .from(1...65_536)),
    ]
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard input.rank == 3, input.count > 0 else {
      throw error(.shapeMismatch, expected: "an input (height, width, channels)", got: "\(input)")
    }
    return [height, width, input[2]]
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    try resizedMiddle(of: input, in: &context)
  }

  func resizedMiddle(of input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let middle = try context.appendCrop(toRatioOf: height, width, input)
    return try context.appendResampled(Resampling(height: height, width: width), middle)
  }
}
