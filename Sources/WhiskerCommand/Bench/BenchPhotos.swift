import Foundation
import Whisker

/// Photos of a folder as the benchmarks' data.
enum BenchPhotos {
  /// The training photos that a recipe gets from a folder with one folder of photos per class.
  static func dataset(
    _ path: String, _ recipe: Recipe, batchSize: Int, loading: PhotoDataset.Loading = .init()
  ) async throws -> PhotoDataset {
    let folder = try PhotoFolder(scanning: URL(fileURLWithPath: path, isDirectory: true))
    return try await PhotoDataset(
      folder, preparation: recipe.image, batchSize: batchSize,
      classMode: recipe.classMode(classes: folder.classNames.count), augmentation: recipe.augmentation,
      loading: loading)
  }
}
