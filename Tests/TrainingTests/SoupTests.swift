import Foundation
import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerImages
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// One model of the mean of several models' weights.
@Suite("Averaged weights")
struct SoupTests {
  private static let preparation = PhotoPreparation(height: 1, width: 1, channels: 1, rescale: 1)

  /// A model that calls a photo light above a brightness, the other way round with a negative slope.
  private func threshold(_ name: String, _ brightness: Float, slope: Float = 0.1) throws
    -> ModelEnsemble.Member
  {
    let model = Sequential(input: [1, 1, 1]) {
      Flatten()
      Dense(1, activation: .sigmoid)
    }
    try model.setWeights([
      "dense/kernel": Tensor(shape: [1, 1], values: [slope]),
      "dense/bias": Tensor(shape: [1], values: [-slope * brightness]),
    ])
    return .init(
      name,
      SavedModel(
        model: model, preparation: Self.preparation, classNames: ["dark", "light"], loss: .binaryCrossentropy)
    )
  }

  /// Photos of one brightness each: dark ones below 50, light ones above.
  private func withPhotos(
    side: Int = 1, _ body: (PhotoFolder) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      for (name, levels) in [("dark", [10, 20, 30, 40]), ("light", [60, 70, 80, 90])] {
        let photos = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
        for level in levels {
          let noise = Formula.integers("\(level)", count: side * side * 3, below: side == 1 ? 1 : 40)
          try Photo(height: side, width: side, pixels: noise.map { UInt8($0 + level) }).write(
            to: photos.appendingPathComponent("\(level).png"))
        }
      }
      try await body(try PhotoFolder(scanning: folder))
    }
  }

  private func soup(
    _ members: [ModelEnsemble.Member], _ method: ModelSoup.Method = .greedy, validation: PhotoFolder,
    train: PhotoFolder? = nil
  ) async throws -> ModelSoup.Outcome {
    var soup = try await ModelSoup(members)
    soup.method = method
    return try await soup.run(on: EngineKind.reference.make(), validation: validation, train: train)
  }

  @Test("From the best on, each is added that doesn't lower the accuracy; ties go in the order given")
  func greedy() async throws {
    try await withPhotos { photos in
      let members = [
        try threshold("reversed", 50, slope: -0.5), try threshold("half", 15), try threshold("low", 35),
        try threshold("high", 65),
      ]
      let outcome = try await soup(members, validation: photos)
      #expect(outcome.scores.map(\.name) == ["low", "high", "half", "reversed"])
      #expect(outcome.scores.map(\.accuracy) == [0.875, 0.875, 0.625, 0])
      #expect(outcome.tried.map(\.score.name) == ["high", "half", "reversed"])
      // (35 + 65) / 2 = 50 is right; with 15 it is 38.3; with the reversed one the slope is negative.
      #expect(outcome.tried.map(\.score.accuracy) == [1, 0.875, 0])
      #expect(outcome.tried.map(\.isKept) == [true, false, false])
      #expect(outcome.ingredients == ["low", "high"] && outcome.accuracy == 1 && outcome.gains)
      #expect(outcome.validationCount == 8)
      let weights = try await outcome.saved.model.weights()
      #expect(weights["dense/bias"]?.values == [-5] && weights["dense/kernel"]?.values == [0.1])
      #expect(outcome.saved.classNames == ["dark", "light"])

      let uniform = try await soup(members, .uniform, validation: photos)
      #expect(uniform.ingredients.count == 4 && uniform.tried.count == 1)
      // Reversed at 67.5, which the light one of 60 alone is right with.
      #expect(uniform.accuracy == 0.125 && !uniform.gains)
      let kernel = try #require(try await uniform.saved.model.weights()["dense/kernel"])
      #expect(abs(kernel.values[0] - (0.3 - 0.5) / 4) < 1e-7)

      // Nothing helps the best, which stays as it is.
      let alone = try await soup([members[2], members[0]], validation: photos)
      #expect(alone.ingredients == ["low"] && alone.accuracy == 0.875 && !alone.gains)
      #expect(try await alone.saved.model.weights() == members[2].saved.model.weights())
      // As good as the best isn't better.
      let equal = try await soup([try threshold("a", 35), try threshold("b", 36)], validation: photos)
      #expect(equal.ingredients == ["a", "b"] && equal.accuracy == 0.875 && !equal.gains)
    }
  }

  /// A model with batch normalisation before and after a convolution.
  private func normalized(
    _ name: String, frozen: Bool = false, moved: Bool = true, shift: Float = 0
  ) async throws -> ModelEnsemble.Member {
    func normalization() -> BatchNormalization {
      var layer = BatchNormalization()
      layer.isTrainable = !frozen
      return layer
    }
    let model = Sequential(input: [4, 4, 3], seed: 7) {
      normalization()
      Conv2D(2, kernel: 3, activation: .relu)
      normalization()
      Flatten()
      Dropout(0)
      Dense(1, activation: .sigmoid)
    }
    try model.setWeights(
      try await model.weights().reduce(into: [:]) { weights, entry in
        let isStatistic = entry.key.contains("moving")
        let step = isStatistic && !moved ? 0 : shift
        weights[entry.key] = Tensor(
          shape: entry.value.shape, values: entry.value.values.map { $0 + step })
      })
    return .init(
      name,
      SavedModel(
        model: model, preparation: PhotoPreparation(height: 4, width: 4), classNames: ["dark", "light"],
        loss: .binaryCrossentropy))
  }

  @Test("Statistics of batch normalisation are those of the training photos in the averaged network")
  func statistics() async throws {
    try await withPhotos(side: 4) { photos in
      let members = [try await normalized("a"), try await normalized("b", shift: 0.25)]
      var soup = try await ModelSoup(members)
      #expect(soup.needsTrainingPhotos)
      (soup.method, soup.batchSize) = (.uniform, 8)
      let outcome = try await soup.run(on: EngineKind.reference.make(), validation: photos, train: photos)
      let found = try await outcome.saved.model.weights()
      let (a, b) = (try await members[0].saved.model.weights(), try await members[1].saved.model.weights())
      for (name, weight) in found where !name.contains("moving") {
        let (first, second) = (a[name]?.values ?? [], b[name]?.values ?? [])
        let mean: [Float] = zip(first, second).map { pair in
          let sum = Double(pair.0) + Double(pair.1)
          return Float(sum / 2)
        }
        #expect(weight.values == mean, "\(name)")
      }
      // One batch of all photos: mean and variance of every channel.
      let pixels = try photos.photos.flatMap { photo in
        try PhotoPreparation(height: 4, width: 4).prepare(contentsOf: photos.url(of: photo)).values
      }
      for channel in 0..<3 {
        let values = stride(from: channel, to: pixels.count, by: 3).map { Double(pixels[$0]) }
        let mean = values.reduce(0, +) / Double(values.count)
        let squares: [Double] = values.map { ($0 - mean) * ($0 - mean) }
        let variance = squares.reduce(0, +) / Double(values.count)
        let moving = (
          mean: found["batch_normalization/moving_mean"]?.values[channel] ?? 0,
          variance: found["batch_normalization/moving_variance"]?.values[channel] ?? 0
        )
        #expect(abs(Double(moving.mean) - mean) < 1e-5 && abs(Double(moving.variance) - variance) < 1e-6)
      }
      // The second one sees what the first and the convolution make of these; neither model's nor their mean.
      let deep = try #require(found["batch_normalization_1/moving_mean"])
      for other in [a, b] { #expect(deep != other["batch_normalization_1/moving_mean"]) }
      #expect(deep.values.allSatisfy { $0 >= 0 } && deep.values.contains { $0 > 0 })

      let error = await #expect(throws: WhiskerError.self) {
        _ = try await soup.run(on: EngineKind.reference.make(), validation: photos, train: nil)
      }
      #expect(error?.code == .missingPhotos && error?.message.contains("training photos") == true)
    }
  }

  @Test("Statistics that are the same in all models stay, and need no training photos")
  func frozen() async throws {
    try await withPhotos(side: 4) { photos in
      for isFrozen in [false, true] {
        let members = [
          try await normalized("a", frozen: isFrozen),
          try await normalized("b", frozen: isFrozen, moved: false, shift: 0.25),
        ]
        let soup = try await ModelSoup(members)
        #expect(!soup.needsTrainingPhotos)
        let outcome = try await soup.run(on: EngineKind.reference.make(), validation: photos, train: nil)
        let weights = try await outcome.saved.model.weights()
        #expect(weights["batch_normalization/moving_variance"]?.values == [1, 1, 1])
      }
      // Frozen, and others all the same: they belong to other weights.
      let others = [
        try await normalized("a", frozen: true), try await normalized("b", frozen: true, shift: 0.25),
      ]
      #expect(try await ModelSoup(others).needsTrainingPhotos)
      var soup = try await ModelSoup(others)
      (soup.method, soup.batchSize) = (.uniform, 8)
      let outcome = try await soup.run(on: EngineKind.reference.make(), validation: photos, train: photos)
      let mean = try #require(try await outcome.saved.model.weights()["batch_normalization/moving_mean"])
      #expect(mean.values.allSatisfy { $0 > 0.1 && $0 < 0.5 && $0 != 0.125 })
      // The layers of the result are frozen as they were.
      #expect(try outcome.saved.model.network().layers[0].layer.isTrainable == false)
    }
  }

  @Test("Models that don't fit each other are refused, with the first difference")
  func different() async throws {
    func member(
      _ name: String, units: Int = 2, activation: ActivationFunction = .relu, extra: Bool = false,
      _ preparation: PhotoPreparation = Self.preparation, classes: [String] = ["dark", "light"]
    ) -> ModelEnsemble.Member {
      let model = Sequential(input: preparation.sampleShape) {
        Flatten()
        Dense(units, activation: activation)
        if extra { Dense(2, name: "more") }
        Dense(1, activation: .sigmoid, name: "last")
      }
      return .init(
        name,
        SavedModel(model: model, preparation: preparation, classNames: classes, loss: .binaryCrossentropy))
    }
    var brighter = Self.preparation
    brighter.rescale = 0.5
    var larger = Self.preparation
    larger.height = 2
    let cases: [(ModelEnsemble.Member, WhiskerError.Code, String)] = [
      (member("b", units: 3), .weightMismatch, "b: dense/kernel: expected (1, 2) as in a, got (1, 3)"),
      (member("b", extra: true), .weightMismatch, "b: more/kernel: expected none as in a"),
      (member("b", activation: .tanh), .badModel, "b: expected the layers of a"),
      (member("b", brighter), .badModel, "b: expected photos prepared as for a, got another scale"),
      (member("b", larger), .weightMismatch, "b: dense/kernel"),
      (member("b", classes: ["light", "dark"]), .classMismatch, "b: expected the classes of a"),
    ]
    for (other, code, text) in cases {
      let error = await #expect(throws: WhiskerError.self) { _ = try await ModelSoup([member("a"), other]) }
      #expect(
        error?.code == code && error?.description.hasPrefix(text) == true, "\(String(describing: error))")
    }
    await #expect(throws: WhiskerError.self) { _ = try await ModelSoup([member("a")]) }
  }
}
