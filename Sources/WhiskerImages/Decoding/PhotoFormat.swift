/// The file formats that Whisker reads, recognised by their first bytes and never by the file extension.
public enum PhotoFormat: String, Codable, Hashable, Sendable, CaseIterable {
  /// JPEG: baseline or progressive, gray, colour or CMYK.
  case jpeg
  /// PNG of every colour type and depth.
  case png
  /// GIF; the first frame of an animation.
  case gif
  /// WebP, lossy or lossless, not animated.
  case webp
  /// Windows bitmap.
  case bmp
  /// TIFF; the first page.
  case tiff

  /// The format whose beginning the bytes match, or nil.
  public init?(startOf bytes: UnsafeRawBufferPointer) {
    switch true {
    case bytes.starts(with: [0xFF, 0xD8, 0xFF]): self = .jpeg
    case bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]): self = .png
    case bytes.starts(with: "GIF87a".utf8), bytes.starts(with: "GIF89a".utf8): self = .gif
    case bytes.starts(with: "RIFF".utf8) && bytes.holds("WEBP", at: 8): self = .webp
    case bytes.starts(with: "BM".utf8): self = .bmp
    case bytes.starts(with: [0x49, 0x49, 42, 0]), bytes.starts(with: [0x4D, 0x4D, 0, 42]),
      bytes.starts(with: [0x49, 0x49, 43, 0]), bytes.starts(with: [0x4D, 0x4D, 0, 43]):
      self = .tiff
    default: return nil
    }
  }

  /// The name as it is written: `JPEG`, `WebP`.
  public var name: String { self == .webp ? "WebP" : rawValue.uppercased() }

  /// What bytes of no readable format seem to be, for a message: "HEIC", "an HTML page", "unknown bytes 1f8b08".
  static func guess(startOf bytes: UnsafeRawBufferPointer) -> String {
    if bytes.holds("ftyp", at: 4) {
      if ["avif", "avis"].contains(where: { bytes.holds($0, at: 8) }) { return "AVIF" }
      if ["heic", "heix", "hevc", "mif1", "msf1"].contains(where: { bytes.holds($0, at: 8) }) {
        return "HEIC"
      }
      return "a video or HEIF container"
    }
    for (signature, name) in foreignSignatures where bytes.starts(with: signature) { return name }
    let text = String(decoding: bytes.prefix(256), as: UTF8.self).lowercased()
      .drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") { return "an HTML page" }
    if text.hasPrefix("<svg") || (text.hasPrefix("<?xml") && text.contains("<svg")) { return "SVG" }
    if text.hasPrefix("<?xml") { return "XML" }
    let start = bytes.prefix(4).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return "unknown bytes \(start.joined())"
  }

  private static let foreignSignatures: [([UInt8], String)] = [
    (Array("%PDF".utf8), "PDF"), (Array("8BPS".utf8), "a Photoshop file"),
    (Array("PK\u{3}\u{4}".utf8), "a ZIP archive"), ([0x1F, 0x8B], "a gzip archive"),
    ([0, 0, 1, 0], "an icon file"), ([0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20], "JPEG 2000"),
    ([0xFF, 0x4F, 0xFF, 0x51], "JPEG 2000"), ([0xFF, 0x0A], "JPEG XL"),
    ([0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20], "JPEG XL"), (Array("P4".utf8), "PBM"), (Array("P5".utf8), "PGM"),
    (Array("P6".utf8), "PPM"), (Array("qoif".utf8), "QOI"), (Array("%!PS".utf8), "PostScript"),
  ]
}
