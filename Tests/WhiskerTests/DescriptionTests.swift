import Foundation
import Testing
import Whisker
import WhiskerInspection
import WhiskerRuns
import WhiskerSystem
import WhiskerTraining
import _TestSupport

/// Values with very many numbers print on one line.
@Suite struct DescriptionTests {
  private let tensor = Tensor(shape: [100, 10], values: (0..<1000).map { Float($0) / 8 })

  /// Values that hold thousands of others.
  private func largeValues() async throws -> [any ShortDescription] {
    let names = (0..<1000).map { "class \($0)" }
    let model = Sequential(input: [20, 20, 3]) {
      for _ in 0..<6 { Conv2D(8, kernel: 3, padding: .same, activation: .relu) }
      Flatten()
      Dense(1000, activation: .softmax)
    }
    var progress = TrainingProgress(seed: 1, stepsPerEpoch: 5, batchSize: 2, sampleCount: 9, firstStep: 0)
    for epoch in 1...300 {
      progress.endEpoch(
        .init(loss: 1 / Double(epoch), accuracy: 0.5, validation: .init(loss: 1, accuracy: 0.5)))
    }
    var checkpoint = Checkpoint(state: try await model.state(), progress: progress)
    checkpoint.notes["run"] = String(repeating: "x", count: 10_000)
    checkpoint.bestWeights = try await model.weights()
    let labels = (0..<1000).map { $0 % 10 }
    let samples = try ClassifiedSamples(
      labels: Array(labels.prefix(100)), outputs: tensor)
    let evaluation = try await evaluation(classNames: (0..<200).map { "class \($0)" })
    var graph = Graph()
    var value = try graph.input("x", [4])
    for _ in 0..<500 { value = try graph.append(.scale(2), value) }
    graph.output("y", value)
    return [
      tensor, Photo(height: 100, width: 100, channels: 3, pixels: Array(repeating: 7, count: 30_000)),
      Batch(images: tensor, labels: Tensor(shape: [100]), indices: Array(0..<100)),
      try ArrayDataset(images: tensor, labels: Tensor(shape: [100]), batchSize: 10),
      HeatMap(height: 100, width: 100, values: Array(repeating: 0.5, count: 10_000)), try await model.state(),
      try model.network(), progress.history, progress, checkpoint, evaluation, samples,
      try #require(ROCCurve(samples, of: 1)), ConfusionMatrix(samples), graph,
      HDF5Value(shape: [1000], elements: .floats(Array(repeating: 0.1, count: 1000))),
      HDF5Value(String(repeating: "{}", count: 50_000)), HDF5Dataset(tensor),
      StoredModel(
        network: try model.network(), state: try await model.state(), metadata: ["a": "b"]),
      SavedModel(
        model: model, preparation: PhotoPreparation(height: 20, width: 20), classNames: names,
        loss: .sparseCategoricalCrossentropy),
    ]
  }

  /// One of two samples a class.
  private func evaluation(classNames: [String]) async throws -> Evaluation {
    let count = classNames.count
    let model = Sequential(input: [4]) { Dense(count, activation: .softmax) }
    try model.compile(loss: .sparseCategoricalCrossentropy, engine: OneDNNEngine(.init(threads: 1)))
    return try await model.evaluate(
      ArrayDataset(
        images: Tensor(shape: [2 * count, 4], repeating: 1),
        labels: Tensor(shape: [2 * count], values: (0..<2 * count).map { Float($0 / 2) }), batchSize: 8,
        classNames: classNames))
  }

  @Test func largeValuesPrintInALine() async throws {
    for value in try await largeValues() {
      let name = "\(type(of: value))"
      #expect(value.description.hasPrefix("\(name)("), "\(value)")
      #expect(value.description.count < 1000 && !value.description.contains("\n"), "\(name)")
      #expect("\(value)" == value.description)
      #expect(String(reflecting: value) == value.description)
      #expect("\([value])".count < 1100, "\(name)")
      var dumped = ""
      dump(value, to: &dumped)
      #expect(dumped.count < 1100, "\(name)")
    }
  }

  @Test func theShapeAndTheOutermostValuesAreShown() async throws {
    let few = Tensor(shape: [2, 2], values: [1, 2, 3, 4])
    #expect("\(few)" == "Tensor(shape: (2, 2), values: [1.0, 2.0, 3.0, 4.0])")
    #expect(
      "\(tensor)"
        == "Tensor(shape: (100, 10), values: [0.0, 0.125, 0.25, …, 124.625, 124.75, 124.875])")
    #expect("\(Tensor(2))" == "Tensor(shape: (), values: [2.0])")
    #expect(
      "\(Photo(height: 1, width: 2, channels: 3, pixels: [1, 2, 3, 4, 5, 6]))"
        == "Photo(height: 1, width: 2, channels: 3, pixels: [1, 2, 3, 4, 5, 6])")
    #expect("\(History())" == "History(no epochs)")
    let evaluation = try await evaluation(classNames: ["cat", "dog"])
    let right = evaluation.classes.map(\.correct)
    #expect(
      "\(evaluation)" == "Evaluation(loss: \(evaluation.loss), accuracy: 0.5, count: 4, "
        + "classes: [cat: \(right[0]) of 2, dog: \(right[1]) of 2])")
  }

  /// Photos of a folder by the thousand, too.
  @Test func foldersPrintInALine() async throws {
    try await withTemporaryFolder { folder in
      for name in ["cats", "dogs"] {
        let place = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        for number in 0..<200 {
          try Data().write(to: place.appendingPathComponent("a photo of a name that is long \(number).jpg"))
        }
      }
      let photos = try PhotoFolder(scanning: folder)
      let values: [any ShortDescription] = [
        photos, try PhotoList([folder.path]),
        try SplitPlan(of: SplitSource(scanning: folder), SplitSettings(train: .count(150))),
      ]
      for value in values {
        #expect(value.description.hasPrefix("\(type(of: value))("))
        #expect(value.description.count < 800, "\(value)")
      }
      #expect("\(photos)".contains("0 unreadable, classes: [cats, dogs]"))
    }
  }
}
