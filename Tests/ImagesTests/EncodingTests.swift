import Foundation
import Testing
import WhiskerImages
import WhiskerSystem
import _TestSupport

@Suite struct EncodingTests {
  @Test(arguments: [1, 3]) func pngKeepsEveryPixel(channels: Int) throws {
    for (height, width) in [(1, 1), (43, 61), (2, 300)] {
      let photo = Photo.formula(height: height, width: width, channels: channels)
      let bytes = try photo.encodedPNG()
      #expect(try PhotoDecoder(channels: channels).decode(bytes) == photo)
      #expect(try bytes.withUnsafeBytes { try PhotoHeader(of: $0) }.channels == channels)
    }
  }

  @Test(arguments: [1, 3], ChromaSubsampling.allCases)
  func jpegKeepsWhatTheEyeSees(channels: Int, subsampling: ChromaSubsampling) throws {
    // Smooth in every channel, so that little is lost.
    var pixels: [UInt8] = []
    for row in 0..<48 {
      for column in 0..<64 {
        pixels += [UInt8(row * 4), UInt8(column * 3), 128].prefix(channels)
      }
    }
    let photo = Photo(height: 48, width: 64, channels: channels, pixels: pixels)
    let bytes = try photo.encodedJPEG(quality: 95, subsampling: subsampling)
    #expect(try photo.encodedJPEG(quality: 95, subsampling: subsampling) == bytes)
    let decoded = try PhotoDecoder(channels: channels).decode(bytes)
    #expect(decoded.shape == photo.shape)
    var error = 0
    for (got, expected) in zip(decoded.pixels, pixels) { error += abs(Int(got) - Int(expected)) }
    #expect(error < 2 * pixels.count)
    #expect(try photo.encodedJPEG(quality: 20, subsampling: subsampling).count < bytes.count)
  }

  @Test func aPictureWithoutPixelsCantBeEncoded() {
    let empty = Photo(height: 0, width: 5, pixels: [])
    #expect(throws: WhiskerError.self) { try empty.encodedJPEG() }
    #expect(throws: WhiskerError.self) { try empty.encodedPNG() }
  }

  @Test func filesAreWrittenByEnding() async throws {
    let photo = Photo.formula(height: 20, width: 30, channels: 3)
    try await withTemporaryFolder { folder in
      let png = folder.appendingPathComponent("고양이 \"1\".PNG")
      try photo.write(to: png)
      #expect(try PhotoDecoder().decode(contentsOf: png) == photo)
      let jpeg = folder.appendingPathComponent("cat.jpeg")
      try photo.write(to: jpeg)
      #expect(try Data(contentsOf: jpeg).elementsEqual(photo.encodedJPEG()))

      let other = folder.appendingPathComponent("cat.webp")
      #expect(code { try photo.write(to: other) } == .unsupportedFormat)
      #expect(!FileManager.default.fileExists(atPath: other.path))
      #expect(code { try photo.write(to: jpeg.appendingPathComponent("cat.png")) } == .cannotWrite)
    }
  }
}

/// The code of the ``WhiskerSystem/WhiskerError`` that `body` throws; nil if it throws none.
func code(_ body: () throws -> Void) -> WhiskerError.Code? {
  do {
    try body()
    return nil
  } catch {
    return (error as? WhiskerError)?.code
  }
}
