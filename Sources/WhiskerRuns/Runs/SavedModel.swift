public import Foundation
public import WhiskerDatasets
import WhiskerFormats
public import WhiskerGraph
public import WhiskerLayers
public import WhiskerSystem
public import WhiskerTraining

/// A trained model with everything needed to use it: how photos are prepared, what the classes are called, and
/// its loss.
///
/// Files are safetensors, Keras's `.keras` or its older `.h5`, by their first bytes. One that Whisker wrote
/// holds everything; for another program's file the rest is assumed, and listed in ``assumptions``.
public struct SavedModel {
  /// The network with its weights.
  public let model: Model
  /// How photos become inputs, as in training.
  public let preparation: PhotoPreparation
  /// The names of the classes in the order of the outputs.
  public let classNames: [String]
  /// What training minimised.
  public let loss: Loss
  /// How training minimised it; nil if the file doesn't say.
  public var optimizer: Optimizer?
  /// The metrics besides the loss; accuracy where the file doesn't say.
  public var metrics: [Metric] = [.accuracy]
  /// The photos that it was made with; nil if the file doesn't say, as another program's and older ones don't.
  public internal(set) var knownPhotos: ModelPhotos?
  /// Whether another program wrote the file.
  package private(set) var isForeign = false
  /// What had to be assumed of another program's file; empty for Whisker's own.
  public private(set) var assumptions: [ModelAssumption] = []
  /// What of another program's file is unusual, in words: "its loss takes logits, …".
  public private(set) var remarks: [String] = []
  /// What of its training was left out, in words: "its optimizer is Adagrad, which Whisker doesn't have".
  ///
  /// Predictions don't depend on it.
  public private(set) var trainingRemarks: [String] = []

  /// A model with everything that belongs to it.
  public init(
    model: Model, preparation: PhotoPreparation, classNames: [String], loss: Loss, optimizer: Optimizer? = nil
  ) {
    self.model = model
    self.preparation = preparation
    self.classNames = classNames
    self.loss = loss
    self.optimizer = optimizer
  }

  private enum Key {
    static let preparation = "preparation"
    /// A tensor besides the weights, which is too large for the metadata.
    static let whitening = "preparation/whitening"
    static let classNames = "class_names"
    static let loss = "loss"
    static let labelSmoothing = "label_smoothing"
    static let photos = "photos"
    static let metrics = "metrics"
  }

  /// Reads a model file.
  ///
  /// - Parameters:
  ///   - url: The file.
  ///   - statement: What the caller knows about a file that another program wrote.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `badModel` or `missingFile`, naming the file, or a code that says what it is
  ///   (`lfsPointer`, …) or lacks (`openInputSize`); `invalidSetting` if something is stated that the file says itself.
  public init(contentsOf url: URL, stating statement: ModelStatement = .init()) throws(WhiskerError) {
    try SavedModel.requireFile(url)
    let file: StoredModel
    do {
      file = try StoredModel(contentsOf: url, choices: statement.choices)
    } catch {
      throw SavedModel.fault(error)
    }
    do {
      try self.init(file, statement)
    } catch let error as WhiskerError {
      throw error.code == .invalidSetting ? error : error.inside(url.path).with(.badModel)
    } catch {
      throw WhiskerError(.badModel, url.path, "\(error)")
    }
  }

  /// An error of reading a model file: one that says what to do about the file keeps its code.
  static func fault(_ error: WhiskerError) -> WhiskerError {
    error.code.isAboutFile || error.code == .invalidSetting ? error : error.with(.badModel)
  }

  /// Checks that there is a file, and not a folder.
  static func requireFile(_ url: URL) throws(WhiskerError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw WhiskerError(.missingFile, url.path, expected: "a model file", got: "nothing of this name")
    }
    guard !isFolder.boolValue else {
      if case .foreign(let folder) = FileKind(of: url) { throw folder.error(at: url.path) }
      throw WhiskerError(
        .badModel, url.path,
        expected: "a model file", got: "a folder: name the model in it, such as best.safetensors")
    }
  }

  private init(_ file: StoredModel, _ statement: ModelStatement) throws {
    let foreign = SavedModel.isOwn(file) ? nil : try ForeignModel(file, statement)
    let activation = try foreign?.activation.map { try file.network.appending(Activation($0)) }
    model = Model(activation ?? file.network)
    try model.setState(file.state)
    if let unknown = file.tensors.keys.filter({ $0 != Key.whitening }).min() {
      throw WhiskerError(.weightMismatch, unknown, expected: "a weight of the model", got: "an unknown name")
    }
    optimizer = file.optimizer
    trainingRemarks = file.remarks
    isForeign = foreign != nil
    if let foreign {
      preparation = foreign.preparation
      classNames = foreign.classNames
      loss = foreign.loss
      assumptions = foreign.assumptions
      remarks = file.readingRemarks + foreign.remarks
    } else {
      try statement.requireNothing()
      var preparation: PhotoPreparation = try SavedModel.decode(file, Key.preparation)
      preparation.standardization?.whitening = file.tensors[Key.whitening]
      do {
        try preparation.validate()
      } catch {
        throw error.inside(Key.preparation).with(.badModel)
      }
      self.preparation = preparation
      classNames = try SavedModel.decode(file, Key.classNames)
      loss = try SavedModel.loss(of: file)
      if file.metadata[Key.photos] != nil { knownPhotos = try SavedModel.decode(file, Key.photos) }
      if file.metadata[Key.metrics] != nil { metrics = try SavedModel.decode(file, Key.metrics) }
    }
    try check()
  }

  /// Writes the model in the format that the file extension says, atomically; the same model gives the same
  /// bytes.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`, naming the file.
  public func write(to url: URL) async throws {
    var metadata = [
      Key.preparation: try SavedModel.encode(preparation),
      Key.classNames: try SavedModel.encode(classNames),
      Key.loss: try SavedModel.encode(loss.kind.rawValue),
    ]
    if loss.labelSmoothing != 0 {
      metadata[Key.labelSmoothing] = try SavedModel.encode(loss.labelSmoothing)
    }
    if metrics != [.accuracy] { metadata[Key.metrics] = try SavedModel.encode(metrics) }
    if let knownPhotos { metadata[Key.photos] = try SavedModel.encode(knownPhotos) }
    var file = StoredModel(
      network: try model.network(), state: try await model.result(), loss: loss,
      optimizer: optimizer ?? model.trainedOptimizer, metadata: metadata)
    file.tensors[Key.whitening] = preparation.standardization?.whitening
    do {
      try file.write(to: url)
    } catch {
      throw error.with(.cannotWrite, at: url.path)
    }
  }

  /// Chooses the loss that the model was trained with, what was measured of it, and an engine, so that it can evaluate and predict.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the file's parts don't fit each other.
  public func compile(engine: any Engine) throws(WhiskerError) {
    try model.compile(loss: loss, metrics: metrics, engine: engine)
  }

  /// Chooses the loss and the optimizer that the model was trained with and an engine, so that training resumes
  /// where the file was written: with the optimizer's slots and step.
  ///
  /// A file that doesn't say how it was trained gets a new RMSprop.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the file's parts don't fit each other.
  public func compileToTrain(engine: any Engine) async throws(WhiskerError) {
    let state = try await model.state()
    try model.compile(
      loss: loss, optimizer: optimizer ?? .rmsprop(), metrics: metrics, goingOnFrom: state, engine: engine)
  }

  private func check() throws {
    guard Set(classNames).count == classNames.count else {
      throw WhiskerError(
        .badModel, "classes", expected: "classes of different names",
        got: "\(classNames.joined(separator: ", "))"
      )
    }
    do {
      try loss.check(output: model.network().output)
    } catch {
      throw error.with(.badModel)
    }
    let output = try model.network().output
    // Of two classes one probability is enough; a network may have two sigmoids all the same.
    let outputs = classNames.count == 2 && loss.kind == .binary && output != [2] ? 1 : classNames.count
    guard model.input == preparation.sampleShape, output == [outputs] else {
      throw WhiskerError(
        .badModel, "classes",
        expected:
          "an input \(preparation.sampleShape) and \(outputs) outputs for \(classNames.count) classes",
        got: "\(model.input) and \(output)")
    }
  }

  /// Whether a file says itself how photos become inputs and what the classes are called.
  static func isOwn(_ file: StoredModel) -> Bool {
    file.metadata[Key.preparation] != nil || file.metadata[Key.classNames] != nil
  }

  private static func loss(of file: StoredModel) throws -> Loss {
    let name: String = try decode(file, Key.loss)
    guard let kind = Crossentropy.Kind(rawValue: name) else {
      throw WhiskerError(.badModel, Key.loss, expected: "the name of a loss", got: "\"\(name)\"")
    }
    guard file.metadata[Key.labelSmoothing] != nil else { return Loss(kind) }
    return Loss(kind, labelSmoothing: try decode(file, Key.labelSmoothing))
  }

  private static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private static func decode<Value: Decodable>(_ file: StoredModel, _ key: String) throws -> Value {
    guard let text = file.metadata[key] else {
      throw WhiskerError(.badModel, key, expected: "it in the file's metadata", got: "none")
    }
    do {
      return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch {
      throw WhiskerError(.badModel, key, expected: "valid JSON", got: "\"\(text.prefix(80))\"")
    }
  }
}
