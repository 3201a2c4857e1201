import Foundation
import Testing
import WhiskerDatasets
import WhiskerFormats
import WhiskerImages
import WhiskerLayers
import WhiskerRuns
import WhiskerSketches
import WhiskerTraining
import _TestSupport

/// That TensorBoard shows it is checked by `Tools/reference/tensorboard_check.py`.
@Suite struct TensorBoardSinkTests {
  /// What a board shows of one tag at one step.
  struct Point: Hashable {
    let tag: String
    let step: Int64
    let value: TensorBoardSummaryValue
  }

  /// What a board shows of a folder: a session that starts voids earlier records of its step and later ones.
  private func points(_ folder: URL) throws -> [Point] {
    var points: [Point] = []
    for url in TensorBoardLog.files(in: folder) {
      for event in try TensorBoardLog.events(contentsOf: url) {
        if event.sessionLog.status == .start { points.removeAll { $0.step >= event.step } }
        points += event.summary.value.map { Point(tag: $0.tag, step: event.step, value: $0) }
      }
    }
    return points
  }

  /// Fails in the middle of training, without time for a checkpoint.
  private final class Fault: RunSink, Error {
    func receive(_ event: TrainingRun.Event, model: Model) throws {
      if case .training(.stepEnded(let progress)) = event, progress.epoch == 2, progress.step == 3 {
        throw self
      }
    }
  }

  private func run(_ root: URL, _ output: String) throws -> TrainingRun {
    let recipe = try Recipe(
      yaml: """
        name: tiny
        image: {height: 16, width: 20}
        network: [Conv2D: {filters: 4, kernel_size: 3}, BatchNormalization: {}, Flatten, Output]
        optimizer: {rmsprop: {learning_rate: 0.001}}
        training: {batch_size: 4, steps_per_epoch: 5, epochs: 2}
        """, source: "tiny")
    var run = TrainingRun(
      data: root.appendingPathComponent("data"), recipe: recipe, output: root.appendingPathComponent(output))
    run.checkpointSteps = 2
    run.sinks.append { folder in try TensorBoardSink(folder: folder, every: 1) }
    return run
  }

  private func writePhotos(_ root: URL) throws {
    let generator = try SketchGenerator(seed: 0, size: 24)
    for (number, split) in ["train", "validation"].enumerated() {
      for animal in Animal.allCases {
        let place = root.appendingPathComponent("data/\(split)/\(animal)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        for index in 0..<3 {
          try generator.sketch(of: animal, index: number * 10 + index)
            .write(to: place.appendingPathComponent("\(index).png"))
        }
      }
    }
  }

  @Test func `A board shows curves, weights and photos`() async throws {
    try await withTemporaryFolder { root in
      try writePhotos(root)
      let run = try run(root, "run")
      let outcome = try await run.run(on: EngineKind.oneDNN.make()) { _ in }
      let points = try points(run.output)
      func curve(_ tag: String) -> [Point] { points.filter { $0.tag == tag } }
      for key in History.keys {
        #expect(curve("epoch/\(key)").map(\.step) == [5, 10])
        #expect(curve("epoch/\(key)").map(\.value.simpleValue) == outcome.history[key].map { Float($0) })
      }
      #expect(curve("step/loss").map(\.step) == Array(1...10))
      #expect(curve("step/loss")[4].value.simpleValue == Float(outcome.history["loss"][0]))
      #expect(curve("conv2d/kernel").map(\.value.histo.num) == [108, 108])
      #expect(curve("batch_normalization/moving_variance").map(\.step) == [5, 10])
      #expect(curve("photos/1").count == 1 && curve("photos/4").count == 1)
      let picture = try #require(curve("photos/1").first).value.image
      #expect(picture.height == 16 && picture.width == 20)
      let file = root.appendingPathComponent("photo.png")
      try picture.encodedImageString.write(to: file)
      #expect(try Photo(contentsOf: file).width == 20)
    }
  }

  @Test func `A run that goes on shows every step once, as one that was never broken off`() async throws {
    try await withTemporaryFolder { root in
      try writePhotos(root)
      let whole = try run(root, "whole")
      _ = try await whole.run(on: EngineKind.oneDNN.make()) { _ in }
      var broken = try run(root, "broken")
      let sinks = broken.sinks
      broken.sinks.append { _ in Fault() }
      await #expect(throws: Fault.self) { try await broken.run(on: EngineKind.oneDNN.make()) { _ in } }
      #expect(try points(broken.output).last?.step == 8)
      broken.sinks = sinks
      broken.existing = .resume
      _ = try await broken.run(on: EngineKind.oneDNN.make()) { _ in }
      #expect(TensorBoardLog.files(in: broken.output).count == 2)
      #expect(try points(broken.output) == points(whole.output))

      broken.existing = .overwrite
      _ = try await broken.run(on: EngineKind.oneDNN.make()) { _ in }
      #expect(TensorBoardLog.files(in: broken.output).count == 1)
    }
  }
}
