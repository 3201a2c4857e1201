import Foundation
import Synchronization
import WhiskerImages
import WhiskerSystem

/// Photos, each decoded and resized once, kept as bytes.
///
/// The first photos of the list are kept in memory, as far as the budget allows, and those beyond it in a temporary
/// file. Photos that don't fit there either are decoded once to check them, and then again whenever they are
/// needed.
final class PhotoCache: Sendable {
  /// Where a photo comes from.
  enum Origin {
    case file(path: String)
    case memory(Photo)
    /// Another cache, which has it at another size.
    case cache(PhotoCache, place: Int)
  }

  let preparation: PhotoPreparation
  /// Why photos can't be decoded, by their place in the list.
  let failures: [Int: String]
  private let store: PixelStore
  /// Nil once every photo is in memory, so that photos that came from memory aren't held twice.
  private let origin: (@Sendable (Int) -> Origin)?

  /// Decodes every photo.
  ///
  /// - Parameters:
  ///   - count: How many photos there are.
  ///   - origin: Where each comes from.
  ///   - preparation: The size to keep.
  ///   - loading: The budget, the folder for a temporary file, and how many photos are decoded at once.
  ///   - progress: Called after each photo with the number done and the number of all, never twice at once.
  /// - Throws: `CancellationError` if the task was cancelled.
  init(
    of count: Int, from origin: @escaping @Sendable (Int) -> Origin, preparation: PhotoPreparation,
    loading: PhotoDataset.Loading, progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
  ) async throws {
    let store = PixelStore(
      count: count, size: preparation.sampleShape.count, memory: loading.memory,
      folder: loading.temporaryFolder?.path, mayBeInMemory: loading.mayBeInMemory)
    let outcome = Mutex((done: 0, failures: [Int: String]()))
    try await ParallelWork(threads: loading.decodingThreads).forEach(
      count, context: { try? JPEGDecompressor() }
    ) { index, decompressor in
      var failure: String?
      do throws(WhiskerError) {
        store.keep(try preparation.bytes(of: origin(index), reusing: decompressor).pixels, at: index)
      } catch {
        failure = error.message
      }
      outcome.withLock { outcome in
        outcome.failures[index] = failure
        outcome.done += 1
        progress(outcome.done, count)
      }
    }
    self.preparation = preparation
    self.store = store
    failures = outcome.withLock { $0.failures }
    let places = store.places(unreadable: failures.count)
    self.origin = places.inFile + places.decodedAgain == 0 ? nil : origin
  }

  /// Where the pixels are.
  var places: PixelPlaces { store.places(unreadable: failures.count) }

  /// Shows photos to one thread.
  final class Reader {
    private let cache: PhotoCache
    private var scratch: [UInt8] = []
    private lazy var decompressor = try? JPEGDecompressor()

    init(_ cache: PhotoCache) { self.cache = cache }

    /// Shows the pixels of one photo, of the preparation's size, to `body`.
    ///
    /// - Throws: ``WhiskerSystem/WhiskerError`` with code `unreadablePhotos` if the photo has to be decoded again and can't be
    ///   any more.
    func withPixels<Result>(of index: Int, _ body: (PixelView) -> Result) throws(WhiskerError) -> Result {
      let preparation = cache.preparation
      let result = cache.store.withPixels(at: index, scratch: &scratch) {
        body(
          PixelView(
            height: preparation.height, width: preparation.width, channels: preparation.channels, pixels: $0))
      }
      if let result { return result }
      guard let origin = cache.origin?(index) else { preconditionFailure("photo \(index) is in memory") }
      do {
        return try preparation.bytes(of: origin, reusing: decompressor).withPixelView(body)
      } catch {
        throw WhiskerError(
          .unreadablePhotos, error.place.isEmpty ? "photo \(index)" : error.place,
          "the photo could be read before and can't be now: \(error.message)", cause: error)
      }
    }
  }
}

extension PhotoPreparation {
  /// A photo at the size of this preparation; its numbers remain bytes.
  fileprivate func bytes(
    of origin: PhotoCache.Origin, reusing decompressor: JPEGDecompressor?
  ) throws(WhiskerError) -> Photo {
    switch origin {
    case .file(let path):
      try decode(URL(fileURLWithPath: path, isDirectory: false), reusing: decompressor)
    case .memory(let photo): fitted(photo)
    case .cache(let cache, let place):
      fitted(try PhotoCache.Reader(cache).withPixels(of: place) { $0.copied })
    }
  }
}
