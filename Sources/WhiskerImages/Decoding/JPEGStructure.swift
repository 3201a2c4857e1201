import WhiskerSystem

/// The parts of a JPEG file that matter before it is decoded: its frame header, its EXIF segment, its end.
struct JPEGStructure {
  let header: PhotoHeader
  /// Where the EXIF data lie, beginning with `Exif` and two zeros.
  let exif: Range<Int>?
  /// Where the XMP data lie.
  let xmp: Range<Int>?
  /// Where the first scan begins, at the latest.
  private let scanStart: Int

  private static let xmpName = "http://ns.adobe.com/xap/1.0/\0"

  /// Walks the segments up to the first scan.
  init(of bytes: UnsafeRawBufferPointer) throws(WhiskerError) {
    var position = 2
    var (exif, xmp): (Range<Int>?, Range<Int>?)
    var header: PhotoHeader?
    while true {
      // Like libjpeg, skip anything between segments, and fill bytes.
      while let byte = bytes.byte(at: position), byte != 0xFF { position += 1 }
      while bytes.byte(at: position) == 0xFF { position += 1 }
      guard let marker = bytes.byte(at: position) else { throw .cutShort(.jpeg, "picture data") }
      position += 1
      switch marker {
      case 0x00, 0x01, 0xD0...0xD7: continue  // markers without a segment
      case 0xD8: throw .malformed(.jpeg, "a second beginning before the first picture")
      case 0xD9: throw .malformed(.jpeg, "it ends before its picture begins")
      default: break
      }
      guard let length = bytes.bigEndian16(at: position), length >= 2, position + length <= bytes.count
      else { throw .cutShort(.jpeg, "a whole segment") }
      let segment = position..<position + length
      position = segment.upperBound
      switch marker {
      case 0xDA:
        guard let header else { throw .malformed(.jpeg, "picture data without a frame header") }
        self.header = header
        self.exif = exif
        self.xmp = xmp
        scanStart = position
        return
      case 0xE1 where exif == nil && length >= 8 && bytes.holds("Exif\0\0", at: segment.lowerBound + 2):
        exif = segment.lowerBound + 2..<segment.upperBound
      case 0xE1 where xmp == nil && bytes.holds(Self.xmpName, at: segment.lowerBound + 2):
        let start = segment.lowerBound + 2 + Self.xmpName.utf8.count
        if start <= segment.upperBound { xmp = start..<segment.upperBound }
      case 0xC4, 0xC8, 0xCC: break  // tables, whose numbers lie among the frame headers'
      case 0xC0...0xCF:
        guard header == nil else { throw .malformed(.jpeg, "a second frame header") }
        header = try Self.frameHeader(bytes, segment)
      default: break
      }
    }
  }

  private static func frameHeader(
    _ bytes: UnsafeRawBufferPointer, _ segment: Range<Int>
  ) throws(WhiskerError) -> PhotoHeader {
    let start = segment.lowerBound + 2
    guard segment.count >= 8, let bitDepth = bytes.byte(at: start),
      let height = bytes.bigEndian16(at: start + 1), let width = bytes.bigEndian16(at: start + 3),
      let channels = bytes.byte(at: start + 5)
    else { throw .malformed(.jpeg, "a frame header too short") }
    return PhotoHeader(format: .jpeg, height: height, width: width, channels: channels, bitDepth: bitDepth)
  }

  /// Whether the end marker follows the picture data, whatever comes after it.
  ///
  /// A decoder fills in what is missing and may not report it: a file without its end has lost part of its
  /// picture.
  func hasEnd(in bytes: UnsafeRawBufferPointer) -> Bool {
    var position = bytes.count - 2
    while position >= scanStart {
      if bytes[position] == 0xFF && bytes[position + 1] == 0xD9 { return true }
      position -= 1
    }
    return false
  }
}
