import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// Centring, scaling and whitening, compared with Keras's numbers; `Tools/reference/keras_standardization.py`
/// wrote them down.
@Suite struct StandardizationTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let setting: String
    let channels: Int
    let result: TensorDigest

    var testDescription: String { "\(setting) of \(channels) channels" }

    var standardization: Standardization {
      get throws {
        var text = "{\"\(setting)\": true"
        if setting == "zca_whitening" { text += ", \"zca_epsilon\": 0.1" }
        return try JSONDecoder().decode(Standardization.self, from: Data("\(text)}".utf8))
      }
    }
  }

  private struct Table: Decodable {
    let entries: [Case]
  }

  static let cases = (try? fixture("keras-standardization.json", as: Table.self).entries) ?? []

  private func photos(_ channels: Int, count: Int = 120) -> [Photo] {
    let noise = Formula.bits("standardization/\(channels)", count: 120 * 30 * channels).map {
      UInt8($0 >> 17)
    }
    return (0..<count).map { number in
      let pixels = (0..<30 * channels).map { place in
        let column = place / channels % 6
        let neighbour = column == 0 ? place + 5 * channels : place - channels
        return noise[number * 30 * channels + place] + noise[number * 30 * channels + neighbour]
      }
      return Photo(height: 5, width: 6, channels: channels, pixels: pixels)
    }
  }

  private func dataset(
    _ channels: Int = 3, augmentation: Augmentation? = nil, count: Int = 120, threads: Int = 2
  ) async throws -> PhotoDataset {
    var loading = PhotoDataset.Loading()
    loading.loaderThreads = threads
    return try await PhotoDataset(
      photos: photos(channels, count: count), labels: (0..<count).map { $0 % 2 },
      preparation: PhotoPreparation(height: 5, width: 6, channels: channels), batchSize: 8,
      augmentation: augmentation, loading: loading)
  }

  private func first(_ batches: BatchSequence) async throws -> Batch {
    for try await batch in batches { return batch }
    throw CancellationError()
  }

  @Test func thereAreTenCases() { #expect(Self.cases.count == 10) }

  @Test(arguments: cases) func equalsKeras(_ expected: Case) async throws {
    let data = try await dataset(expected.channels).standardized(expected.standardization)
    let batch = try await first(data.evaluationBatches())
    #expect(expected.result.distance(to: batch.images) < 1e-4)
    // Prediction takes another path to the same numbers.
    for (row, photo) in photos(expected.channels, count: 8).enumerated() {
      let size = 30 * expected.channels
      let values = batch.images.values[row * size..<(row + 1) * size]
      #expect(data.preparation.prepare(photo).values == Array(values))
    }
  }

  @Test func whitenedPhotosAreUncorrelated() async throws {
    let data = try await dataset(1).standardized(Standardization(zcaWhitening: true))
    var covariance = [Double](repeating: 0, count: 900)
    for try await batch in data.evaluationBatches() {
      for row in 0..<batch.count {
        let photo = batch.images.values[row * 30..<(row + 1) * 30].map(Double.init)
        for place in 0..<900 { covariance[place] += photo[place / 30] * photo[place % 30] / 120 }
      }
    }
    // The noise was summed around each row: its alternating part is nought, and stays so.
    for place in 0..<900 where place / 30 / 6 != place % 30 / 6 {
      #expect(abs(covariance[place]) < 1e-3)
    }
    let trace = (0..<30).reduce(0) { $0 + covariance[$1 * 31] }
    #expect(abs(trace - 25) < 1e-2)
  }

  @Test func trainingAndValidationAreStandardizedAlike() async throws {
    let train = try await dataset(augmentation: Augmentation(horizontalFlip: true))
      .standardized(Standardization(featurewiseStdNormalization: true))
    let validation = try await dataset(count: 10).standardized(like: train)
    let fitted = try #require(train.preparation.standardization)
    #expect(validation.preparation == train.preparation)
    #expect(fitted.mean.count == 3 && fitted.deviation.count == 3)
    let photo = try await first(validation.evaluationBatches()).images.values[0]
    let byte = Float(photos(3)[0].pixels[0]) / 255
    #expect(abs(photo - (byte - fitted.mean[0]) / (fitted.deviation[0] + 1e-6)) < 1e-5)
    // Augmented photos are standardized too, and learning ignores the augmentation.
    let batch = try await first(train.trainingBatches())
    #expect(abs(batch.images.values.reduce(0, +) / Float(batch.images.values.count)) < 0.2)
    let plain = try await dataset(threads: 0).standardized(fitted.settings)
    #expect(plain.preparation == train.preparation)
  }

  @Test func aFunctionComesBeforeTheScale() async throws {
    let data = try await dataset().preprocessed { photo in
      Tensor(shape: photo.shape, values: photo.values.map { 255 - $0 })
    }
    let expected = photos(3)[0].pixels.map { Float(255 - $0) * (1 / 255) }
    #expect(Array(try await first(data.evaluationBatches()).images.values[0..<90]) == expected)
    let augmented = try await dataset(augmentation: Augmentation(brightnessRange: 0...0))
      .preprocessed { Tensor(shape: $0.shape, values: $0.values.map { $0 + 51 }) }
      .standardized(Standardization(featurewiseCenter: true))
    let mean = try #require(augmented.preparation.standardization?.mean)
    let black = try await first(augmented.trainingBatches()).images.values
    #expect(black.indices.allSatisfy { abs(black[$0] - (0.2 - mean[$0 % 3])) < 1e-5 })
  }

  @Test func theFunctionIsCarriedToOtherPhotos() async throws {
    let train = try await dataset().preprocessed {
      Tensor(shape: $0.shape, values: $0.values.map { 255 - $0 })
    }
    .standardized(Standardization(featurewiseCenter: true))
    let validation = try await dataset(count: 10).standardized(like: train)
    let expected = Array(try await first(train.evaluationBatches()).images.values[0..<90])
    #expect(Array(try await first(validation.evaluationBatches()).images.values[0..<90]) == expected)
    // A dataset keeps its own function if the training photos have none.
    let plain = try await dataset().standardized(Standardization(samplewiseCenter: true))
    let own = try await dataset(count: 10).preprocessed { Tensor(shape: $0.shape, repeating: 7) }
      .standardized(like: plain)
    #expect(try await first(own.evaluationBatches()).images.values.allSatisfy { abs($0) < 1e-6 })
  }

  @Test func learningTellsHowFarItIs() async throws {
    let data = try await dataset(1)
    var told: [StandardizationProgress] = []
    _ = try await data.standardized(Standardization(featurewiseCenter: true)) { told.append($0) }
    #expect(told.last == .photos(done: 120, total: 120) && told.count == 15)
    told = []
    _ = try await data.standardized(Standardization(zcaWhitening: true)) { told.append($0) }
    #expect(told.suffix(2) == [.photos(done: 240, total: 240), .matrix(size: 30)] && told.count == 31)
    told = []
    _ = try await data.standardized(Standardization(samplewiseCenter: true)) { told.append($0) }
    #expect(told == [])
  }

  @Test func settingsSurviveAndWrongOnesAreRefused() async throws {
    let all = Standardization(
      samplewiseCenter: true, samplewiseStdNormalization: true, featurewiseCenter: true,
      featurewiseStdNormalization: true, zcaWhitening: true, zcaEpsilon: 0.5)
    #expect(try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(all)) == all)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Standardization.self, from: Data("{\"zca\": true}".utf8))
    }
    let large = PhotoPreparation(height: 150, width: 150)
    let tooLarge = #expect(throws: WhiskerError.self) { try all.validate(for: large) }
    #expect(tooLarge?.place == "zca_whitening")
    #expect(tooLarge?.message.contains("at most 4096 numbers") == true)
    var preparation = PhotoPreparation(height: 5, width: 6)
    for wrong in [
      FittedStandardization(all, mean: [1, 1, 1], deviation: [1, 1, 1]),
      FittedStandardization(Standardization(featurewiseCenter: true), mean: [1]),
      FittedStandardization(Standardization(featurewiseCenter: true), mean: [1, 1, .nan]),
    ] {
      preparation.standardization = wrong
      #expect(throws: WhiskerError.self) { try preparation.validate() }
    }
  }
}
