public import Foundation
public import WhiskerDatasets
import WhiskerLayers
public import WhiskerSystem
public import WhiskerTraining

/// A model's prediction for one photo.
public struct PhotoPrediction: Hashable, Sendable {
  /// The photo's path.
  public let file: String
  /// The name of the likeliest class.
  public let label: String
  /// The probability of that class, 0 to 1.
  public let probability: Float
  /// The probability of each class, in the order of the model's classes.
  public let probabilities: [Float]
}

extension SavedModel {
  /// Reads labelled photos to evaluate the model on, prepared as in training.
  ///
  /// - Parameters:
  ///   - data: A folder with one folder for each of the model's classes, a split's root, whose `test/` is taken, or a
  ///     CSV file (``WhiskerDatasets/DataFolder``).
  ///   - batchSize: Photos that are computed at once.
  ///   - isStrict: Whether a photo that can't be read is an error instead of being skipped.
  ///   - loading: Threads and memory.
  ///   - progress: Called with the number of photos decoded and of all.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `classMismatch` if the classes aren't the model's, and those of
  ///   ``WhiskerDatasets/PhotoDataset``. `CancellationError`.
  public func photos(
    in data: URL, batchSize: Int = 32, isStrict: Bool = false, loading: PhotoDataset.Loading = .init(),
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> PhotoDataset {
    try await photos(
      DataFolder.forEvaluation(data, expecting: classNames), batchSize: batchSize, isStrict: isStrict,
      loading: loading, progress: progress)
  }

  /// Reads labelled photos that were found before, prepared as in training.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `classMismatch` if their classes aren't the model's;
  ///   ``WhiskerSystem/WhiskerError``; `CancellationError`.
  package func photos(
    _ folder: PhotoFolder, batchSize: Int = 32, isStrict: Bool = false,
    loading: PhotoDataset.Loading = .init(),
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> PhotoDataset {
    try checkClasses(of: folder)
    return try await PhotoDataset(
      folder, preparation: preparation,
      batchSize: batchSize, classMode: classMode, shuffle: false, strict: isStrict, loading: loading,
      progress: progress)
  }

  /// Measures the model on labelled photos that were found before, each decoded once and then released; the
  /// model must be compiled.
  ///
  /// - Parameters:
  ///   - folder: The photos, with the model's classes (``WhiskerDatasets/DataFolder/forEvaluation(_:expecting:)``).
  ///   - batchSize: Photos that are computed at once.
  ///   - isStrict: Whether a photo that can't be read is an error instead of being skipped.
  ///   - threads: How many batches are decoded ahead, each on its own thread.
  ///   - augmentation: How else each photo is shown besides as it is; nil for nothing.
  ///   - progress: Called with the number of photos decoded and of all.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `classMismatch`, or with `unreadablePhotos` (if
  ///   strict), `emptyClass`, `invalidSetting`; ``WhiskerSystem/WhiskerError``; `CancellationError`.
  public func measure(
    _ folder: PhotoFolder, batchSize: Int = 32, isStrict: Bool = false,
    threads: Int = Processors.available, augmentation: TestTimeAugmentation? = nil,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> MeasuredPhotos {
    try await ModelEnsemble(self).measure(
      folder, batchSize: batchSize, isStrict: isStrict, threads: threads, augmentation: augmentation,
      progress: progress)
  }

  /// Predicts the classes of photos, a batch at a time and in their order; the model must be compiled.
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
    try await ModelEnsemble(self).predict(
      photos: paths, batchSize: batchSize, threads: threads, augmentation: augmentation, onResult: onResult)
  }

  func checkClasses(of folder: PhotoFolder) throws(WhiskerError) {
    guard folder.classNames != classNames else { return }
    throw WhiskerError(
      .classMismatch, folder.root.path,
      expected: "the classes \(classNames.map(\.quoted).joined(separator: ", "))",
      got: folder.classNames.map(\.quoted).joined(separator: ", "))
  }

  /// How classes become the labels that the loss takes.
  var classMode: ClassMode {
    switch loss.kind {
    case .binary: classNames.count == 2 && (try? model.network().output) != [2] ? .binary : .categorical
    case .categorical: .categorical
    case .sparseCategorical: .sparse
    }
  }
}
