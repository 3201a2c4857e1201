public import WhiskerDatasets
public import WhiskerGraph
import WhiskerLayers
public import WhiskerSystem
import WhiskerTensors
public import WhiskerTraining

/// Several models as one: the probability of a class is the mean of what they say.
///
/// ```swift
/// let ensemble = try ModelEnsemble([
///   .init("a", try SavedModel(contentsOf: a)), .init("b", try SavedModel(contentsOf: b)),
/// ])
/// try ensemble.compile { OneDNNEngine() }
/// let measured = try await ensemble.measure(photos)
/// print(measured.evaluation.accuracy, measured.members.map(\.accuracy))
/// ```
/// The models may be of any networks, and take photos of any size: each photo is decoded once for each preparation. Only the
/// classes must be the same. The mean is arithmetic and each model counts the same (Lakshminarayanan, Pritzel and
/// Blundell, "Simple and scalable predictive uncertainty estimation using deep ensembles", 2017). Of one model
/// everything is as it is.
public struct ModelEnsemble {
  /// One of the models.
  public struct Member {
    /// What it is called in errors and tables, such as its file's path.
    public let name: String
    /// The model.
    public let saved: SavedModel

    /// A model under a name.
    public init(_ name: String, _ saved: SavedModel) {
      self.name = name
      self.saved = saved
    }
  }

  /// The models, at least one.
  public let members: [Member]

  /// Several models.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `classMismatch` if two don't have the same classes in the same order, naming
  ///   both; `invalidSetting` without any.
  public init(_ members: [Member]) throws(WhiskerError) {
    guard let first = members.first else {
      throw WhiskerError(.invalidSetting, "models", expected: "at least 1", got: "none")
    }
    for member in members where member.saved.classNames != first.saved.classNames {
      throw WhiskerError(
        .classMismatch, member.name,
        expected: "the classes of \(first.name), \(first.saved.classNames.listed())",
        got: member.saved.classNames.listed())
    }
    self.members = members
  }

  /// One model alone.
  init(_ saved: SavedModel) { members = [Member("", saved)] }

  /// The names of the classes in the order of their labels.
  public var classNames: [String] { members[0].saved.classNames }

  /// Gives every model an engine of its own, so that it can evaluate and predict.
  ///
  /// - Parameter makeEngine: Makes an engine.
  /// - Throws: ``WhiskerSystem/WhiskerError`` if a file's parts don't fit each other, and what `makeEngine` throws.
  public func compile(makingEngine makeEngine: () throws -> any Engine) throws {
    for member in members { try member.saved.compile(engine: makeEngine()) }
  }

  /// Measures the average, and each model by itself, on labelled photos that were found before; the models must be
  /// compiled.
  ///
  /// The loss of several is the cross-entropy of the averaged probabilities, without penalties and label smoothing.
  ///
  /// - Parameters:
  ///   - folder: The photos, with the models' classes (``WhiskerDatasets/DataFolder/forEvaluation(_:expecting:)``).
  ///   - batchSize: Photos that are computed at once.
  ///   - isStrict: Whether a photo that can't be read is an error instead of being skipped.
  ///   - threads: How many batches are decoded ahead, each on its own thread.
  ///   - augmentation: How else each photo is shown besides as it is; nil for nothing.
  ///   - progress: Called with the number of photos decoded and of all.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `classMismatch`, or with `unreadablePhotos` (if
  ///   strict), `emptyClass`, `invalidSetting`; `CancellationError`.
  public func measure(
    _ folder: PhotoFolder, batchSize: Int = 32, isStrict: Bool = false,
    threads: Int = Processors.available, augmentation: TestTimeAugmentation? = nil,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> MeasuredPhotos {
    try members[0].saved.checkClasses(of: folder)
    let (preparations, models) = try parts()
    let pass = try PhotoPass(
      folder, preparations: preparations, batchSize: batchSize,
      classMode: models.areAlike ? members[0].saved.classMode : .sparse, threads: threads, progress: progress)
    let result = try await models.evaluate(pass, augmentation: augmentation, isStrict: isStrict)
    for (member, evaluation) in zip(members, result.members) {
      do throws(WhiskerError) {
        _ = try SavedModel.probabilities(evaluation.predictions.values[...])
      } catch {
        throw error.inside(member.name)
      }
    }
    _ = try SavedModel.probabilities(result.average.predictions.values[...])
    return MeasuredPhotos(folder, pass, result.average, members: result.members)
  }

  /// Predicts the classes of photos, a batch at a time and in their order; the models must be compiled.
  ///
  /// - Parameters:
  ///   - paths: The photos.
  ///   - batchSize: Photos that are computed at once.
  ///   - threads: How many batches are decoded ahead, each on its own thread.
  ///   - augmentation: How else each photo is shown besides as it is; nil for nothing.
  ///   - onResult: Called for each photo in order with the prediction, or with why it can't be read.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting`, or an error of its parts,
  ///   `CancellationError`, and what `onResult` throws.
  public func predict(
    photos paths: [String], batchSize: Int = 32,
    threads: Int = Processors.available, augmentation: TestTimeAugmentation? = nil,
    onResult: (Result<PhotoPrediction, WhiskerError>) throws -> Void
  ) async throws {
    let (preparations, models) = try parts()
    let photos = try PreparedPhotos(
      paths, preparations: try AveragedModels.sources(preparations, augmentation: augmentation),
      batchSize: batchSize, threads: threads)
    for try await element in photos {
      try Task.checkCancellation()
      let outputs = try await models.predict(
        element.batches, preparations: preparations, augmentation: augmentation)
      for (row, index) in element.indices.enumerated() {
        if let failure = element.failures[index] {
          try onResult(.failure(failure))
          continue
        }
        try onResult(.success(try prediction(paths[index], row, of: outputs)))
      }
    }
  }

  /// The preparations that there are, each once, and the models with which they take.
  private func parts() throws(WhiskerError) -> ([PhotoPreparation], AveragedModels) {
    var preparations: [PhotoPreparation] = []
    let places = members.map { member in
      let preparation = member.saved.preparation
      if let place = preparations.firstIndex(of: preparation) { return place }
      preparations.append(preparation)
      return preparations.count - 1
    }
    return (preparations, try AveragedModels(members.map(\.saved.model), places: places))
  }

  private func prediction(
    _ file: String, _ row: Int, of outputs: [Tensor]
  ) throws(WhiskerError) -> PhotoPrediction {
    var rows: [ArraySlice<Float>] = []
    for (member, tensor) in zip(members, outputs) {
      let columns = tensor.shape[1]
      do throws(WhiskerError) {
        rows.append(try SavedModel.probabilities(tensor.values[row * columns..<(row + 1) * columns]))
      } catch {
        throw members.count > 1 ? error.inside(member.name) : error
      }
    }
    // One probability of two is averaged as it is where all give no more.
    let areAlike = rows.allSatisfy { $0.count == rows[0].count }
    let average =
      rows.count == 1
      ? rows[0]
      : AveragedModels.mean(
        rows.map { row in
          let values = areAlike ? Array(row) : Prediction.classProbabilities(of: row)
          return Tensor(shape: [values.count], values: values)
        }
      ).values[...]
    let probabilities = Prediction.classProbabilities(of: average)
    let best = Prediction.classIndex(of: average)
    return PhotoPrediction(
      file: file, label: classNames[best], probability: probabilities[best], probabilities: probabilities)
  }
}
