import Foundation
import Testing
import WhiskerImages
import WhiskerSystem
import _TestSupport

@Suite struct HeaderLimitTests {
  /// Files whose headers claim 60,000 × 60,000 pixels, or the most that the format can claim.
  static let huge: [String: [UInt8]] = [
    "jpeg": patched("baseline-420.jpg", marker: [0xFF, 0xC0], offset: 5, with: [0xEA, 0x60, 0xEA, 0x60]),
    "progressive": patched(
      "progressive.jpg", marker: [0xFF, 0xC2], offset: 5, with: [0xEA, 0x60, 0xEA, 0x60]),
    "png": patched(
      "rgb.png", marker: Array("IHDR".utf8), offset: 4, with: [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]),
    "gif": Array("GIF89a".utf8) + [0x60, 0xEA, 0x60, 0xEA, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]
      + [0x2C, 0, 0, 0, 0, 0x60, 0xEA, 0x60, 0xEA, 0, 2, 2, 0x4C, 0x01, 0, 0x3B],
    "webp": Array("RIFF".utf8) + [22, 0, 0, 0] + Array("WEBPVP8L".utf8)
      + [10, 0, 0, 0, 0x2F, 0xFF, 0xFF, 0xFF, 0x0F, 0, 0, 0, 0, 0],
    "extended webp": Array("RIFF".utf8) + [22, 0, 0, 0] + Array("WEBPVP8X".utf8)
      + [10, 0, 0, 0, 0, 0, 0, 0, 0x5F, 0xEA, 0, 0x5F, 0xEA, 0],
    "bmp": patched("gray.bmp", marker: [40, 0, 0, 0], offset: 4, with: [0x60, 0xEA, 0, 0, 0x60, 0xEA, 0, 0])
      + [UInt8](repeating: 0, count: 100),
    "core bmp": Array("BM".utf8) + [UInt8](repeating: 0, count: 12) + [
      12, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 24, 0,
    ],
    "gif, in its frame": Array("GIF89a".utf8) + [1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]
      + [0x2C, 0xFF, 0xFF, 0xFF, 0xFF, 0x60, 0xEA, 0x60, 0xEA, 0, 2, 2, 0x4C, 0x01, 0, 0x3B],
    "ppm": Array("P6 60000 60000 255\n".utf8), "plain ppm": Array("P3 60000 60000 255 1 2 3".utf8),
    "heic": resized("420.heic"), "avif": resized("420.avif"),
    "tiff": tiff([(256, 60_000), (257, 60_000), (258, 8), (277, 3)]),
    "tiff, said twice": tiff([(256, 6), (256, 60_000), (257, 6), (257, 60_000), (258, 8), (277, 3)]),
  ]

  /// A file of the grid whose primary picture claims 60,000 × 60,000 pixels.
  static func resized(_ file: String) -> [UInt8] {
    guard var bytes = Grid.files[file] else { return [] }
    for start in bytes.indices where bytes[start...].starts(with: Array("ispe".utf8)) {
      bytes.replaceSubrange(start + 8..<start + 16, with: [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60])
    }
    return bytes
  }

  /// A fixture with a few bytes replaced, counted from a marker.
  static func patched(_ file: String, marker: [UInt8], offset: Int, with bytes: [UInt8]) -> [UInt8] {
    guard var result = try? Fixtures.bytes(file),
      let start = result.indices.first(where: { result[$0...].starts(with: marker) })
    else { return [] }
    result.replaceSubrange(start + offset..<start + offset + bytes.count, with: bytes)
    return result
  }

  /// A little-endian TIFF of one directory of 32-bit values.
  static func tiff(_ tags: [(UInt16, UInt32)]) -> [UInt8] {
    func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian, Array.init)
    }
    let entries = tags.flatMap { bytes($0.0) + bytes(UInt16(4)) + bytes(UInt32(1)) + bytes($0.1) }
    return [0x49, 0x49, 42, 0, 8, 0, 0, 0] + bytes(UInt16(tags.count)) + entries + [0, 0, 0, 0]
  }

  @Test(arguments: huge.keys.sorted()) func aHugeClaimIsRefusedWithNothingAllocated(kind: String) throws {
    let bytes = try #require(Self.huge[kind])
    let before = peakMemory()
    let error = #expect(throws: WhiskerError.self) { try PhotoDecoder().decode(bytes, name: "huge") }
    // The PNG or BMP alone would be 10 GB.
    #expect(peakMemory() - before < 1 << 30)
    #expect(error?.code == .tooLarge, "\(String(describing: error))")
    #expect(
      error?.message.hasPrefix("expected at most 30000 pixels a side and 100000000 in all, got ") == true)
  }

  @Test func theLimitsAreSettings() throws {
    let bytes = try Fixtures.bytes("rgb.png")
    var decoder = PhotoDecoder()
    decoder.limits.maximumSide = 60
    #expect(code { _ = try decoder.decode(bytes) } == .tooLarge)
    decoder.limits.maximumSide = 61
    decoder.limits.maximumPixels = 43 * 61 - 1
    #expect(code { _ = try decoder.decode(bytes) } == .tooLarge)
    decoder.limits.maximumPixels = 43 * 61
    #expect(code { _ = try decoder.decode(bytes) } == nil)
  }

  @Test func sizesBeyondTheNumbersOfTheMachineAreRefused() {
    // BigTIFF: 2⁶³ − 1 a side.
    let largest: [UInt8] = Array(repeating: 0xFF, count: 7) + [0x7F]
    let width: [UInt8] = [0, 1, 16, 0, 1, 0, 0, 0, 0, 0, 0, 0] + largest
    let height: [UInt8] = [1, 1, 16, 0, 1, 0, 0, 0, 0, 0, 0, 0] + largest
    let bytes: [UInt8] =
      [0x49, 0x49, 43, 0, 8, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0] + width + height
    var decoder = PhotoDecoder()
    decoder.limits.maximumSide = .max
    #expect(code { _ = try decoder.decode(bytes) } == .tooLarge)
  }

  @Test func tilesAndSamplesAreHeldToThePictureToo() {
    let wideTile = Self.tiff([(256, 10), (257, 10), (258, 8), (277, 3), (322, 60_000), (323, 60_000)])
    #expect(code { _ = try PhotoDecoder().decode(wideTile) } == .unreadable)
    let deepPixel = Self.tiff([(256, 30_000), (257, 1), (258, 64), (277, 65_535)])
    #expect(code { _ = try PhotoDecoder().decode(deepPixel) } == .unsupportedFormat)
  }
}

/// The most memory that this process has held so far, in bytes.
func peakMemory() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss * 1024
}

/// HEIC whose boxes and codec contradict each other: decoders allocate by the codec.
@Suite struct HEICLimitTests {
  @Test func theSizeOfTheCodecCounts() throws {
    // Its properties say 16 × 16, the parameters of its codec 512 × 512.
    let bytes = try Grid.bytes("lying.heic")
    let header = try bytes.withUnsafeBytes { try PhotoHeader(of: $0) }
    #expect((header.height, header.width) == (16, 16))
    var decoder = PhotoDecoder()
    decoder.limits.maximumPixels = 100_000
    let (error, effort) = Effort.of {
      #expect(throws: WhiskerError.self) { try decoder.decode(bytes) }
    }
    #expect(error?.code == .tooLarge)
    #expect(error?.message.hasSuffix("got 512 × 512 in the header") == true)
    if let peak = effort.peakBytes { #expect(peak < 256 << 10) }
  }

  @Test func theSizeOfAGridCounts() throws {
    var bytes = try Grid.bytes("grid.heic")
    let size: [UInt8] = [0, 0, 0, 1, 0, 82, 0, 42]  // one row of two, 82 × 42
    let start = try #require(bytes.indices.last { bytes[$0...].starts(with: size) })
    bytes.replaceSubrange(start + 4..<start + 8, with: [0x75, 0x30, 0x75, 0x30])  // 30,000 × 30,000
    let (error, effort) = Effort.of {
      #expect(throws: WhiskerError.self) { try PhotoDecoder().decode(bytes) }
    }
    #expect(error?.code == .tooLarge)
    #expect(error?.message.hasSuffix("got 30000 × 30000 in the header") == true)
    if let peak = effort.peakBytes { #expect(peak < 256 << 10) }
  }
}
