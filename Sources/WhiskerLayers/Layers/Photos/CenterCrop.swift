public import WhiskerGraph
public import WhiskerSystem
import WhiskerTensors

/// The middle of a picture; a smaller picture is cut to the result's proportions and enlarged (bilinear).
///
/// Input `[H, W, C]`, output `[height, width, C]`.
public struct CenterCrop: MiddleCropLayer {
  public static let className = "CenterCrop"
  public static let defaultName = "center_crop"

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

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    let (rows, columns) = (shape[1] - height, shape[2] - width)
    if rows >= 0, columns >= 0 {
      return try context.appendCrop(to: height, width, from: (rows / 2, columns / 2), input)
    }
    return try resizedMiddle(of: input, in: &context)
  }
}
