/// The parts of a JPEG file that matter before it is decoded: its frame header and its EXIF segment.
struct JPEGStructure {
  let header: PhotoHeader
  /// Where the EXIF data lie, beginning with `Exif` and two zeros.
  let exif: Range<Int>?

  /// Walks the segments up to the first frame header.
  init(of bytes: UnsafeRawBufferPointer) throws(ImageError) {
    var position = 2
    var exif: Range<Int>?
    while true {
      // Like libjpeg, pass over anything between segments, and over fill bytes.
      while let byte = bytes.byte(at: position), byte != 0xFF { position += 1 }
      while bytes.byte(at: position) == 0xFF { position += 1 }
      guard let marker = bytes.byte(at: position) else { throw .cutShort(.jpeg, "a frame header") }
      position += 1
      switch marker {
      case 0x00, 0x01, 0xD0...0xD7: continue  // markers without a segment
      case 0xD8: throw .malformed(.jpeg, "a second beginning before the first picture")
      case 0xD9: throw .malformed(.jpeg, "it ends before its picture begins")
      case 0xDA: throw .malformed(.jpeg, "picture data without a frame header")
      default: break
      }
      guard let length = bytes.bigEndian16(at: position), length >= 2, position + length <= bytes.count
      else { throw .cutShort(.jpeg, "a segment") }
      if marker == 0xE1 && exif == nil && length >= 8 && bytes.holds("Exif\0\0", at: position + 2) {
        exif = position + 2..<position + length
      }
      if (0xC0...0xCF).contains(marker) && ![0xC4, 0xC8, 0xCC].contains(marker) {
        guard length >= 8, let bitDepth = bytes.byte(at: position + 2),
          let height = bytes.bigEndian16(at: position + 3), let width = bytes.bigEndian16(at: position + 5),
          let channels = bytes.byte(at: position + 7)
        else { throw .malformed(.jpeg, "a frame header too short") }
        header = PhotoHeader(
          format: .jpeg, height: height, width: width, channels: channels, bitDepth: bitDepth)
        self.exif = exif
        return
      }
      position += length
    }
  }
}
