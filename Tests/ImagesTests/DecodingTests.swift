import Foundation
import Testing
import WhiskerImages

@Suite struct DecodingTests {
  @Test func thereAreFixtures() { #expect(Fixtures.photos.count == 39) }

  @Test(arguments: Fixtures.photos) func pixelsEqualPillows(expected: Fixtures.Expectation) throws {
    let bytes = try Fixtures.bytes(expected.file)
    let photo = try PhotoDecoder().decode(bytes)
    #expect(photo.shape == [expected.height, expected.width, 3])
    #expect(photo.hash == expected.rgb)
    let corner = [0, photo.width].flatMap { photo.pixels[3 * $0..<3 * $0 + 6] }
    #expect(corner == expected.corner)
    #expect(try PhotoDecoder(channels: 1).decode(bytes).hash == expected.gray)
    #expect(try PhotoDecoder().decode(contentsOf: Fixtures.url(expected.file)) == photo)
  }

  @Test(arguments: Fixtures.photos) func headersTellFormatAndSize(expected: Fixtures.Expectation) throws {
    let header = try Data(Fixtures.bytes(expected.file)).withUnsafeBytes { try PhotoHeader(of: $0) }
    #expect(header.format == expected.format)
    #expect(header.height == expected.storedHeight)
    #expect(header.width == expected.storedWidth)
  }

  @Test func headersTellChannelsAndDepth() throws {
    let expectations = [
      "gray.jpg": (1, 8), "cmyk.jpg": (4, 8), "rgb-16.png": (3, 16), "gray-4.png": (1, 4),
      "gray-alpha.png": (2, 8),
      "alpha.webp": (4, 8), "bilevel.tiff": (1, 1), "palette.bmp": (3, 8),
    ]
    for (file, (channels, bitDepth)) in expectations {
      let header = try Data(Fixtures.bytes(file)).withUnsafeBytes { try PhotoHeader(of: $0) }
      #expect(header.channels == channels, "\(file)")
      #expect(header.bitDepth == bitDepth, "\(file)")
    }
  }

  @Test func orientationIsHonoredUnlessToldOtherwise() throws {
    let upright = try PhotoDecoder().decode(Fixtures.bytes("turned-1.jpg"))
    for orientation in 1...8 {
      let bytes = try Fixtures.bytes("turned-\(orientation).jpg")
      #expect(try PhotoDecoder(honorsOrientation: false).decode(bytes) == upright)
      #expect((try PhotoDecoder().decode(bytes) == upright) == (orientation == 1))
    }
  }

  @Test func aGIFNamedJPGIsReadAsAGIF() throws {
    let bytes = try Fixtures.bytes("gif-named.jpg")
    #expect(try bytes.withUnsafeBytes { try PhotoHeader(of: $0) }.format == .gif)
    #expect(try PhotoDecoder().decode(bytes, name: "cat.0.jpg").height == 16)
  }

  @Test func strayBytesInAJPEGCountAsRead() throws {
    let bytes = try Fixtures.bytes("baseline-420.jpg")
    let expected = try PhotoDecoder().decode(bytes)
    // Between the first two segments, before the end, and after it.
    let afterFirst = 4 + Int(bytes[4]) << 8 + Int(bytes[5])
    for (position, stray) in [
      (afterFirst, [1, 2, 3]), (bytes.count - 2, [0, 7, 7]), (bytes.count, [9, 9]),
    ] {
      var changed = bytes
      changed.insert(contentsOf: stray.map(UInt8.init), at: position)
      #expect(try PhotoDecoder().decode(changed) == expected, "at \(position)")
    }
  }

  @Test(arguments: Interpolation.allCases, [1, 3])
  func resizingWhileDecodingEqualsResizingAfterwards(interpolation: Interpolation, channels: Int) throws {
    let decoder = PhotoDecoder(channels: channels)
    let decompressor = try JPEGDecompressor()
    for fixture in Fixtures.photos {
      let bytes = try Fixtures.bytes(fixture.file)
      let afterwards = try decoder.decode(bytes).resized(height: 20, width: 31, interpolation: interpolation)
      let size = PhotoSize(height: 20, width: 31, interpolation: interpolation)
      #expect(
        try decoder.decode(bytes, resizedTo: size, reusing: decompressor) == afterwards, "\(fixture.file)")
    }
  }

  @Test func manyThreadsDecodeAtOnce() async throws {
    let files = try Fixtures.photos.map { (try Fixtures.bytes($0.file), $0.rgb) }
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let decompressor = try JPEGDecompressor()
          return try files.count { try PhotoDecoder().decode($0.0, reusing: decompressor).hash == $0.1 }
        }
      }
      for try await equal in group { #expect(equal == files.count) }
    }
  }
}
