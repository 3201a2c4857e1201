import WhiskerImages
import WhiskerSystem

extension PhotoDataset {
  /// These photos at another size, and changed in another way for training: what a stage of training goes on with.
  ///
  /// The stream of batches holds the same photos in the same order, with the same labels and standardization. Each photo is
  /// decoded again; windows of photos (``Augmentation/randomResizedCrop``) are cut from half as large a photo again, so that
  /// they aren't enlarged and blurred.
  ///
  /// - Parameters:
  ///   - height: Rows.
  ///   - width: Columns.
  ///   - augmentation: What makes training photos look different each time; nil leaves them as they are.
  ///   - progress: Called with the number of photos decoded and of all, after each, on one of Whisker's threads.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`, `unreadablePhotos` if a photo can't be read any more;
  ///   `CancellationError`.
  public func changed(
    height: Int, width: Int, augmentation: Augmentation?,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> PhotoDataset {
    try augmentation?.check(classMode: classMode, batchSize: batchSize)
    var result = self
    result.augmentation = augmentation
    (result.preparation.height, result.preparation.width) = (height, width)
    try result.preparation.validate()
    try checkBatchSize(batchSize, of: result.sampleShape)
    var stored = result.preparation
    stored.standardization = nil
    if augmentation?.randomResizedCrop != nil {
      stored.height = Swift.min(height + (height + 1) / 2, PhotoPreparation.largestSide)
      stored.width = Swift.min(width + (width + 1) / 2, PhotoPreparation.largestSide)
    }
    if (stored.height, stored.width) == (cache.preparation.height, cache.preparation.width) { return result }
    result.cache = try await PhotoCache(
      of: count, from: origin, preparation: stored, loading: loading, progress: progress)
    result.places = Array(0..<count)
    if let (index, reason) = result.cache.failures.min(by: { $0.key < $1.key }) {
      throw WhiskerError(
        .unreadablePhotos, url(of: photos[index])?.path ?? "photo \(index)",
        "the photo could be read before and can't be now: \(reason)")
    }
    return result
  }

  /// Where each photo comes from.
  private var origin: @Sendable (Int) -> PhotoCache.Origin {
    let (photos, root, cache, places) = (photos, root, cache, places)
    return { index in
      if let root { return .file(path: PhotoFolder.path(of: photos[index], below: root)) }
      return .cache(cache, place: places[index])
    }
  }
}
