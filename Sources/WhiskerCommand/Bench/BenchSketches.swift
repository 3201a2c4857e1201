import Foundation
import Whisker

/// Sketches as the benchmarks' data, so that they need no photos.
enum BenchSketches {
  /// So many sketches with their labels, cats and dogs in turn.
  static func photos(count: Int) throws -> (photos: [Photo], labels: [Int]) {
    let generator = try SketchGenerator(seed: 0)
    let photos = try (0..<count).map { index in
      try Task.checkCancellation()
      return try generator.sketch(of: Animal.allCases[index % 2], index: index / 2)
    }
    return (photos, photos.indices.map { $0 % 2 })
  }

  /// So many sketches as inputs of a network.
  static func dataset(count: Int, _ preparation: PhotoPreparation, batchSize: Int) throws -> ArrayDataset {
    let (photos, labels) = try photos(count: count)
    var values: [Float] = []
    values.reserveCapacity(count * preparation.sampleShape.count)
    for photo in photos { values += preparation.prepare(photo).values }
    return try ArrayDataset(
      images: Tensor(shape: preparation.sampleShape.batched(count), values: values),
      labels: Tensor(shape: [count], values: labels.map(Float.init)), batchSize: batchSize)
  }

  /// Calls `body` with a folder of sketches that is removed afterwards.
  static func withFolder<Result>(perClass: Int, _ body: (String) async throws -> Result) async throws
    -> Result
  {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("whisker-bench-\(UUID().uuidString)", isDirectory: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await SketchFolder(folder).write(SketchGenerator(seed: 0), perClass: perClass)
    return try await body(folder.path)
  }
}
