import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Several models as one: the mean of their probabilities.
@Suite("Several models as one")
struct EnsembleTests {
  private static let small = PhotoPreparation(height: 8, width: 8)
  private static let wide = PhotoPreparation(height: 6, width: 10, interpolation: .bilinear)

  /// A convnet with its first weights; one sigmoid of the second class, or a softmax.
  private func member(
    _ name: String, _ preparation: PhotoPreparation = Self.small, outputs: Int = 1, seed: UInt64 = 1,
    classes: [String] = ["dark", "light"], loss: Loss? = nil
  ) -> ModelEnsemble.Member {
    let model = Sequential(input: preparation.sampleShape, seed: seed) {
      Conv2D(4, kernel: 3, activation: .relu, kernelRegularizer: .l2(0.1))
      Flatten()
      Dense(outputs, activation: outputs == 1 ? .sigmoid : .softmax)
    }
    return .init(
      name,
      SavedModel(
        model: model, preparation: preparation, classNames: classes,
        loss: loss ?? (outputs == 1 ? .binaryCrossentropy : .sparseCategoricalCrossentropy)))
  }

  private func ensemble(_ members: ModelEnsemble.Member...) throws -> ModelEnsemble {
    let ensemble = try ModelEnsemble(members)
    try ensemble.compile { EngineKind.reference.make() }
    return ensemble
  }

  /// Nine photos of two classes and several sizes; the numbers of those that can't be read.
  private func withPhotos(
    unreadable: Set<Int> = [], _ body: (_ folder: PhotoFolder, _ paths: [String]) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      var paths: [String] = []
      for index in 0..<9 {
        let name = index < 5 ? "dark" : "light"
        let file = folder.appendingPathComponent("\(name)/\(index).png")
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        paths.append(file.path)
        guard !unreadable.contains(index) else {
          try Data("no photo".utf8).write(to: file)
          continue
        }
        let (height, width) = (9 + index, 12)
        let levels = Formula.integers("\(index)", count: height * width * 3, below: 200)
        try Photo(height: height, width: width, pixels: levels.map { UInt8($0 + (index < 5 ? 0 : 55)) })
          .write(to: file)
      }
      try await body(try PhotoFolder(scanning: folder), paths)
    }
  }

  private func predictions(
    _ ensemble: ModelEnsemble, _ paths: [String], batchSize: Int = 4, threads: Int = 2,
    augmentation: TestTimeAugmentation? = nil
  ) async throws -> [Result<PhotoPrediction, WhiskerError>] {
    var results: [Result<PhotoPrediction, WhiskerError>] = []
    try await ensemble.predict(
      photos: paths, batchSize: batchSize, threads: threads, augmentation: augmentation
    ) { results.append($0) }
    return results
  }

  @Test(
    "Probabilities are the means of the models', whatever their sizes and outputs",
    arguments: [nil, .flip, .crops] as [TestTimeAugmentation?])
  func means(augmentation: TestTimeAugmentation?) async throws {
    try await withPhotos { _, paths in
      let members = [member("a"), member("b", Self.wide, outputs: 2, seed: 2), member("c", seed: 3)]
      var each: [[[Float]]] = []
      for member in members {
        each.append(
          try await predictions(try ensemble(member), paths, augmentation: augmentation)
            .map { try $0.get().probabilities })
      }
      let all = try await predictions(
        try ensemble(members[0], members[1], members[2]), paths, augmentation: augmentation)
      #expect(all.count == 9)
      for (index, result) in all.enumerated() {
        let prediction = try result.get()
        #expect(prediction.file == paths[index] && prediction.probabilities.count == 2)
        for label in 0..<2 {
          let mean = (each[0][index][label] + each[1][index][label] + each[2][index][label]) / 3
          #expect(abs(prediction.probabilities[label] - mean) < 1e-6)
        }
        #expect(prediction.label == (prediction.probabilities[1] > 0.5 ? "light" : "dark"))
        #expect(prediction.probability == prediction.probabilities.max())
      }
      #expect(each[0] != each[2])
    }
  }

  @Test("The figures are those of the averaged probabilities, and each model's own are its own")
  func figures() async throws {
    try await withPhotos { folder, paths in
      let mixed = [member("a"), member("b", Self.wide, outputs: 2, seed: 2), member("c", seed: 3)]
      let softmax = [
        member("a", outputs: 2, seed: 1), member("b", Self.wide, outputs: 2, seed: 2),
      ]
      let sigmoids = [member("a"), member("b", Self.wide, seed: 5), member("c", seed: 3)]
      for (members, outputs) in [(mixed, 2), (softmax, 2), (sigmoids, 1)] {
        let all = try ModelEnsemble(members)
        try all.compile { EngineKind.reference.make() }
        let measured = try await all.measure(folder, batchSize: 4)
        let probabilities = try await predictions(all, paths).map { try $0.get().probabilities }
        let labels = (0..<9).map { $0 < 5 ? 0 : 1 }
        #expect(measured.evaluation.labels == labels && measured.evaluation.count == 9)
        let found = measured.evaluation.predictions
        let columns = found.shape[1]
        #expect(columns == outputs)
        for index in 0..<9 {
          #expect(abs(found.values[index * columns + columns - 1] - probabilities[index][1]) < 1e-6)
        }
        // The cross-entropy of what is predicted, without the penalties that the networks have.
        let losses: [Double] = zip(probabilities, labels).map { -log(Double($0[$1])) }
        let loss = losses.reduce(0, +) / 9
        #expect(abs(measured.evaluation.loss - loss) < 1e-6)
        let right = zip(probabilities, labels).count { ($0[1] > 0.5 ? 1 : 0) == $1 }
        #expect(measured.evaluation.accuracy == Double(right) / 9)
        #expect(measured.evaluation.classes.map(\.name) == ["dark", "light"])
        #expect(measured.members.count == members.count)
        for (member, own) in zip(members, measured.members) {
          let alone = try await member.saved.measure(folder, batchSize: 4)
          #expect(own.accuracy == alone.evaluation.accuracy && own.labels == labels)
          #expect(own.loss < alone.evaluation.loss, "a penalty is above 0")
          #expect(alone.members.isEmpty)
        }
      }
    }
  }

  @Test("One model is as the model itself measures, penalties included")
  func one() async throws {
    try await withPhotos(unreadable: [2]) { folder, _ in
      for outputs in [1, 2] {
        let alone = try ensemble(member("a", outputs: outputs))
        let saved = alone.members[0].saved
        for augmentation in [nil, TestTimeAugmentation.flip] {
          let measured = try await alone.measure(folder, batchSize: 3, augmentation: augmentation)
          let data = try await saved.photos(in: folder.root, batchSize: 3)
          let expected = try await saved.model.evaluate(data, augmentation: augmentation)
          #expect(measured.evaluation == expected)
        }
      }
    }
  }

  @Test(
    "Photos that can't be read are reported once and in order, however many models and threads",
    arguments: [1, 4, 20], [0, 1, 5])
  func unreadable(batchSize: Int, threads: Int) async throws {
    try await withPhotos(unreadable: [0, 3, 8]) { folder, paths in
      let two = try ensemble(member("a"), member("b", Self.wide, seed: 2))
      let results = try await predictions(two, paths, batchSize: batchSize, threads: threads)
      #expect(results.count == 9)
      for (index, result) in results.enumerated() {
        switch result {
        case .success(let prediction): #expect(prediction.file == paths[index])
        case .failure(let error): #expect(error.place == paths[index] && [0, 3, 8].contains(index))
        }
      }
      #expect(results.count { (try? $0.get()) == nil } == 3)
      let measured = try await two.measure(folder, batchSize: batchSize, threads: threads)
      #expect(measured.unreadable.count == 3 && measured.photos.count == 6)
      #expect(measured.evaluation.labels == [0, 0, 0, 1, 1, 1])
      let readable = results.compactMap { try? $0.get().probabilities[1] }
      for (found, expected) in zip(measured.evaluation.predictions.values, readable) {
        #expect(abs(found - expected) < 1e-6)
      }
      await #expect(throws: WhiskerError.self) { _ = try await two.measure(folder, isStrict: true) }
    }
  }

  @Test("Models of other classes, or in another order, are refused by name")
  func classes() throws {
    for other in [["light", "dark"], ["dark", "bright"], ["a", "b", "c"]] {
      let error = #expect(throws: WhiskerError.self) {
        _ = try ModelEnsemble([
          member("first"), member("second", outputs: other.count == 2 ? 1 : 3, classes: other),
        ])
      }
      #expect(error?.code == .classMismatch && error?.place == "second")
      #expect(error?.expected == "the classes of first, \"dark\", \"light\"")
      #expect(error?.got == other.map { "\"\($0)\"" }.joined(separator: ", "))
    }
    #expect(throws: WhiskerError.self) { _ = try ModelEnsemble([]) }
  }

  @Test("Sample weights count in the loss of an average, as in a model's own")
  func weighted() async throws {
    try await withPhotos { folder, paths in
      let weights: [Float] = [1, 2, 0, 0.5, 3, 1, 1, 0, 2]
      let photos = zip(folder.photos, weights).map {
        LabeledPhoto(path: $0.path, classIndex: $0.classIndex, weight: $1)
      }
      let listed = PhotoFolder(
        root: folder.root, classNames: folder.classNames, photos: photos, unreadable: [])
      let two = try ensemble(member("a"), member("b", seed: 2))
      let probabilities = try await predictions(two, paths).map { try $0.get().probabilities }
      let losses: [Double] = (0..<9).map { index in
        -Double(weights[index]) * log(Double(probabilities[index][index < 5 ? 0 : 1]))
      }
      let loss = losses.reduce(0, +)
      let measured = try await two.measure(listed)
      #expect(abs(measured.evaluation.loss - loss / 9) < 1e-6)
    }
  }
}
