/// The largest part in the middle of a picture that has the result's proportions, resized (bilinear).
///
/// Input `[H, W, C]`, output `[height, width, C]`. That is what Keras's layer is for in inference: Keras 2 computes it, and
/// Keras 3 documents it but leaves the picture as it is. In training it does the same here: what changes photos at random
/// is the recipe's part.
public struct RandomCrop: MiddleCropLayer {
  public static let className = "RandomCrop"
  public static let defaultName = "random_crop"

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
}
