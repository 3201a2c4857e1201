import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerSystem
import WhiskerTensors
import _TestSupport

@Suite struct PhotoPreparationTests {
  /// Keras multiplies Float32 pixels with Float32(1/255), once.
  @Test func valuesAreOneMultiplicationAway() {
    let preparation = PhotoPreparation(height: 16, width: 16, channels: 1)
    #expect(preparation.rescale == Float(1.0 / 255.0))
    let photo = Photo(height: 16, width: 16, channels: 1, pixels: (0...255).map { $0 })
    let tensor = preparation.prepare(photo)
    #expect(tensor.shape == [16, 16, 1])
    // Computed by NumPy: np.float32(b) * np.float32(1/255).
    let known: [(Int, UInt32)] = [(1, 0x3b80_8081), (3, 0x3c40_c0c2), (127, 0x3efe_ff00), (255, 0x3f80_0000)]
    for (byte, bits) in known { #expect(tensor.values[byte].bitPattern == bits, "\(byte)") }
    for byte in 0...255 { #expect(tensor.values[byte] == Float(byte) * Float(1.0 / 255.0)) }
  }

  @Test func colourAndSizeFollowTheSettings() throws {
    let photo = Photo(height: 4, width: 5, pixels: photoPixels(3))
    let gray = PhotoPreparation(height: 2, width: 3, channels: 1, interpolation: .bilinear, rescale: 1)
      .prepare(photo)
    let expected = photo.gray.resized(height: 2, width: 3, interpolation: .bilinear)
    #expect(gray == Tensor(shape: [2, 3, 1], values: expected.pixels.map(Float.init)))
    let rgb = PhotoPreparation(height: 4, width: 5, rescale: 2).prepare(photo.gray)
    #expect(rgb.values == photo.gray.rgb.pixels.map { Float($0) * 2 })
  }

  /// As published networks have it: Keras's preprocess_input of VGG16 subtracts, MobileNetV2's scales to ±1.
  @Test func offsetsAreAddedAndChannelsSwapped() throws {
    let photo = Photo(height: 1, width: 2, pixels: [0, 10, 255, 1, 128, 7])
    let caffe = PhotoPreparation(
      height: 1, width: 2, rescale: 1, offsets: [-123.68, -116.779, -103.939], channelOrder: .bgr)
    let levels: [Float] = [255, 10, 0, 7, 128, 1]
    let means: [Float] = [103.939, 116.779, 123.68, 103.939, 116.779, 123.68]
    #expect(caffe.prepare(photo).values == zip(levels, means).map { $0 - $1 })
    let scaled = PhotoPreparation(
      height: 1, width: 2, rescale: 1 / 128, offsets: [-127 / 128, -127 / 128, -127 / 128])
    #expect(scaled.prepare(photo).values == photo.pixels.map { (Float($0) - 127) / 128 })
    let gray = PhotoPreparation(height: 1, width: 2, channels: 1, rescale: 1, offsets: [-1])
    #expect(gray.prepare(photo).values == photo.gray.pixels.map { Float($0) - 1 })
    let data = try JSONEncoder().encode(caffe)
    #expect(try JSONDecoder().decode(PhotoPreparation.self, from: data) == caffe)
    let plain = String(
      decoding: try JSONEncoder().encode(PhotoPreparation(height: 1, width: 1)), as: UTF8.self)
    #expect(!plain.contains("offsets") && !plain.contains("order"))
  }

  @Test func filesAndPhotosGiveTheSame() async throws {
    try await withTemporaryFolder { folder in
      try folder.writePhoto("1.png", value: 1, height: 40, width: 30)
      let preparation = PhotoPreparation(height: 7, width: 9)
      let photo = try PhotoDecoder().decode(contentsOf: folder.below("1.png"))
      #expect(try preparation.prepare(contentsOf: folder.below("1.png")) == preparation.prepare(photo))
      #expect(throws: WhiskerError.self) { try preparation.prepare(contentsOf: folder.below("2.png")) }
    }
  }

  @Test func survivesJSON() throws {
    let preparation = PhotoPreparation(height: 150, width: 140, channels: 1, interpolation: .bilinear)
    let data = try JSONEncoder().encode(preparation)
    #expect(try JSONDecoder().decode(PhotoPreparation.self, from: data) == preparation)
    let text = try #require(String(data: data, encoding: .utf8))
    for (good, bad) in [("150", "-150"), ("\"channels\":1", "\"channels\":4"), ("bilinear", "magic")] {
      let damaged = text.replacingOccurrences(of: good, with: bad)
      #expect(damaged != text)
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(PhotoPreparation.self, from: Data(damaged.utf8))
      }
    }
  }

  @Test(arguments: [
    PhotoPreparation(height: 0, width: 5), PhotoPreparation(height: 5, width: 1_000_000),
    PhotoPreparation(height: 5, width: 5, channels: 2), PhotoPreparation(height: 5, width: 5, rescale: .nan),
    PhotoPreparation(height: 5, width: 5, rescale: 0), PhotoPreparation(height: 5, width: 5, offsets: [1]),
    PhotoPreparation(height: 5, width: 5, offsets: [1, 2, .infinity]),
    PhotoPreparation(height: 5, width: 5, channels: 1, channelOrder: .bgr),
  ]) func refusesSenselessNumbers(_ preparation: PhotoPreparation) async {
    #expect(await datasetError { try preparation.validate() }?.code == .invalidSetting)
  }
}
