import Foundation
import Testing
import WhiskerImages
import WhiskerSystem

/// Whole files of a kind that isn't read: the error says which, and never that they are cut short.
@Suite struct UnsupportedPhotoTests {
  private func failure(_ bytes: [UInt8]) -> WhiskerError? {
    do throws(WhiskerError) {
      _ = try PhotoDecoder().decode(bytes, name: "cat")
      return nil
    } catch {
      return error
    }
  }

  /// A file of the grid with some bytes replaced, each time that they are there.
  private func replacing(_ old: String, by new: String, in file: String) throws -> [UInt8] {
    var bytes = try Grid.bytes(file)
    let (old, new) = (Array(old.utf8), Array(new.utf8))
    for start in bytes.indices where bytes[start...].starts(with: old) {
      bytes.replaceSubrange(start..<start + old.count, with: new)
    }
    return bytes
  }

  /// A bitmap of 2 × 2 pixels with a header of 40 bytes.
  private func bitmap(bits: UInt8, compression: UInt8, masks: [UInt32] = []) -> [UInt8] {
    let header: [UInt8] = [
      40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, bits, 0, compression, 0, 0, 0,
    ]
    return Array("BM".utf8) + [0, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0] + header
      + [UInt8](repeating: 0, count: 20)
      + masks.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) } + [UInt8](repeating: 7, count: 64)
  }

  /// A TIFF of one strip of gray values.
  static func tiff<Value>(
    _ values: [Value], width: Int, bits: UInt16, format: UInt16, samples: UInt16 = 1, photometric: UInt16 = 1,
    compression: UInt16 = 1
  ) -> [UInt8] {
    let data = values.withUnsafeBytes { Array($0) }
    func bytes<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian, Array.init)
    }
    let height = values.count / width / Int(samples)
    let tags: [(UInt16, Int)] = [
      (256, width), (257, height), (258, Int(bits)), (259, Int(compression)), (262, Int(photometric)),
      (273, 8),
      (277, Int(samples)), (278, height), (279, data.count), (339, Int(format)),
    ]
    let directory =
      bytes(UInt16(tags.count))
      + tags.flatMap { tag, value in
        let isLong = [256, 257, 273, 278, 279].contains(tag)
        return bytes(tag) + bytes(UInt16(isLong ? 4 : 3)) + bytes(UInt32(1))
          + (isLong ? bytes(UInt32(value)) : bytes(UInt16(value)) + [0, 0])
      } + [0, 0, 0, 0]
    return [0x49, 0x49, 42, 0] + bytes(UInt32(8 + data.count)) + data + directory
  }

  @Test func bitmapsOfOtherKindsSaySo() {
    let kinds: [([UInt8], String)] = [
      (bitmap(bits: 24, compression: 4), "got JPEG of 24 bits"),
      (bitmap(bits: 24, compression: 5), "got PNG of 24 bits"),
      (bitmap(bits: 64, compression: 0), "got 64"),
      (bitmap(bits: 8, compression: 2), "got number 2 of 8 bits"),
      (bitmap(bits: 32, compression: 3, masks: [0xF0F0, 0xFF, 0xFF0000]), "got f0f0, ff, ff0000"),
    ]
    for (bytes, ending) in kinds {
      let error = failure(bytes)
      #expect(error?.code == .unsupportedFormat)
      #expect(error?.message.hasSuffix(ending) == true, "\(String(describing: error))")
    }
  }

  @Test func tiffsOfOtherKindsSaySo() {
    let four = [UInt8](repeating: 1, count: 64)
    let kinds: [([UInt8], String)] = [
      (Self.tiff(four, width: 2, bits: 8, format: 1, photometric: 32_845), "got photometric 32845"),
      (Self.tiff(four, width: 2, bits: 8, format: 1, compression: 4711), "got number 4711"),
      (
        Self.tiff(four, width: 2, bits: 32, format: 3, samples: 3, photometric: 2),
        "got 3 samples of 32 bits, floating-point numbers"
      ),
      (Self.tiff(four, width: 2, bits: 32, format: 6), "got 1 samples of 32 bits, complex numbers"),
    ]
    for (bytes, ending) in kinds {
      let error = failure(bytes)
      #expect(error?.code == .unsupportedFormat)
      #expect(error?.message.hasSuffix(ending) == true, "\(String(describing: error))")
    }
  }

  /// libtiff would show its indices as gray.
  @Test func aPaletteThatIsMissingIsMissed() {
    let bytes = Self.tiff([1, 2, 3, 4] as [UInt8], width: 2, bits: 8, format: 1, photometric: 3)
    #expect(failure(bytes)?.code == .unreadable)
    #expect(failure(bytes)?.message == "malformed TIFF file: it has no palette")
  }

  /// What is black and what is white there, the file doesn't tell.
  @Test func grayValuesThatAreNoPhotoAreRefusedAsWhatTheyAre() throws {
    let kinds: [([UInt8], String)] = [
      (Self.tiff([-3.5, 2, 7, 1] as [Float], width: 2, bits: 32, format: 3), "got -3.5 to 7.0"),
      (Self.tiff([0, .nan, 7, 1] as [Float], width: 2, bits: 32, format: 3), "got nan"),
      (Self.tiff([0, .infinity, 7, 1] as [Double], width: 2, bits: 64, format: 3), "got inf"),
      (Self.tiff([0, 1, 7, 70_000] as [Float], width: 2, bits: 32, format: 3), "got 0.0 to 70000.0"),
      (Self.tiff([0, -1, 7, 1] as [Int16], width: 2, bits: 16, format: 2), "got -1 to 7"),
      (Self.tiff([0, 1, 7, 1 << 20] as [UInt32], width: 2, bits: 32, format: 1), "got 0 to 1048576"),
    ]
    for (bytes, ending) in kinds {
      let error = try #require(failure(bytes))
      #expect(error.code == .unsupportedFormat)
      #expect(error.message == "expected gray values from 0 to 65535 in the TIFF file, \(ending)")
    }
  }

  @Test func grayValuesAreSpreadByTheirRange() throws {
    func gray(_ bytes: [UInt8]) throws -> [UInt8] { try PhotoDecoder(channels: 1).decode(bytes).pixels }
    func whole(_ values: [UInt16]) -> [UInt8] { Self.tiff(values, width: 2, bits: 16, format: 1) }
    #expect(try gray(whole([0, 100, 255, 17])) == [0, 100, 255, 17])
    #expect(try gray(whole([0, 100, 256, 1023])) == [0, 25, 64, 255])
    #expect(try gray(whole([0, 100, 1024, 4095])) == [0, 6, 64, 255])
    #expect(try gray(whole([0, 100, 4096, 16_383])) == [0, 1, 64, 255])
    #expect(try gray(whole([0, 100, 16_384, 65_535])) == [0, 0, 64, 255])
    func real(_ values: [Float]) -> [UInt8] { Self.tiff(values, width: 2, bits: 32, format: 3) }
    #expect(try gray(real([0, 0.5, 1, 0.25])) == [0, 128, 255, 64])
    #expect(try gray(real([0, 0.5, 2, 255])) == [0, 1, 2, 255])
    #expect(try gray(real([0, 512, 1023, 1])) == [0, 128, 255, 0])
    #expect(try gray(real([0, 0, 0, 0])) == [0, 0, 0, 0])
  }

  /// giflib reads at most 8; Pillow reads 12.
  @Test func aGIFOfLongCodesIsNamedAsOne() throws {
    let bytes =
      Array("GIF89a".utf8) + [2, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]
      + [0x2C, 0, 0, 0, 0, 2, 0, 1, 0, 0, 11, 3, 0, 8, 0, 0, 0x3B]
    #expect(failure(bytes)?.code == .unsupportedFormat)
    #expect(
      failure(bytes)?.message == "expected codes that begin with up to 8 bits in the GIF file, got 11")
  }

  @Test func aPictureInAnotherCodecIsNamedAsOne() throws {
    let error = failure(try replacing("hvc1", by: "vvc1", in: "420.heic"))
    #expect(error?.code == .unsupportedFormat, "\(String(describing: error))")
    let other = failure(try replacing("av01", by: "vvc1", in: "420.avif"))
    #expect(other?.code == .unsupportedFormat || other?.code == .unreadable, "\(String(describing: other))")
  }

  /// The primary picture refers to properties by their numbers.
  @Test func aPictureWithoutPropertiesIsRefused() throws {
    let heic = failure(try replacing("ipco", by: "free", in: "420.heic"))
    #expect(heic?.code == .unsupportedFormat, "\(String(describing: heic))")
    let avif = failure(try replacing("ipco", by: "free", in: "420.avif"))
    #expect(avif?.code == .unreadable, "\(String(describing: avif))")
  }

  @Test func aHEICOfASequenceOnlySaysSo() {
    let bytes =
      [0, 0, 0, 20] + Array("ftyphevc".utf8) + [0, 0, 0, 0] + Array("hevc".utf8)
      + [0, 0, 0, 8] + Array("moov".utf8)
    #expect(
      failure(bytes)?.message == "expected a picture in the HEIC file, got none, or only a sequence of them")
  }
}

/// A format is told by the first bytes of a file, whatever its name.
@Suite struct PhotoFormatTests {
  @Test func thirtyTwoBytesAreEnough() throws {
    for cell in Grid.cells {
      let bytes = try cell.bytes()
      let header = try bytes.withUnsafeBytes { try PhotoHeader(of: $0) }
      #expect(bytes.prefix(32).withUnsafeBytes { PhotoFormat(startOf: $0) } == header.format, "\(cell.file)")
    }
  }

  @Test func brandsTellHEICFromAVIF() {
    func format(_ brands: String) -> PhotoFormat? {
      let box: [UInt8] = [0, 0, 0, UInt8(12 + brands.utf8.count)] + Array("ftyp".utf8)
      let main = Array(brands.utf8.prefix(4)) + [0, 0, 0, 0] + Array(brands.utf8.dropFirst(4))
      return (box + main).withUnsafeBytes { PhotoFormat(startOf: $0) }
    }
    #expect(format("heicmif1") == .heic)
    #expect(format("mif1heic") == .heic)
    #expect(format("mif1miafavif") == .avif)
    #expect(format("avismsf1") == .avif)
    #expect(format("msf1hevc") == .heic)
    #expect(format("isomavc1") == nil)
    #expect(format("crx isom") == nil)
  }
}
