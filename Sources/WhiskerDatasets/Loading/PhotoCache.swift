import Foundation
import Synchronization
import WhiskerImages

/// Photos, each decoded and resized once, kept as bytes as far as the memory budget allows.
///
/// The first photos of the list are kept; those beyond the budget are decoded once to see whether they can be
/// and then again whenever they are needed.
final class PhotoCache: Sendable {
  let preparation: PhotoPreparation
  /// Why photos can't be decoded, by their place in the list.
  let failures: [Int: String]
  private let files: [URL]
  private let store: PixelStore

  /// Decodes every photo.
  ///
  /// - Parameters:
  ///   - files: The photos.
  ///   - preparation: The size to keep.
  ///   - memory: The budget.
  ///   - threads: How many photos are decoded at once.
  ///   - progress: Called after each photo with the number done and the number of all, never twice at once.
  /// - Throws: `CancellationError` if the task was cancelled.
  init(
    of files: [URL], preparation: PhotoPreparation, memory: CacheMemory, threads: Int,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
  ) async throws {
    let store = PixelStore(count: files.count, size: preparation.sampleShape.count, memory: memory)
    let outcome = Mutex((done: 0, failures: [Int: String]()))
    try await ParallelWork(threads: threads).forEach(files.count, context: { try? JPEGDecompressor() }) {
      index, decompressor in
      var failure: String?
      do throws(ImageError) {
        let photo = try preparation.decode(files[index], reusing: decompressor)
        store.keep(photo.pixels, at: index)
      } catch {
        failure = error.message
      }
      outcome.withLock { outcome in
        outcome.failures[index] = failure
        outcome.done += 1
        progress(outcome.done, files.count)
      }
    }
    self.files = files
    self.preparation = preparation
    self.store = store
    failures = outcome.withLock { $0.failures }
  }

  /// Shows the pixels of one photo, of the preparation's size, to `body`.
  ///
  /// - Throws: ``DatasetError`` with code `unreadablePhotos` if the photo has to be decoded again and can't be
  ///   any more.
  func withPixels<Result>(
    of index: Int, reusing decompressor: JPEGDecompressor?, _ body: (PixelView) -> Result
  ) throws(DatasetError) -> Result {
    if let pixels = store.pixels(at: index) {
      return body(
        PixelView(
          height: preparation.height, width: preparation.width, channels: preparation.channels, pixels: pixels
        ))
    }
    do {
      return try preparation.decode(files[index], reusing: decompressor).withPixelView(body)
    } catch {
      throw DatasetError(
        .unreadablePhotos, files[index].path,
        "the photo could be read before and can't be now: \(error.message)")
    }
  }
}

/// The bytes of many photos of one size, in one piece of memory.
///
/// `@unchecked Sendable`: while photos are decoded each thread writes its own places and nobody reads; from then
/// on nobody writes.
private final class PixelStore: @unchecked Sendable {
  private let capacity: Int
  private let size: Int
  private let memory: CacheMemory
  private let bytes: UnsafeMutablePointer<UInt8>

  init(count: Int, size: Int, memory: CacheMemory) {
    self.size = size
    self.memory = memory
    capacity = memory.reserve(count: count, size: size)
    bytes = .allocate(capacity: capacity * size)
  }

  deinit {
    bytes.deallocate()
    memory.release(count: capacity, size: size)
  }

  func keep(_ pixels: [UInt8], at index: Int) {
    precondition(pixels.count == size, "\(pixels.count) bytes for a photo of \(size)")
    if index < capacity { (bytes + index * size).update(from: pixels, count: size) }
  }

  /// The bytes of a photo, or nil if there was no room for it.
  func pixels(at index: Int) -> UnsafeBufferPointer<UInt8>? {
    index < capacity ? UnsafeBufferPointer(start: bytes + index * size, count: size) : nil
  }
}
