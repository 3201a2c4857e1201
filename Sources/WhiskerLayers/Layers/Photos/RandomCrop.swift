public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// The largest part in the middle of a picture that has the result's proportions, resized (bilinear).
///
/// Input `[H, W, C]`, output `[height, width, C]`. That is what Keras's layer is for in inference: Keras 2 computes it, and
/// Keras 3 documents it but leaves the picture as it is. In training it does the same here: what changes photos at random
/// is the recipe's part.
public struct RandomCrop: Layer {
  public static let className = "RandomCrop"
  public static let defaultName = "random_crop"
  public static var standard: RandomCrop { RandomCrop(height: 1, width: 1) }
  public static var settings: [LayerSetting<RandomCrop>] {
    [
      LayerSetting("height", \.height, isRequired: true, .from(1...65_536)),
      LayerSetting("width", \.width, isRequired: true, .from(1...65_536)),
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// Rows of the result, at least 1.
  public var height: Int
  /// Columns of the result, at least 1.
  public var width: Int

  /// A result of this size.
  public init(height: Int, width: Int, name: String? = nil) {
    self.name = name
    self.height = height
    self.width = width
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard input.rank == 3, input.count > 0 else {
      throw error(.shapeMismatch, expected: "an input (height, width, channels)", got: "\(input)")
    }
    return [height, width, input[2]]
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let middle = try context.appendCrop(toRatioOf: height, width, input)
    return try context.appendResampled(Resampling(height: height, width: width), middle)
  }
}
