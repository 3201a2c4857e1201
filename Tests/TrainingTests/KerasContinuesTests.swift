import Foundation
import Testing
import WhiskerDatasets
import WhiskerFormats
import WhiskerImages
import WhiskerLayers
import WhiskerRuns
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Models that Keras trained for three epochs, and the losses of three more (`Tools/reference/keras_continues.py`).
@Suite struct KerasContinuesTests {
  /// What Keras computed.
  struct Fixture: Decodable {
    /// One file and the loss and validation loss of each epoch after it.
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
      let file: String
      let classes: Int
      let losses: [[Double]]

      var testDescription: String { file }
      var url: URL { KerasFixtures.url("keras-continues/\(file)") }
    }

    let side: Int
    let photosPerClass: Int
    let stepsPerEpoch: Int
    let cases: [Case]
  }

  private static func fixture(_ name: String) throws -> Fixture {
    try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: KerasFixtures.url(name)))
  }

  static let fixtures = ["keras-continues.json", "keras-continues-legacy.json"]
  static let all = fixtures.flatMap { (try? fixture($0))?.cases ?? [] }

  @Test func `There are files of both Kerases, in both formats`() {
    #expect(
      Set(Self.all.map { "\($0.file.prefix(1))\($0.url.pathExtension)" }) == [
        "3keras", "3h5", "2keras", "2h5",
      ])
  }

  @Test(arguments: all)
  func `Training goes on with the losses that Keras would have had`(_ file: Fixture.Case) async throws {
    try await withTemporaryFolder { folder in
      let fixture = try Self.fixture(Self.fixtures[0])
      try writePhotos(to: folder.appendingPathComponent("data"), fixture, classes: file.classes)
      let found = try await losses(from: file.url, in: folder, fixture, classes: file.classes)
      #expect(found.count == file.losses.count)
      for (found, expected) in zip(found.joined(), file.losses.joined()) {
        #expect(abs(found - expected) < 1e-3, "expected \(expected), got \(found)")
      }
      // Without the optimizer's state they would be others.
      var stored = try StoredModel(contentsOf: file.url)
      #expect(stored.state.optimizerStep == 12)
      stored.state = TrainingState(weights: stored.state.weights)
      let bare = folder.appendingPathComponent("bare.keras")
      try stored.write(to: bare)
      let anew = try await losses(from: bare, in: folder, fixture, classes: file.classes)
      #expect(zip(anew.joined(), file.losses.joined()).contains { abs($0 - $1) > 3e-3 })
    }
  }

  /// Photos of noise that is a little stronger in the channel of their class.
  private func writePhotos(to folder: URL, _ fixture: Fixture, classes: Int) throws {
    let side = fixture.side
    for part in ["train", "validation"] {
      for label in 0..<classes {
        let place = folder.appendingPathComponent("\(part)/\(["a", "b", "c"][label])")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        for index in 0..<fixture.photosPerClass {
          let noise = Formula.integers(
            "continues/\(part)/\(label)/\(index)", count: side * side * 3, below: 200)
          let pixels = noise.enumerated().map { UInt8($1 + ($0 % 3 == label ? 36 : 0)) }
          try Photo(height: side, width: side, channels: 3, pixels: pixels)
            .write(to: place.appendingPathComponent("\(index).png"))
        }
      }
    }
  }

  /// Losses and validation losses of three epochs, whose steps all see every photo.
  private func losses(
    from model: URL, in folder: URL, _ fixture: Fixture, classes: Int
  ) async throws -> [[Double]] {
    let recipe = try Recipe(
      yaml: """
        name: continues
        from: {model: \(model.path)}
        optimizer: {sgd: {learning_rate: 0.5}}
        training:
          batch_size: \(classes * fixture.photosPerClass)
          steps_per_epoch: \(fixture.stepsPerEpoch)
          epochs: 3
        """, source: "continues")
    let output = folder.appendingPathComponent("run-\(model.lastPathComponent)")
    var run = TrainingRun(data: folder.appendingPathComponent("data"), recipe: recipe, output: output)
    run.loading.loaderThreads = 1
    run.start = TrainingStart(stating: ModelStatement(rescale: 1 / 255, interpolation: .nearest))
    _ = try await run.run(on: EngineKind.oneDNN.make()) { _ in }
    let rows = try String(contentsOf: output.appendingPathComponent("history.csv"), encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    let columns = try ["loss", "val_loss"].map { try #require(rows[0].firstIndex(of: $0)) }
    return try rows.dropFirst().map { row in try columns.map { try #require(Double(row[$0])) } }
  }
}
