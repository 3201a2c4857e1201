import Foundation
import Whisker

/// Sketches as the benchmarks' data, so that they need no photos.
enum BenchSketches {
  /// How many of them differ: drawing more would take longer than measuring.
  private static let drawnCount = 128

  /// This many sketches with their labels, cats and dogs alternating.
  static func photos(count: Int) throws -> (photos: [Photo], labels: [Int]) {
    let generator = try SketchGenerator(seed: 0)
    let drawn = try (0..<min(count, drawnCount)).map { index in
      try Task.checkCancellation()
      return try generator.sketch(of: Animal.allCases[index % 2], index: index / 2)
    }
    return ((0..<count).map { drawn[$0 % drawnCount] }, (0..<count).map { $0 % 2 })
  }

  /// This many sketches as inputs of a network.
  static func dataset(count: Int, _ preparation: PhotoPreparation, batchSize: Int) throws -> ArrayDataset {
    let size = preparation.sampleShape.count
    if let shortage = SystemMemory().shortage(of: count * size * MemoryLayout<Float>.stride) {
      throw WhiskerError(
        .invalidSetting, "--batch-size", expected: "a smaller one, or smaller photos",
        got: "\(batchSize): the data for it \(shortage)")
    }
    let (photos, labels) = try photos(count: min(count, drawnCount))
    let prepared = photos.map { preparation.prepare($0).values }
    var values: [Float] = []
    values.reserveCapacity(count * size)
    for index in 0..<count { values += prepared[index % prepared.count] }
    return try ArrayDataset(
      images: Tensor(shape: preparation.sampleShape.batched(count), values: values),
      labels: Tensor(shape: [count], values: (0..<count).map { Float(labels[$0 % labels.count]) }),
      batchSize: batchSize)
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
