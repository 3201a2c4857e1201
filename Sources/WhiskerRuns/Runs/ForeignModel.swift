package import Foundation
import WhiskerDatasets
public import WhiskerFormats
public import WhiskerGraph
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
  /// What the outputs are.
  public var outputs: OutputMeaning?
  /// What the file leaves open.
  public var choices: ModelChoices
  /// Whether a file that says all of it itself may differ, as where a recipe has it for any file.
  var isMinor = false

  /// What is known; nothing by default.
  public init(
    rescale: Float? = nil, interpolation: Interpolation? = nil, classNames: [String]? = nil,
    outputs: OutputMeaning? = nil, choices: ModelChoices = .init()
  ) {
    self.rescale = rescale
    self.interpolation = interpolation
    self.classNames = classNames
    self.outputs = outputs
    self.choices = choices
  }

  /// Refuses statements about what the file says itself.
  func requireNothing() throws(WhiskerError) {
    guard isMinor || self == ModelStatement() else {
      throw WhiskerError(
        .invalidSetting, "rescale, resize, class names, outputs, output layer or image size",
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
  /// That outputs are logits, of which probabilities are this function.
  case logits(ActivationFunction)

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
    case .logits(let function):
      "outputs are logits, since the last layer has no activation: probabilities are their \(function.rawValue)"
    }
  }
}

extension SavedModel {
  /// Reads as much of a model file as its summary needs: any network, whether it takes photos or not.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `badModel` or `missingFile`, naming the file.
  ///   The codes of ``WhiskerFormats`` for what is no model file, or leaves the size of photos open, stay.
  package static func summarized(
    contentsOf url: URL, choices: ModelChoices = .init()
  ) throws(WhiskerError) -> (model: Model, loss: Loss, optimizer: Optimizer?) {
    try requireFile(url)
    do {
      let file = try StoredModel(contentsOf: url, choices: choices)
      let loss =
        file.loss ?? (file.network.output == [1] ? .binaryCrossentropy : .sparseCategoricalCrossentropy)
      return (Model(file.network), loss, file.optimizer)
    } catch {
      throw SavedModel.fault(error)
    }
  }
}

/// What can be known about a model whose file has no notes of Whisker's.
struct ForeignModel {
  let preparation: PhotoPreparation
  let classNames: [String]
  let loss: Loss
  /// What makes probabilities of the outputs; nil where they are such.
  let activation: ActivationFunction?
  /// What follows from the file and isn't usual, in words.
  private(set) var remarks: [String] = []
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
    activation = try ForeignModel.activation(of: file, loss: loss, statement.outputs)
    if let activation, statement.outputs == nil {
      if file.lossTakesLogits {
        remarks.append(
          "its loss takes logits, so its outputs are such: probabilities are their \(activation.rawValue)")
      } else {
        assumptions.append(.logits(activation))
      }
    }
    // A network that scales its input itself takes the bytes.
    let rescale =
      statement.rescale ?? (file.takesBytes || ForeignModel.scalesItself(file.network) ? 1 : 1 / 255)
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

  /// What makes probabilities of the outputs: what the user says, else what the loss says, else what the last layer
  /// says.
  private static func activation(
    of file: StoredModel, loss: Loss, _ stated: OutputMeaning?
  ) throws(WhiskerError) -> ActivationFunction? {
    let takesSigmoid = loss.kind == .binary || file.network.output == [1]
    let function: ActivationFunction = takesSigmoid ? .sigmoid : .softmax
    switch (stated, try OutputRange(of: file.network)) {
    case (.logits, _): return function
    case (.probabilities, _), (nil, .probabilities): return nil
    case (nil, .logits): return function
    case (nil, .other): return file.lossTakesLogits ? function : nil
    }
  }

  /// Whether the first layer that changes a photo's numbers scales them.
  static func scalesItself(_ network: Network) -> Bool {
    var source = Network.Source.input
    while true {
      let readers = network.layers.indices.filter { network.layers[$0].sources.contains(source) }
      guard readers.count == 1, let reader = readers.first else { return false }
      let layer = network.layers[reader].layer
      if let scaling = layer as? Rescaling {
        if !isIdentity(scaling) { return true }
      } else if type(of: layer).className == "Normalization" {
        return true
      } else if !keepsNumbers(layer) {
        return false
      }
      source = .layer(reader)
    }
  }

  /// Whether a layer multiplies by 1 and adds nothing: what a cast becomes.
  private static func isIdentity(_ layer: Rescaling) -> Bool {
    layer.scale.values.allSatisfy { $0 == 1 } && layer.offset.values.allSatisfy { $0 == 0 }
  }

  /// Whether a layer moves pixels at most: what Keras users put before the first convolution.
  private static func keepsNumbers(_ layer: any Layer) -> Bool {
    let className = type(of: layer).className
    let names: Set = [
      "Resizing", "CenterCrop", "Cropping2D", "ZeroPadding2D", "Identity", "Dropout", "GaussianNoise",
      "Reshape",
    ]
    return className.hasPrefix("Random") || names.contains(className)
  }
}
