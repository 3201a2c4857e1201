internal import CDeflate

// Where the formats keep their EXIF and XMP data.

extension PhotoOrientation {
  /// The orientation that a file's EXIF data say, or else its XMP data, as in Pillow; upright if neither does.
  ///
  /// - Parameters:
  ///   - exif: EXIF data, which may begin with `Exif` and two zeros.
  ///   - xmp: A packet of XMP.
  init(exif: UnsafeRawBufferPointer?, xmp: UnsafeRawBufferPointer?) {
    if let exif, let orientation = PhotoOrientation(exif: exif) {
      self = orientation
    } else if let xmp, let orientation = PhotoOrientation(xmp: xmp) {
      self = orientation
    } else {
      self = .upright
    }
  }

  /// What XMP says in `tiff:Orientation`, as an attribute or an element; nil if it doesn't.
  init?(xmp: UnsafeRawBufferPointer) {
    let name = "tiff:Orientation"
    for (position, byte) in xmp.enumerated() where byte == 0x74 && xmp.holds(name, at: position) {
      let after = position + name.utf8.count
      let isAttribute = xmp.holds("=\"", at: after)
      guard isAttribute || xmp.holds(">", at: after),
        let digit = xmp.byte(at: after + (isAttribute ? 2 : 1)), (0x30...0x39).contains(digit)
      else { continue }
      self = PhotoOrientation(rawValue: UInt16(digit - 0x30)) ?? .upright
      return
    }
    return nil
  }

  /// PNG: the chunk `eXIf`, or else ImageMagick's text of hexadecimal digits; XMP is a text too.
  init(ofPNG bytes: UnsafeRawBufferPointer) {
    var (exif, xmp): ([UInt8]?, [UInt8]?)
    for chunk in PNGChunks(of: bytes) where [0x65, 0x7A, 0x74, 0x69].contains(bytes[chunk.lowerBound + 4]) {
      let data = UnsafeRawBufferPointer(rebasing: bytes[chunk.lowerBound + 8..<chunk.upperBound - 4])
      if bytes.holds("eXIf", at: chunk.lowerBound + 4) {
        exif = Array(data)
      } else if let text = PNGText(of: data, kind: Array(bytes[chunk.lowerBound + 4..<chunk.lowerBound + 8]))
      {
        if text.keyword == "Raw profile type exif" { exif = exif ?? text.decodedProfile }
        if text.keyword == "XML:com.adobe.xmp" { xmp = text.text }
      }
    }
    self = (exif ?? []).withUnsafeBytes { exif in
      (xmp ?? []).withUnsafeBytes { xmp in
        PhotoOrientation(exif: exif.isEmpty ? nil : exif, xmp: xmp.isEmpty ? nil : xmp)
      }
    }
  }

  /// WebP: the chunks `EXIF` and `XMP `.
  init(ofWebP bytes: UnsafeRawBufferPointer) {
    let chunks = WebPChunks(of: bytes)
    func data(_ name: String) -> UnsafeRawBufferPointer? {
      chunks[name].map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
    }
    self.init(exif: data("EXIF"), xmp: data("XMP "))
  }
}

/// A text of a PNG file with one of the keywords that may tell an orientation.
private struct PNGText {
  let keyword: String
  let text: [UInt8]

  /// More of a text isn't inflated.
  private static let limit = 4 << 20

  init?(of data: UnsafeRawBufferPointer, kind: [UInt8]) {
    guard let end = data.prefix(80).firstIndex(of: 0) else { return nil }
    keyword = String(decoding: data[..<end], as: UTF8.self)
    guard keyword == "Raw profile type exif" || keyword == "XML:com.adobe.xmp" else { return nil }
    var start = end + 1
    var isCompressed = false
    switch String(decoding: kind, as: UTF8.self) {
    case "tEXt": break
    case "zTXt":
      isCompressed = true
      start += 1
    case "iTXt":
      isCompressed = data.byte(at: start) == 1
      start += 2
      for _ in 0..<2 {  // a language and a translated keyword
        guard start <= data.count, let end = data[start...].firstIndex(of: 0) else { return nil }
        start = end + 1
      }
    default: return nil
    }
    guard start <= data.count else { return nil }
    let stored = UnsafeRawBufferPointer(rebasing: data[start...])
    if !isCompressed {
      text = Array(stored)
    } else {
      guard let inflated = Self.inflated(stored) else { return nil }
      text = inflated
    }
  }

  private static func inflated(_ data: UnsafeRawBufferPointer) -> [UInt8]? {
    guard let decompressor = libdeflate_alloc_decompressor() else { return nil }
    defer { libdeflate_free_decompressor(decompressor) }
    var succeeded = false
    let result = [UInt8](unsafeUninitializedCapacity: min(limit, 1032 * data.count + 64)) { buffer, count in
      var written = 0
      succeeded =
        libdeflate_zlib_decompress(
          decompressor, data.baseAddress, data.count, buffer.baseAddress, buffer.count, &written)
        == LIBDEFLATE_SUCCESS
      count = succeeded ? written : 0
    }
    return succeeded ? result : nil
  }

  /// The bytes of ImageMagick's form: three lines, then hexadecimal digits.
  var decodedProfile: [UInt8]? {
    let lines = text.split(separator: 0x0A, maxSplits: 3, omittingEmptySubsequences: false)
    guard lines.count == 4 else { return nil }
    let digits = lines[3].compactMap { byte in Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
