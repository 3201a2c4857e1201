public import WhiskerSystem

extension WhiskerError.Code {
  /// The bytes are of another format.
  public static let notThisFormat = Self("notThisFormat", .badData)
  /// The description of the contents contradicts itself or the file.
  public static let corruptHeader = Self("corruptHeader", .badData)
  /// The elements are of a type that Whisker doesn't read.
  public static let unsupportedType = Self("unsupportedType", .badData)
  /// The file holds no tensor of that name.
  public static let missingTensor = Self("missingTensor", .badData)
  /// The archive holds no entry of that name.
  public static let missingEntry = Self("missingEntry", .badData)
  /// The contents could do harm: they would run code, or fill the memory.
  public static let refused = Self("refused", .badData)
  /// The file describes something that Whisker doesn't have.
  public static let unsupported = Self("unsupported", .badData)
}

/// Errors about model files that the user can do something about.
extension WhiskerError.Code {
  /// A pointer of Git LFS stands in the place of the file.
  public static let lfsPointer = Self("lfsPointer", .badData)
  /// A web page was saved under the name of the file.
  public static let webPage = Self("webPage", .badData)
  /// The model is in an archive.
  public static let packedModel = Self("packedModel", .badData)
  /// The folder holds what belongs into a `.keras` file.
  public static let unpackedModel = Self("unpackedModel", .badData)
  /// A SavedModel of TensorFlow's, whose layers are code.
  public static let tensorFlowModel = Self("tensorFlowModel", .badData)
  /// A format that holds what is computed but no layers, or no weights.
  public static let otherFormat = Self("otherFormat", .badData)
  /// Weights by name, without the network that they are for.
  public static let weightsAlone = Self("weightsAlone", .badData)
  /// The model is for photos of any size, and none was stated.
  public static let openInputSize = Self("openInputSize", .wrongUsage)

  /// The model gives several results, and none was chosen.
  public static let severalOutputs = Self("severalOutputs", .wrongUsage)

  /// Whether an error keeps its code wherever a model file is read, for what it says to do.
  package var isAboutFile: Bool {
    [
      .lfsPointer, .webPage, .packedModel, .unpackedModel, .tensorFlowModel, .otherFormat, .weightsAlone,
      .openInputSize, .severalOutputs,
    ].contains(self)
  }
}
