import Foundation
import Whisker

/// Sketches as the benchmarks' data, so that they need no photos.
enum BenchSketches {
  /// So many sketches as inputs of a network with their labels, cats and dogs in turn.
  static func dataset(count: Int, _ preparation: PhotoPreparation, batchSize: Int) throws -> ArrayDataset {
    let generator = try SketchGenerator(seed: 0)
    var values: [Float] = []
    values.reserveCapacity(count * preparation.sampleShape.count)
    for index in 0..<count {
      try Task.checkCancellation()
      let animal = Animal.allCases[index % 2]
      values += preparation.prepare(try generator.sketch(of: animal, index: index / 2)).values
    }
    return try ArrayDataset(
      images: Tensor(shape: preparation.sampleShape.batched(count), values: values),
      labels: Tensor(shape: [count], values: (0..<count).map { Float($0 % 2) }), batchSize: batchSize)
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
