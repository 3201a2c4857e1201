public import WhiskerTensors

/// A change of a photo's numbers, 0 to 255 and `[height, width, channels]`, to as many others: Keras's
/// `preprocessing_function`.
public typealias PhotoFunction = @Sendable (Tensor) -> Tensor

extension PhotoDataset {
  /// These photos, each changed by a function: after augmentation, before `rescale` and standardization.
  ///
  /// Training and evaluation both apply it. A function can't be saved with a model: code that predicts with the
  /// model file has to apply it itself. The result must have the shape of the argument.
  public func preprocessed(by function: @escaping PhotoFunction) -> PhotoDataset {
    var result = self
    result.preprocessing = function
    return result
  }
}
