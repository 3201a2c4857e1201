public import Foundation
public import WhiskerDatasets
import WhiskerSystem

extension Inspector {
  /// Finds photos that belong together: near duplicates (``inspect(_:progress:)``), and series (shots of one camera within three
  /// seconds of each other, and files with running numbers whose pictures are close).
  ///
  /// Photos that can't be read are in no group.
  ///
  /// - Parameters:
  ///   - paths: The photos, below the folder, or absolute.
  ///   - root: The folder.
  ///   - progress: Called with the photos read and their number after each, on one of Whisker's threads.
  /// - Returns: The groups, with the paths as they were given.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`; `CancellationError` if the task was cancelled.
  public func groups(
    of paths: [String], in root: URL,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> PhotoGroups {
    try checkThreads()
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
    return PhotoGroups(duplicates + pairs)
  }

  /// Finds the training photos of data that belong together, by their looks and by rules: a table's column `group`, and a pattern.
  ///
  /// - Parameters:
  ///   - data: The folder or table, as ``WhiskerDatasets/DataFolder`` takes it.
  ///   - pattern: What the paths below the folder of the training photos say; nil for nothing.
  ///   - progress: Called with the photos read and their number.
  /// - Throws: ``WhiskerSystem/WhiskerError``: those of ``WhiskerDatasets/DataFolder``; `invalidSetting` for a pattern that no photo matches;
  ///   `CancellationError`.
  public func groups(
    forTraining data: URL, by pattern: GroupPattern? = nil,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> PhotoGroups {
    let photos = try DataFolder(forTraining: data).train
    let paths = photos.photos.map(\.path)
    // The rules first, so that a refusal doesn't wait.
    var rules = try pattern?.groups(of: paths) ?? PhotoGroups([])
    if PhotoTable.isTable(data.path), let named = try PhotoTable(contentsOf: data).groups {
      rules = rules.merging(named)
    }
    let found = try await groups(of: paths, in: photos.root, progress: progress).merging(rules)
    // A table's column also names photos of other parts.
    let numbers = found.numbers(of: paths)
    let members = zip(paths, numbers).reduce(into: [Int: [String]]()) { members, photo in
      if let number = photo.1 { members[number, default: []].append(photo.0) }
    }
    return PhotoGroups(members.values)
  }
}
