package import Foundation
import WhiskerDatasets
import WhiskerFormats
public import WhiskerImages
public import WhiskerLayers
package import WhiskerSystem
package import WhiskerTraining

/// What the user knows about a model that another program wrote, and the file doesn't say.
public struct ModelStatement: Hashable, Sendable {
  /// What each byte of a photo is multiplied by.
  public var rescale: Float?
  /// How photos are resized.
  public var interpolation: Interpolation?
  /// The names of the classes in the order of the outputs; for one output, no and yes.
  public var classNames: [String]?

  /// What is known; nothing by default.
  public init(rescale: Float? = nil, interpolation: Interpolation? = nil, classNames: [String]? = nil) {
    self.rescale = rescale
    self.interpolation = interpolation
    self.classNames = classNames
  }

  /// Refuses statements about what the file says itself.
  func requireNothing() throws(WhiskerError) {
    guard self == ModelStatement() else {
      throw WhiskerError(
        .invalidSetting, "rescale, resize or class names",
        expected: "none of them for a model that says itself how it was trained, or for weights alone",
        got: "one"
      )
    }
  }
}

/// One thing that is assumed of a model because its file doesn't say it.
public enum ModelAssumption: Hashable, Sendable, CustomStringConvertible {
  /// What each byte of a photo is multiplied by.
  case rescale(Float)
  /// How photos are resized.
  case interpolation(Interpolation)
  /// What the classes are called.
  case classNames([String])
  /// What training minimised.
  case loss(Loss)

  /// "photos are resized by nearest".
  public var description: String {
    switch self {
    case .rescale(let factor):
      factor == 1
        ? "bytes are taken as they are"
        : "bytes are multiplied by \(factor == 1 / 255 ? "1/255" : "\(factor)")"
    case .interpolation(let interpolation): "photos are resized by \(interpolation.rawValue)"
    case .classNames(let names):
      "classes are called \(names.prefix(3).joined(separator: ", "))\(names.count > 3 ? ", …" : "")"
    case .loss(let loss):
      "the loss is \(loss.kind == .sparseCategorical ? "sparse categorical" : loss.kind.rawValue) cross-entropy"
    }
  }
}

extension SavedModel {
  /// Reads as much of a model file as its summary needs: any network, whether it takes photos or not.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `badModel` or `missingFile`, naming the file.
  package static func summarized(
    contentsOf url: URL
  ) throws(WhiskerError) -> (model: Model, loss: Loss, optimizer: Optimizer?) {
    try requireFile(url)
    do {
      let file = try StoredModel(contentsOf: url)
      let loss =
        file.loss ?? (file.network.output == [1] ? .binaryCrossentropy : .sparseCategoricalCrossentropy)
      return (Model(file.network), loss, file.optimizer)
    } catch {
      throw error.with(.badModel)
    }
  }
}

/// What can be known about a model whose file has no notes of Whisker's.
struct ForeignModel {
  let preparation: PhotoPreparation
  let classNames: [String]
  let loss: Loss
  private(set) var assumptions: [ModelAssumption] = []

  /// Whether a network's input has the shape of photos, and its output that of classes.
  static func takesPhotos(_ network: Network) -> Bool {
    network.input.rank == 3 && (network.input[2] == 1 || network.input[2] == 3) && network.output.rank == 1
  }

  init(_ file: StoredModel, _ statement: ModelStatement) throws {
    let (input, output) = (file.network.input, file.network.output)
    guard ForeignModel.takesPhotos(file.network) else {
      throw WhiskerError(
        .badModel, "network",
        expected: "photos (height, width, 3 or 1) and an output (classes)", got: "\(input) and \(output)")
    }
    if let loss = file.loss {
      self.loss = loss
    } else {
      loss = output[0] == 1 ? .binaryCrossentropy : .sparseCategoricalCrossentropy
      assumptions.append(.loss(loss))
    }
    // A network that scales its input itself takes the bytes.
    let scalesItself = file.network.layers.first?.layer is Rescaling
    let rescale = statement.rescale ?? (scalesItself ? 1 : 1 / 255)
    if statement.rescale == nil { assumptions.append(.rescale(rescale)) }
    let interpolation = statement.interpolation ?? .nearest
    if statement.interpolation == nil { assumptions.append(.interpolation(interpolation)) }
    let names = statement.classNames ?? (0..<max(2, output[0])).map { "\($0)" }
    if statement.classNames == nil { assumptions.append(.classNames(names)) }
    guard names.count == max(2, output[0]), Set(names).count == names.count else {
      throw WhiskerError(
        .invalidSetting, "class names",
        expected: "\(max(2, output[0])) different names for \(output[0]) outputs", got: "\(names.count)")
    }
    classNames = names
    preparation = PhotoPreparation(
      height: input[0], width: input[1], channels: input[2], interpolation: interpolation, rescale: rescale)
    try preparation.validate()
  }
}
