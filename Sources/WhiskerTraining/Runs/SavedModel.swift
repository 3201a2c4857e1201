public import Foundation
public import WhiskerDatasets
import WhiskerFormats
public import WhiskerGraph
public import WhiskerLayers

/// A trained model with all that using it takes: how photos are prepared, what the classes are called, and its loss.
public struct SavedModel {
  /// The network with its weights.
  public let model: Model
  /// How photos become inputs, as in training.
  public let preparation: PhotoPreparation
  /// The names of the classes in the order of the outputs.
  public let classNames: [String]
  /// What training minimised.
  public let loss: Loss

  /// A model with its companions.
  public init(model: Model, preparation: PhotoPreparation, classNames: [String], loss: Loss) {
    self.model = model
    self.preparation = preparation
    self.classNames = classNames
    self.loss = loss
  }

  private enum Key {
    static let preparation = "preparation"
    /// A tensor beside the weights, which is too large for the metadata.
    static let whitening = "preparation/whitening"
    static let classNames = "class_names"
    static let loss = "loss"
    static let labelSmoothing = "label_smoothing"
  }

  /// Reads a model file.
  ///
  /// - Throws: ``TrainingError`` with `badModel` or `missingFile`, naming the file.
  public init(contentsOf url: URL) throws(TrainingError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw TrainingError(.missingFile, url.path, "expected a model file, got nothing of this name")
    }
    guard !isFolder.boolValue else {
      throw TrainingError(
        .badModel, url.path,
        "expected a model file, got a folder: name the model in it, such as best.safetensors")
    }
    do {
      let file = try ModelFile(contentsOf: url)
      let model = Model(file.network)
      var weights = file.weights
      let whitening = weights.removeValue(forKey: Key.whitening)
      try model.setWeights(weights)
      self.model = model
      var preparation: PhotoPreparation = try SavedModel.decode(file, Key.preparation)
      preparation.standardization?.whitening = whitening
      try preparation.validate()
      self.preparation = preparation
      classNames = try SavedModel.decode(file, Key.classNames)
      loss = try SavedModel.loss(of: file)
      try check()
    } catch let error as FormatError {
      throw TrainingError(.badModel, url.path, error.message)
    } catch {
      throw TrainingError(.badModel, url.path, "\(error)")
    }
  }

  /// Writes the model, atomically; the same model gives the same bytes.
  ///
  /// - Throws: ``TrainingError`` with `cannotWrite`, naming the file.
  public func write(to url: URL) throws {
    var metadata = [
      Key.preparation: try SavedModel.encode(preparation),
      Key.classNames: try SavedModel.encode(classNames),
      Key.loss: try SavedModel.encode(loss.kind.rawValue),
    ]
    if loss.labelSmoothing != 0 {
      metadata[Key.labelSmoothing] = try SavedModel.encode(loss.labelSmoothing)
    }
    var weights = try model.weights()
    weights[Key.whitening] = preparation.standardization?.whitening
    let file = ModelFile(network: try model.network(), weights: weights, metadata: metadata)
    do {
      try file.write(to: url)
    } catch {
      throw TrainingError(.cannotWrite, url.path, error.message)
    }
  }

  /// Chooses the loss that the model was trained with and an engine, so that it can evaluate and predict.
  ///
  /// - Throws: ``WhiskerLayers/ModelError`` if the file's parts don't fit each other.
  public func compile(engine: any Engine) throws(ModelError) { try model.compile(loss: loss, engine: engine) }

  private func check() throws {
    try loss.check(output: model.network().output)
    let output = try model.network().output
    let outputs = classNames.count == 2 && loss.kind == .binary ? 1 : classNames.count
    guard model.input == preparation.sampleShape, output == [outputs] else {
      throw TrainingError(
        .badModel, "classes",
        "expected an input \(preparation.sampleShape) and \(outputs) outputs for \(classNames.count) classes, got "
          + "\(model.input) and \(output)")
    }
  }

  private static func loss(of file: ModelFile) throws -> Loss {
    let name: String = try decode(file, Key.loss)
    guard let kind = Crossentropy.Kind(rawValue: name) else {
      throw TrainingError(.badModel, Key.loss, "expected the name of a loss, got \"\(name)\"")
    }
    guard file.metadata[Key.labelSmoothing] != nil else { return Loss(kind) }
    return Loss(kind, labelSmoothing: try decode(file, Key.labelSmoothing))
  }

  private static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private static func decode<Value: Decodable>(_ file: ModelFile, _ key: String) throws -> Value {
    guard let text = file.metadata[key] else {
      throw TrainingError(.badModel, key, "expected it in the file's metadata, got none")
    }
    do {
      return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch {
      throw TrainingError(.badModel, key, "expected valid JSON, got \"\(text.prefix(80))\"")
    }
  }
}
