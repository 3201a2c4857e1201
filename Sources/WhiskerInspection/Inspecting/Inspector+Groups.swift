public import Foundation
public import WhiskerDatasets
import WhiskerSystem

/// The photos of some data that belong together, and what a rule didn't say.
public struct PhotoGrouping: Hashable, Sendable {
  /// The groups.
  public let groups: PhotoGroups
  /// The photos that a pattern doesn't match; empty without one.
  public let unmatched: [String]

  /// Groups, and the photos that a pattern doesn't match.
  public init(_ groups: PhotoGroups, unmatched: [String] = []) {
    self.groups = groups
    self.unmatched = unmatched
  }
}

extension Inspector {
  /// Finds photos that belong together: near duplicates (``inspect(_:groupedBy:progress:)``), series (shots of one camera within
  /// three seconds of each other, and files with running numbers whose pictures are close), and what a pattern says.
  ///
  /// Photos that can't be read are in a group by a pattern only.
  ///
  /// - Parameters:
  ///   - paths: The photos, below the folder, or absolute.
  ///   - root: The folder.
  ///   - pattern: What the paths say; nil for nothing.
  ///   - progress: Called with the photos read and their number after each, on one of Whisker's threads.
  /// - Returns: The groups, with the paths as they were given.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`, such as for a pattern that no photo matches;
  ///   `CancellationError` if the task was cancelled.
  public func grouping(
    of paths: [String], in root: URL, by pattern: GroupPattern? = nil,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> PhotoGrouping {
    try checkThreads()
    // The rule first, so that a refusal doesn't wait.
    let rule = try pattern?.groups(of: paths)
    let files = paths.map { path in
      URL(fileURLWithPath: path.hasPrefix("/") ? path : root.path.appendingPath(path), isDirectory: false)
    }
    let results = try await examine(files, progress)
    let readable = zip(paths.indices, results).compactMap { place, result in
      (try? result.get()).map { (place: place, examination: $0) }
    }
    let search = DuplicateSearch(
      photos: readable.map {
        (InspectedPhoto(path: paths[$0.place], split: nil, className: nil), $0.examination.thumbnail)
      },
      exact: ExactDuplicates.groups(of: readable.map { files[$0.place].path }))
    let duplicates = try search.groups().map(\.paths)
    var series = SeriesSearch(
      readable.map {
        SeriesSearch.Shot(
          path: paths[$0.place], thumbnail: $0.examination.thumbnail, moment: $0.examination.moment)
      })
    let pairs = try series.pairs().map { [paths[readable[$0.0].place], paths[readable[$0.1].place]] }
    return PhotoGrouping(
      PhotoGroups(duplicates + pairs + (rule?.groups ?? [])),
      unmatched: pattern?.unmatched(paths) ?? [])
  }

  /// Finds the training photos of data that belong together, by their looks and by rules: a table's column `group`, and a pattern.
  ///
  /// - Parameters:
  ///   - data: The folder or table, as ``WhiskerDatasets/DataFolder`` takes it.
  ///   - pattern: What the paths below the folder of the training photos say; nil for nothing.
  ///   - progress: Called with the photos read and their number.
  /// - Throws: ``WhiskerSystem/WhiskerError``: those of ``WhiskerDatasets/DataFolder``; `invalidSetting` for a pattern that no photo
  ///   matches; `CancellationError`.
  public func grouping(
    forTraining data: URL, by pattern: GroupPattern? = nil,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> PhotoGrouping {
    let photos = try DataFolder(forTraining: data).train
    let paths = photos.photos.map(\.path)
    let found = try await grouping(of: paths, in: photos.root, by: pattern, progress: progress)
    guard PhotoTable.isTable(data.path), let named = try PhotoTable(contentsOf: data).groups else {
      return found
    }
    // The column also names photos of other parts.
    return PhotoGrouping(found.groups.merging(named).among(paths), unmatched: found.unmatched)
  }
}
