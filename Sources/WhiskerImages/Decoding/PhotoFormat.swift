/// The file formats that Whisker reads, recognised by their first bytes and never by the file extension.
public enum PhotoFormat: String, Codable, Hashable, Sendable, CaseIterable {
  /// JPEG: baseline or progressive, gray, colour or CMYK.
  case jpeg
  /// PNG of every colour type and depth.
  case png
  /// GIF; the first frame of an animation.
  case gif
  /// WebP, lossy or lossless; the first frame of an animation.
  case webp
  /// Windows and OS/2 bitmaps.
  case bmp
  /// TIFF; the first page.
  case tiff
  /// Netpbm's portable pixmaps: PBM, PGM and PPM, as text or bytes.
  case ppm
  /// HEIC, as phones write it; the primary picture.
  case heic
  /// AVIF; the first picture of a sequence.
  case avif

  /// The format whose beginning the bytes match, or nil; the first 32 bytes of a file are enough.
  public init?(startOf bytes: UnsafeRawBufferPointer) {
    switch true {
    case bytes.starts(with: [0xFF, 0xD8, 0xFF]): self = .jpeg
    case bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]): self = .png
    case bytes.starts(with: "GIF87a".utf8), bytes.starts(with: "GIF89a".utf8): self = .gif
    case bytes.starts(with: "RIFF".utf8) && bytes.holds("WEBP", at: 8): self = .webp
    case bytes.starts(with: "BM".utf8):
      // Texts begin with these letters too.
      if let size = bytes.littleEndian32(at: 14), !BMPHeader.sizes.contains(size) { return nil }
      self = .bmp
    case bytes.starts(with: [0x49, 0x49, 42, 0]), bytes.starts(with: [0x4D, 0x4D, 0, 42]),
      bytes.starts(with: [0x49, 0x49, 43, 0]), bytes.starts(with: [0x4D, 0x4D, 0, 43]):
      self = .tiff
    case bytes.byte(at: 0) == 0x50 && (0x31...0x36).contains(bytes.byte(at: 1) ?? 0):
      // So do texts; in a pixmap, spaces and a number follow, or a comment.
      func isSpace(_ byte: Int) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
      var position = 2
      while let byte = bytes.byte(at: position), isSpace(byte), position < 16 { position += 1 }
      guard let next = bytes.byte(at: position),
        next == 0x23 || position > 2 && (0x30...0x39).contains(next)
      else { return nil }
      self = .ppm
    case bytes.holds("ftyp", at: 4):
      guard let format = PhotoFormat(brandsOf: bytes) else { return nil }
      self = format
    default: return nil
    }
  }

  /// HEIC or AVIF, by the brands of its first box: the main one, or for the family of both one that it is
  /// compatible with.
  private init?(brandsOf bytes: UnsafeRawBufferPointer) {
    func isAny(of brands: [String], at offset: Int) -> Bool {
      brands.contains { bytes.holds($0, at: offset) }
    }
    let avif = ["avif", "avis"]
    if isAny(of: avif, at: 8) {
      self = .avif
    } else if isAny(of: ["heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"], at: 8) {
      self = .heic
    } else if isAny(of: ["mif1", "msf1", "mif2"], at: 8) {
      let end = min(bytes.bigEndian32(at: 0) ?? 0, bytes.count)
      self = stride(from: 16, to: end, by: 4).contains { isAny(of: avif, at: $0) } ? .avif : .heic
    } else {
      return nil
    }
  }

  /// The name as it is written: `JPEG`, `WebP`.
  public var name: String { self == .webp ? "WebP" : rawValue.uppercased() }

  /// What bytes of no readable format seem to be, for a message: "HEIC", "an HTML page", "unknown bytes 1f8b08".
  static func guess(startOf bytes: UnsafeRawBufferPointer) -> String {
    if bytes.holds("ftyp", at: 4) { return "a video" }
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
    ([0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20], "JPEG XL"), (Array("P7".utf8), "PAM"), (Array("PF".utf8), "PFM"),
    (Array("Pf".utf8), "PFM"), (Array("qoif".utf8), "QOI"), (Array("%!PS".utf8), "PostScript"),
  ]
}
