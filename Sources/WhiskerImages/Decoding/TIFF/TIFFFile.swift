internal import CTIFF
import WhiskerSystem

/// The first page of a TIFF file, opened by libtiff; closed with its owner.
struct TIFFFile: ~Copyable {
  private let source: UnsafeMutablePointer<whisker_tiff_file>
  private let tiff: OpaquePointer
  let layout: TIFFLayout

  /// - Parameter limit: The bytes that libtiff may allocate at once.
  init(_ bytes: UnsafeRawBufferPointer, allocating limit: Int) throws(WhiskerError) {
    let source = UnsafeMutablePointer<whisker_tiff_file>.allocate(capacity: 1)
    source.initialize(to: whisker_tiff_file())
    source.pointee.bytes = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
    source.pointee.size = UInt64(bytes.count)
    guard let tiff = whisker_tiff_open(source, tmsize_t(limit)) else {
      let failure = Self.failure(source)
      source.deallocate()
      throw failure
    }
    self.source = source
    self.tiff = tiff
    layout = TIFFLayout(of: tiff)
  }

  deinit {
    TIFFClose(tiff)
    source.deallocate()
  }

  private static func failure(_ source: UnsafeMutablePointer<whisker_tiff_file>) -> WhiskerError {
    let message = withUnsafeBytes(of: source.pointee.message) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return .malformed(.tiff, message.isEmpty ? "libtiff can't read it" : message)
  }

  /// libtiff's first complaint.
  var failure: WhiskerError { Self.failure(source) }

  /// The orientation of the page's tag, or else of its XMP data.
  var orientation: PhotoOrientation {
    if let orientation = PhotoOrientation(rawValue: layout.orientation), orientation != .upright {
      return orientation
    }
    var count: UInt32 = 0
    guard !layout.statesOrientation, let start = whisker_tiff_xmp(tiff, &count) else { return .upright }
    return PhotoOrientation(exif: nil, xmp: UnsafeRawBufferPointer(start: start, count: Int(count)))
  }

  /// Lets libtiff convert JPEG's YCbCr to RGB; to be called before anything is read.
  func convertJPEG() { whisker_tiff_convert_jpeg(tiff) }

  /// The palette's colours: of 16 bits each, or of 8 where no number is larger.
  func palette() -> [UInt8]? {
    var (red, green, blue):
      (
        UnsafeMutablePointer<UInt16>?, UnsafeMutablePointer<UInt16>?, UnsafeMutablePointer<UInt16>?
      )
    guard whisker_tiff_palette(tiff, &red, &green, &blue) != 0, let red, let green, let blue else {
      return nil
    }
    let colors = (0..<1 << min(layout.bits, 8)).flatMap { [red[$0], green[$0], blue[$0]] }
    let shift: UInt16 = colors.contains { $0 > 255 } ? 8 : 0
    return colors.map { UInt8(truncatingIfNeeded: $0 >> shift) }
  }

  /// The whole picture in libtiff's own conversion to RGB and alpha, rows as stored.
  func rgba(into raster: UnsafeMutablePointer<UInt32>) -> Bool {
    whisker_tiff_rgba(tiff, UInt32(layout.width), UInt32(layout.height), raster) != 0
  }

  /// Shows the pixels to `body`, piece by piece: rows of a strip, or of a tile.
  ///
  /// - Parameters:
  ///   - channels: How many samples of a pixel are needed, its first ones: planes beyond them aren't read.
  ///   - limit: The bytes of a tile, at most.
  ///   - body: Is given the bytes of some pixels of one row, the position of the first, their number, and the plane:
  ///     where the samples are in planes of their own, it is called for each, otherwise with 0.
  func forEachPiece(
    channels: Int, allocating limit: Int,
    _ body: (UnsafeRawBufferPointer, _ row: Int, _ column: Int, _ count: Int, _ plane: Int) -> Void
  ) throws(WhiskerError) {
    let planes = layout.isPlanar ? min(channels, layout.samples) : 1
    if TIFFIsTiled(tiff) == 0 {
      let size = Int(TIFFScanlineSize64(tiff))
      guard size > 0, size <= limit, size >= layout.bytes(forPixels: layout.width) else { throw failure }
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
      defer { buffer.deallocate() }
      for plane in 0..<planes {
        for row in 0..<layout.height {
          guard TIFFReadScanline(tiff, buffer.baseAddress, UInt32(row), UInt16(plane)) == 1 else {
            throw failure
          }
          body(UnsafeRawBufferPointer(buffer), row, 0, layout.width, plane)
        }
      }
      return
    }
    let size = Int(TIFFTileSize64(tiff))
    let rowSize = Int(TIFFTileRowSize64(tiff))
    let (tileWidth, tileHeight) = layout.tile
    guard tileWidth > 0, tileHeight > 0, size > 0, rowSize >= layout.bytes(forPixels: tileWidth),
      size >= rowSize * tileHeight
    else { throw failure }
    guard size <= limit else {
      throw WhiskerError(.tooLarge, "", expected: "tiles of at most \(limit) bytes", got: "\(size)")
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    defer { buffer.deallocate() }
    for plane in 0..<planes {
      for top in stride(from: 0, to: layout.height, by: tileHeight) {
        for left in stride(from: 0, to: layout.width, by: tileWidth) {
          let tile = TIFFComputeTile(tiff, UInt32(left), UInt32(top), 0, UInt16(plane))
          guard TIFFReadEncodedTile(tiff, tile, buffer.baseAddress, tmsize_t(size)) == size else {
            throw failure
          }
          for row in 0..<min(tileHeight, layout.height - top) {
            body(
              UnsafeRawBufferPointer(rebasing: buffer[row * rowSize..<(row + 1) * rowSize]), top + row, left,
              min(tileWidth, layout.width - left), plane)
          }
        }
      }
    }
  }
}

/// What a page's tags say about its pixels.
struct TIFFLayout {
  let width: Int
  let height: Int
  let bits: Int
  let samples: Int
  let format: UInt16
  let photometric: UInt16
  let compression: UInt16
  let isPlanar: Bool
  let extras: [UInt16]
  let tile: (width: Int, height: Int)
  let subsampling: (across: Int, down: Int)
  let orientation: UInt16
  let statesOrientation: Bool

  init(of tiff: OpaquePointer) {
    func short(_ tag: Int32, _ missing: UInt16) -> UInt16 { whisker_tiff_short(tiff, UInt32(tag), missing) }
    func long(_ tag: Int32) -> Int { Int(whisker_tiff_long(tiff, UInt32(tag), 0)) }
    (width, height) = (long(TIFFTAG_IMAGEWIDTH), long(TIFFTAG_IMAGELENGTH))
    (bits, samples) = (Int(short(TIFFTAG_BITSPERSAMPLE, 1)), Int(short(TIFFTAG_SAMPLESPERPIXEL, 1)))
    format = short(TIFFTAG_SAMPLEFORMAT, 1)
    photometric = short(TIFFTAG_PHOTOMETRIC, 0)
    compression = short(TIFFTAG_COMPRESSION, 1)
    isPlanar = short(TIFFTAG_PLANARCONFIG, 1) == UInt16(PLANARCONFIG_SEPARATE) && samples > 1
    var kinds = [UInt16](repeating: 0, count: 8)
    let count = min(8, Int(whisker_tiff_extra_samples(tiff, &kinds)))
    extras = Array(kinds.prefix(count))
    tile = (long(TIFFTAG_TILEWIDTH), long(TIFFTAG_TILELENGTH))
    var (across, down): (UInt16, UInt16) = (2, 2)
    whisker_tiff_subsampling(tiff, &across, &down)
    subsampling = (Int(across), Int(down))
    orientation = whisker_tiff_short(tiff, UInt32(TIFFTAG_ORIENTATION), 1)
    statesOrientation = whisker_tiff_states(tiff, UInt32(TIFFTAG_ORIENTATION)) != 0
  }

  /// The bytes of so many pixels of one row, of one plane.
  func bytes(forPixels count: Int) -> Int { (count * (isPlanar ? 1 : samples) * bits + 7) / 8 }
}
