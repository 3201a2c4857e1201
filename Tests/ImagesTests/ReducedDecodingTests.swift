import Testing
import WhiskerImages
import WhiskerSystem

/// Large JPEG files on the shorter way to a thumbnail.
@Suite struct ReducedDecodingTests {
  /// Soft waves with a fine grain on them.
  private func photo(height: Int, width: Int) -> Photo {
    var pixels: [UInt8] = []
    for row in 0..<height {
      for column in 0..<width {
        let wave = 60 + 90 * row / height + 60 * ((column * 3 / width) % 2) + (row * 7 + column * 13) % 19
        pixels += [UInt8(wave), UInt8(wave / 2), UInt8(255 - wave)]
      }
    }
    return Photo(height: height, width: width, pixels: pixels)
  }

  @Test(arguments: [(130, 140), (257, 301), (640, 530), (1025, 1200), (70, 2000)], [1, 3])
  func theThumbnailIsNearlyTheSame(size: (Int, Int), channels: Int) throws {
    let file = try photo(height: size.0, width: size.1).encodedJPEG(quality: 85)
    var decoder = PhotoDecoder(channels: channels)
    let thumbnail = PhotoSize(height: 16, width: 16, interpolation: .bilinear)
    let exact = try decoder.decode(file, resizedTo: thumbnail)
    decoder.reducesJPEG = true
    let reduced = try decoder.decode(file, resizedTo: thumbnail)
    #expect(reduced.shape == exact.shape)
    let furthest = zip(reduced.pixels, exact.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 255
    #expect(furthest <= 8)
  }

  @Test func withoutASizeNothingIsReduced() throws {
    let file = try photo(height: 300, width: 200).encodedJPEG()
    var decoder = PhotoDecoder()
    let whole = try decoder.decode(file)
    decoder.reducesJPEG = true
    #expect(try decoder.decode(file) == whole)
  }

  @Test func damageIsFoundAllTheSame() throws {
    let file = try photo(height: 600, width: 600).encodedJPEG()
    var decoder = PhotoDecoder()
    decoder.reducesJPEG = true
    // The end of the file is there, the picture's isn't.
    let cut = Array(file[..<(file.count / 2)]) + [0xFF, 0xD9]
    let error = #expect(throws: WhiskerError.self) {
      try decoder.decode(cut, resizedTo: PhotoSize(height: 16, width: 16, interpolation: .bilinear))
    }
    #expect(error?.code == .truncated)
  }
}
