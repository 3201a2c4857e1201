public import WhiskerSystem

/// What a photo file says about itself, read without decoding it.
public struct PhotoHeader: Hashable, Sendable {
  /// The format, found from the first bytes.
  public let format: PhotoFormat
  /// Rows as stored, before any EXIF rotation.
  public let height: Int
  /// Columns as stored, before any EXIF rotation.
  public let width: Int
  /// Values per pixel: 1 for gray, 2 for gray with transparency, 3 for colour (also through a palette), 4 for
  /// colour with transparency or CMYK.
  public let channels: Int
  /// Bits per value, or per palette index.
  public let bitDepth: Int

  /// Reads the header of a photo file.
  ///
  /// Needs the first bytes only, except in TIFF, HEIC and AVIF, whose directories may stand at the end, and in JPEG,
  /// where thumbnails and profiles come before the size. Allocates next to nothing and ends for any input.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - name: The file's name, for errors.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `emptyFile`, `unsupportedFormat`, `truncated` or `unreadable`.
  public init(of bytes: UnsafeRawBufferPointer, name: String? = nil) throws(WhiskerError) {
    if bytes.isEmpty {
      throw WhiskerError(.emptyFile, name ?? "", expected: "a photo", got: "an empty file")
    }
    guard let format = PhotoFormat(startOf: bytes) else {
      let readable = PhotoFormat.allCases.map(\.name).joined(separator: ", ")
      throw WhiskerError(
        .unsupportedFormat, name ?? "",
        expected: "a photo (\(readable))", got: "\(PhotoFormat.guess(startOf: bytes))")
    }
    do {
      self =
        switch format {
        case .jpeg: try JPEGStructure(of: bytes).header
        case .png: try PhotoHeader(ofPNG: bytes)
        case .gif: try GIFStructure(of: bytes).header
        case .webp: try PhotoHeader(ofWebP: bytes)
        case .bmp: try BMPHeader(of: bytes).photoHeader
        case .tiff: try TIFFDirectory(of: bytes).header
        case .ppm: try PNMPicture(of: bytes).header
        case .heic, .avif: try PhotoHeader(ofHEIF: bytes, format: format)
        }
    } catch {
      throw error.with(at: name)
    }
  }

  init(format: PhotoFormat, height: Int, width: Int, channels: Int, bitDepth: Int) {
    self.format = format
    self.height = height
    self.width = width
    self.channels = channels
    self.bitDepth = bitDepth
  }
}

extension PhotoHeader {
  /// Refuses a picture that is empty or larger than the limits, before anything of its size is allocated.
  func check(against limits: PhotoDecoder.Limits, name: String?) throws(WhiskerError) {
    if height < 1 || width < 1 {
      throw WhiskerError(
        .unreadable, name ?? "", expected: "at least 1 × 1 pixels", got: "\(width) × \(height) in the header")
    }
    let (pixels, overflow) = height.multipliedReportingOverflow(by: width)
    if max(height, width) > limits.maximumSide || overflow || pixels > limits.maximumPixels {
      throw WhiskerError(
        .tooLarge, name ?? "",
        expected: "at most \(limits.maximumSide) pixels a side and \(limits.maximumPixels) in all",
        got: "\(width) × \(height) in the header")
    }
  }
}
