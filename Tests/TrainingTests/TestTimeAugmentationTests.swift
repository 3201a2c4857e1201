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

@Suite("Several views of a photo")
struct TestTimeAugmentationTests {
  /// The corners of torchvision's crops of a photo whose pixels are numbered.
  struct Crops: Decodable {
    let photo: [Int]
    let crop: [Int]
    let corners: [[Float]]
  }

  @Test("The ten crops are torchvision's, to the pixel")
  func places() throws {
    let cases = try KerasFixtures.tenCrops()
    #expect(cases.count == 5 && TestTimeAugmentation.crops.viewCount == 10)
    for known in cases {
      let (height, width) = (known.crop[0], known.crop[1])
      let preparation = PhotoPreparation(height: height, width: width, channels: 1, rescale: 1)
      let source = TestTimeAugmentation.crops.source(of: preparation)
      #expect([source.height, source.width] == known.photo)
      let pixels = (0..<known.photo[0] * known.photo[1]).map { Float($0) }
      // Two photos, so that the second is found too.
      let images = Tensor(shape: Shape([2] + known.photo + [1]), values: pixels + pixels.map { $0 + 0.5 })
      let batch = Batch(images: images, labels: Tensor(shape: [2, 0]), indices: [0, 1])
      for (index, corners) in known.corners.enumerated() {
        let view = TestTimeAugmentation.crops.view(index, of: batch, preparation).images
        #expect(view.shape == [2, height, width, 1])
        let last = height * width - 1
        let places = [0, width - 1, last - width + 1, last]
        #expect(places.map { view.values[$0] } == corners, "\(known.crop), crop \(index)")
        #expect(places.map { view.values[last + 1 + $0] } == corners.map { $0 + 0.5 })
      }
    }
  }

  /// A model with one dense layer, which every pixel matters to.
  private func saved(_ preparation: PhotoPreparation) throws -> SavedModel {
    let model = Sequential(input: preparation.sampleShape, seed: 3) {
      Flatten()
      Dense(1, activation: .sigmoid)
    }
    let saved = SavedModel(
      model: model, preparation: preparation, classNames: ["a", "b"], loss: .binaryCrossentropy)
    try saved.compile(engine: EngineKind.reference.make())
    return saved
  }

  private func predictions(
    _ saved: SavedModel, _ paths: [String], _ augmentation: TestTimeAugmentation? = nil
  ) async throws -> [Float] {
    var found: [Float] = []
    try await saved.predict(photos: paths, batchSize: 2, augmentation: augmentation) {
      found.append(try $0.get().probabilities[1])
    }
    return found
  }

  /// Plainly prepared, and with numbers that depend on the whole of what the model sees.
  private static let preparations = [
    PhotoPreparation(height: 8, width: 10),
    PhotoPreparation(height: 8, width: 10, rescale: 1 / 127, offsets: [-1, -0.5, 0.5], channelOrder: .bgr),
    PhotoPreparation(
      height: 8, width: 10,
      standardization: FittedStandardization(Standardization(samplewiseStdNormalization: true))),
  ]

  @Test("The probability is the mean of what the model says of each view by itself", arguments: preparations)
  func mean(preparation: PhotoPreparation) async throws {
    try await withTemporaryFolder { folder in
      // A photo of the size that crops are cut from, so that nothing is resized.
      let photo = Photo(
        height: 9, width: 11,
        pixels: Formula.integers("photo", count: 9 * 11 * 3, below: 256).map { UInt8($0) })
      func write(_ name: String, height: Int, width: Int, _ pixel: (Int, Int) -> (Int, Int)) throws -> String
      {
        var pixels: [UInt8] = []
        for row in 0..<height {
          for column in 0..<width {
            let (y, x) = pixel(row, column)
            pixels += photo.pixels[(y * 11 + x) * 3..<(y * 11 + x + 1) * 3]
          }
        }
        let file = folder.appendingPathComponent(name)
        try Photo(height: height, width: width, pixels: pixels).write(to: file)
        return file.path
      }
      let whole = try write("whole.png", height: 9, width: 11) { ($0, $1) }
      var crops: [String] = []
      for isMirrored in [false, true] {
        // Half of 1 is rounded to even.
        for (number, place) in [(0, 0), (0, 1), (1, 0), (1, 1), (0, 0)].enumerated() {
          crops.append(
            try write("\(isMirrored)\(number).png", height: 8, width: 10) { row, column in
              let x = place.1 + column
              return (place.0 + row, isMirrored ? 10 - x : x)
            })
        }
      }
      let model = try saved(preparation)
      let found = try await predictions(model, [whole, whole, whole], .crops)
      let each = try await predictions(model, crops)
      #expect(Set(each).count >= 7)
      let expected = each.reduce(0, +) / 10
      #expect(found.count == 3 && found.allSatisfy { abs($0 - expected) < 1e-5 })
      #expect(abs(expected - (try await predictions(model, [whole]))[0]) > 1e-4)

      // The mirror image of the top left corner is the top right corner of the mirror image.
      let flipped = try await predictions(model, [crops[0]], .flip)
      #expect(abs(flipped[0] - (each[0] + each[6]) / 2) < 1e-6 && each[0] != each[6])
    }
  }

  @Test("Photos that are whitened, or have the model's size already, are refused")
  func refused() async throws {
    let whitened = PhotoPreparation(
      height: 2, width: 2,
      standardization: FittedStandardization(
        Standardization(zcaWhitening: true), mean: [0, 0, 0],
        whitening: Tensor(shape: [12, 12])))
    let model = try saved(whitened)
    for augmentation in TestTimeAugmentation.allCases {
      let error = await #expect(throws: WhiskerError.self) {
        _ = try await predictions(model, ["none.png"], augmentation)
      }
      #expect(error?.code == .invalidSetting && error?.message.contains("whitened") == true)
    }
    let toy = toyModel()
    try toy.compile(loss: .binaryCrossentropy, engine: EngineKind.reference.make())
    let error = await #expect(throws: WhiskerError.self) {
      _ = try await toy.evaluate(try Toy(4).dataset(), augmentation: .crops)
    }
    #expect(error?.code == .invalidSetting && error?.got == "crops")
  }
}
