package import WhiskerSystem

/// Photos without labels as several networks take them, in step: each is decoded once for each preparation.
///
/// It is a ``PhotoStream`` for each preparation; a photo that can't be decoded for one counts as unreadable for all.
package struct PreparedPhotos: AsyncSequence, Sendable {
  /// Some photos, one after another.
  package struct Element: Sendable {
    /// Which of ``PreparedPhotos/paths`` these are.
    package let indices: Range<Int>
    /// The inputs for each preparation, without labels.
    package let batches: [Batch]
    /// Why photos can't be decoded, by their index.
    package let failures: [Int: WhiskerError]
  }

  /// The photos.
  package let paths: [String]
  private let streams: [PhotoStream]

  /// The photos at the given paths.
  ///
  /// - Parameters:
  ///   - paths: The photos' files.
  ///   - preparations: How photos become inputs, at least one way.
  ///   - batchSize: Photos in a batch.
  ///   - threads: How many batches are decoded at once in all, at least one for each preparation; 0 decodes each when it is
  ///     asked for.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`.
  package init(
    _ paths: [String], preparations: [PhotoPreparation], batchSize: Int, threads: Int
  ) throws(WhiskerError) {
    precondition(!preparations.isEmpty, "photos are prepared in no way")
    let share = threads > 0 ? Swift.max(1, threads / preparations.count) : threads
    var streams: [PhotoStream] = []
    for preparation in preparations {
      streams.append(
        try PhotoStream(paths, preparation: preparation, batchSize: batchSize, threads: share))
    }
    self.paths = paths
    self.streams = streams
  }

  /// Begins with the first photo.
  package func makeAsyncIterator() -> Iterator { Iterator(streams.map { $0.makeAsyncIterator() }) }

  /// Gives the batches of one pass.
  package struct Iterator: AsyncIteratorProtocol {
    private var streams: [PhotoStream.Iterator]

    fileprivate init(_ streams: [PhotoStream.Iterator]) { self.streams = streams }

    /// The next batches, or nil after the last.
    ///
    /// - Throws: `CancellationError` if the task was cancelled.
    package mutating func next() async throws -> Element? {
      var elements: [PhotoStream.Element] = []
      for place in streams.indices {
        guard let element = try await streams[place].next() else { return nil }
        elements.append(element)
      }
      return Element(
        indices: elements[0].indices, batches: elements.map(\.batch),
        failures: elements.reduce(into: [:]) { all, element in
          all.merge(element.failures) { first, _ in first }
        })
    }
  }
}
