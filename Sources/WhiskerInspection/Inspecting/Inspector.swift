public import Foundation
import Synchronization
public import WhiskerDatasets
import WhiskerImages
import WhiskerSystem

/// Searches a folder of photos for what would spoil a model.
///
/// ```swift
/// let inspection = try await Inspector().inspect(URL(fileURLWithPath: "cats_and_dogs"))
/// for leak in inspection.leaks { print(leak.paths) }  // ["test/dogs/dog.180.jpg", "train/dogs/dog.74.jpg"]
/// ```
/// Photos count as the same when their bytes are equal or when they are one picture: encoded again, resized (not necessarily in
/// proportion), mirrored, turned by a quarter or a half, cropped by a twentieth. They are compared as thumbnails of 32 × 32 pixels:
/// in the large first, then whether anything in them is different, however small. What is
/// compared in the large is found whatever the number of photos: no pair is missed that comparing each with each would find.
public struct Inspector: Sendable {
  /// How many photos are read at once.
  public var threads = Processors.available

  /// An inspector that uses every core that the process may use.
  public init() {}

  /// Inspects a folder (a split's root, a folder of class folders, or a flat folder of photos) or the photos that a
  /// table lists.
  ///
  /// - Parameters:
  ///   - data: The folder, or a CSV file (``WhiskerDatasets/PhotoTable``).
  ///   - pattern: Which photos belong together by their paths; nil for what is found by itself.
  ///   - progress: Called with the photos read and their number after each, on one of Whisker's threads.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingFolder`, `notAFolder`, `cannotRead`, `emptyFolder`, `invalidSetting`; for
  ///   a table those of ``WhiskerDatasets/PhotoTable``; `CancellationError` if the task was cancelled.
  public func inspect(
    _ data: URL, groupedBy pattern: GroupPattern? = nil,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> Inspection {
    try checkThreads()
    let source = try InspectionSource(data)
    let paths = source.photos.map(\.path)
    let rule = try pattern?.groups(of: paths)
    let results = try await examine(source.photos.map { source.url(of: $0) }, progress)
    var readable: [(photo: InspectedPhoto, examination: PhotoExamination)] = []
    var unreadable = source.unreadable
    for (photo, result) in zip(source.photos, results) {
      switch result {
      case .success(let examination): readable.append((photo, examination))
      case .failure(let error):
        unreadable.append(
          UnreadablePhoto(
            path: photo.path, reason: error.message,
            isOutOfReach: error.code == .cannotRead || error.code == .missingFile, line: photo.line))
      }
    }
    unreadable = unreadable.inOrder
    let search = DuplicateSearch(
      photos: readable.map { ($0.photo, $0.examination.thumbnail) },
      exact: ExactDuplicates.groups(of: readable.map { source.url(of: $0.photo).path }))
    let groups = try search.groups(at: { source.url(of: $0).path })
    var series = SeriesSearch(
      readable.map { photo, examination in
        SeriesSearch.Shot(
          path: source.pathInPart(of: photo), thumbnail: examination.thumbnail, moment: examination.moment)
      })
    let pairs = try series.pairs().map { [readable[$0.0].photo.path, readable[$0.1].photo.path] }
    let together = PhotoGrouping(
      PhotoGroups(
        groups.map(\.paths) + pairs + (source.groups?.groups ?? []) + (rule?.groups ?? [])),
      unmatched: pattern?.unmatched(paths) ?? [])
    return Self.inspection(of: source, readable, unreadable, groups, together)
  }

  func checkThreads() throws(WhiskerError) {
    guard threads > 0 else {
      throw WhiskerError(.invalidSetting, "threads", expected: "at least 1 thread", got: "\(threads)")
    }
  }

  /// Reads photos, in order.
  func examine(
    _ files: [URL], _ progress: @escaping @Sendable (Int, Int) -> Void
  ) async throws -> [Result<PhotoExamination, WhiskerError>] {
    typealias Outcome = Result<PhotoExamination, WhiskerError>
    let count = files.count
    let state = Mutex((done: 0, outcomes: [Outcome?](repeating: nil, count: count)))
    try await ParallelWork(threads: threads).forEach(count, context: { try? JPEGDecompressor() }) {
      index, decompressor in
      let file = files[index]
      let outcome = Outcome { () throws(WhiskerError) in
        try PhotoExaminer.examine(file, reusing: decompressor)
      }
      state.withLock { state in
        state.outcomes[index] = outcome
        state.done += 1
        progress(state.done, count)
      }
    }
    return state.withLock { $0.outcomes.compactMap(\.self) }
  }

  private static func inspection(
    of source: InspectionSource, _ readable: [(photo: InspectedPhoto, examination: PhotoExamination)],
    _ unreadable: [UnreadablePhoto], _ duplicates: [DuplicateGroup], _ together: PhotoGrouping
  ) -> Inspection {
    let counts = readable.reduce(into: [InspectedClass: Int]()) { counts, found in
      counts[InspectedClass(split: found.photo.split, name: found.photo.className), default: 0] += 1
    }
    let sized = readable.map { photo, examination in
      Inspection.SizedPhoto(
        path: photo.path, height: examination.header.height, width: examination.header.width)
    }
    return Inspection(
      root: source.root,
      parts: source.parts.map { split in
        Inspection.Part(
          split: split,
          classes: source.classes.filter { $0.split == split }.map {
            ClassCount(name: $0.name, count: counts[$0, default: 0])
          })
      },
      passedOver: source.passedOver, skipped: source.skipped.adding(unreadable), respelled: source.respelled,
      unreadable: unreadable, duplicates: duplicates, together: together.groups,
      unmatched: together.unmatched,
      constant: readable.filter(\.examination.isConstant).map(\.photo.path),
      tiny: sized.filter { min($0.height, $0.width) < Inspection.tinySide },
      placeholders: Placeholders.among(readable.map { ($0.photo.path, $0.examination.header.format) }),
      formats: readable.reduce(into: [:]) { $0[$1.examination.header.format, default: 0] += 1 },
      sizes: SizeHistogram(sized.map { [$0.height, $0.width] }), photos: source.photos)
  }
}
