import Foundation
import WhiskerDatasets
import WhiskerFormats
import WhiskerGraph
import WhiskerImages
import WhiskerLayers
import WhiskerRuns
import WhiskerTraining
import _TestSupport

/// Small data and a small network, so that a whole run takes a moment.
enum TinyData {
  /// A recipe for photos of 32 × 32: 2 layers with weights, 2 epochs of 3 steps of 5.
  static let recipe = """
    name: tiny
    image: {height: 32, width: 32}
    network:
      - Conv2D: {filters: 4, kernel_size: 3, activation: relu}
      - MaxPooling2D
      - Flatten
      - Dropout: {rate: 0.2}
      - Output
    optimizer: {rmsprop: {learning_rate: 0.001}}
    training: {batch_size: 5, steps_per_epoch: 3, epochs: 2}
    """

  /// Writes `tiny.yaml` and `data/` with train, validation and test into a folder.
  static func write(
    into folder: URL, classes: [String] = ["cats", "dogs"],
    counts: [String: Int] = ["train": 8, "validation": 4, "test": 6]
  ) throws {
    try recipe.write(to: folder.below("tiny.yaml"), atomically: true, encoding: .utf8)
    for (split, count) in counts {
      for (number, name) in classes.enumerated() {
        let photos = folder.below("data/\(split)/\(name)")
        try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
        for index in 0..<count {
          try photo(of: number, index: index + 100 * split.count).write(
            to: photos.below("photo.\(index).jpg"))
        }
      }
    }
  }

  /// A picture of noise in a colour of the class's own.
  static func photo(of number: Int, index: Int, size: Int = 36) -> Photo {
    let pixels = (0..<size * size * 3).map { place in
      let noise = (place &* 7919 &+ index &* 104_729 &+ place / 3 &* 31) % 97
      return UInt8(place % 3 == number % 3 ? 120 + noise : 40 + noise)
    }
    return Photo(height: size, width: size, channels: 3, pixels: pixels)
  }

  /// Writes a model of the tiny recipe with its first weights.
  static func writeModel(to file: URL, classes: [String] = ["cats", "dogs"]) async throws {
    let recipe = try Recipe(yaml: recipe, source: "tiny")
    try await SavedModel(
      model: try recipe.model(classes: classes.count, seed: 1), preparation: recipe.image,
      classNames: classes,
      loss: recipe.loss(classes: classes.count)
    ).write(to: file)
  }

  /// Writes a model as another program would: without a word on photos and classes.
  static func writeForeignModel(to file: URL) async throws {
    let model = try Recipe(yaml: recipe, source: "tiny").model(classes: 2, seed: 1)
    try await StoredModel(network: model.network(), state: model.state()).write(to: file)
  }
}

extension URL {
  /// The file or folder at a path below this folder.
  func below(_ path: String) -> URL { URL(fileURLWithPath: "\(self.path)/\(path)") }

  /// Whether there is anything.
  var exists: Bool { FileManager.default.fileExists(atPath: path) }

  /// The names of what lies directly in this folder, the files that hold output left out.
  var names: [String] {
    ((try? fileNames) ?? []).filter { !$0.hasPrefix(".output-") && !$0.hasPrefix(".errors-") }
  }

  /// The bytes of this file.
  var bytes: Data { get throws { try Data(contentsOf: self) } }
}

/// Runs a test in a temporary folder with tiny data in it.
func withTinyData(_ body: (URL) async throws -> Void) async throws {
  try await withTemporaryFolder { folder in
    try TinyData.write(into: folder)
    try await body(folder)
  }
}
