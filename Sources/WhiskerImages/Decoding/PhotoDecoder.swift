public import Foundation
public import WhiskerSystem

/// Reads photos of every supported format into 8-bit pixels.
///
/// The decoder is a plain value of settings and may be used from many threads at once. The result equals what
/// Pillow gives for the same file, turned upright (`ImageOps.exif_transpose`), then `convert("RGB")` or `"L"`, but for what
/// docs/photos.md lists.
///
/// - JPEG goes through libjpeg-turbo. A file that ends before its picture is refused; stray bytes between the
///   segments are skipped. CMYK is converted without colour management.
/// - PNG goes through libpng, without its gamma or colour profile.
/// - GIF goes through giflib, WebP through libwebp: the first frame, pasted on its screen or canvas.
/// - TIFF (first page) goes through libtiff, HEIC (primary picture) through libheif, AVIF through libavif.
/// - BMP and the portable pixmaps (PBM, PGM, PPM) are read here.
/// - 16-bit colours keep their upper 8 bits. Gray of more than 8 bits, where Pillow cuts at 255, is spread by its
///   largest value: white is the smallest of 255, 1023, 4095, 16383 and 65535 that no value exceeds, and of
///   floating-point numbers also 1.
/// - Transparency is dropped, not blended; colours that were multiplied by it are divided again.
public struct PhotoDecoder: Hashable, Sendable {
  /// The largest picture that is decoded; the header is checked against it before anything is allocated.
  public struct Limits: Hashable, Sendable {
    /// Rows and columns, at most.
    public var maximumSide = 30_000
    /// Rows times columns, at most.
    ///
    /// While a file is decoded, up to 24 bytes a pixel are held, in JPEG, PNG, BMP and WebP up to 9.
    public var maximumPixels = 100_000_000
    /// Bytes of a file, at most (2³¹ − 1).
    public var maximumFileSize = Int(Int32.max)

    /// The default limits: 30,000 pixels a side, 100 million in all.
    public init() {}
  }

  /// 3 for RGB, 1 for gray (see ``Photo/gray``).
  public var channels: Int
  /// Whether a JPEG, PNG or WebP is turned upright as its EXIF or XMP data say.
  ///
  /// Keras and plain Pillow don't do this. TIFF, HEIC and AVIF are always turned: the format itself says how.
  public var honorsOrientation: Bool
  /// Whether a JPEG that is resized to much less is decoded at a half, a quarter or an eighth of its size first.
  ///
  /// Several times faster for large photos, and not quite Pillow's pixels: libjpeg-turbo takes the mean of pixels
  /// in the transform. What is decoded keeps at least four times the rows and columns that are asked for.
  public var reducesJPEG = false
  /// How many times the rows and columns that are asked for are kept where that is done, at least.
  package var reducedSides = 4
  /// The largest picture that is decoded.
  public var limits: Limits

  /// A decoder of the given settings.
  public init(channels: Int = 3, honorsOrientation: Bool = true, limits: Limits = Limits()) {
    precondition(channels == 1 || channels == 3, "photos have 1 or 3 channels, not \(channels)")
    self.channels = channels
    self.honorsOrientation = honorsOrientation
    self.limits = limits
  }

  /// Decodes a file held in memory.
  ///
  /// - Parameters:
  ///   - bytes: The file: `[UInt8]`, `Data`, `UnsafeRawBufferPointer`.
  ///   - name: The file's name, for errors.
  ///   - size: The size to resize to; nil keeps the file's own. Together with decoding this is cheaper than
  ///     ``Photo/resized(height:width:interpolation:)`` afterwards: the large picture is never copied.
  ///   - decompressor: A decompressor to use again, in a loop; nil makes one for the call.
  /// - Throws: ``WhiskerSystem/WhiskerError``.
  public func decode(
    _ bytes: some ContiguousBytes, name: String? = nil, resizedTo size: PhotoSize? = nil,
    reusing decompressor: JPEGDecompressor? = nil
  ) throws(WhiskerError) -> Photo {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(WhiskerError) -> Photo in
        try decodeBytes(bytes, name: name, size: size, reusing: decompressor)
      }
    }
    do {
      return try result.get()
    } catch {
      throw error.place.isEmpty ? error.with(at: name) : error
    }
  }

  /// Decodes a file; the parameters are those of ``decode(_:name:resizedTo:reusing:)``.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``, which names the file by its path.
  public func decode(
    contentsOf url: URL, resizedTo size: PhotoSize? = nil, reusing decompressor: JPEGDecompressor? = nil
  ) throws(WhiskerError) -> Photo {
    let bytes = try FileBytes.read(url, limit: limits.maximumFileSize)
    return try decode(bytes, name: url.path, resizedTo: size, reusing: decompressor)
  }

  private func decodeBytes(
    _ bytes: UnsafeRawBufferPointer, name: String?, size: PhotoSize?, reusing decompressor: JPEGDecompressor?
  ) throws(WhiskerError) -> Photo {
    if bytes.count > limits.maximumFileSize {
      throw WhiskerError(
        .tooLarge, "", expected: "at most \(limits.maximumFileSize) bytes", got: "\(bytes.count)")
    }
    let header = try PhotoHeader(of: bytes)
    try header.check(against: limits, name: name)
    if header.format == .jpeg {
      guard let decompressor else {
        return try decodeJPEG(bytes, size: size, with: JPEGDecompressor())
      }
      return try decodeJPEG(bytes, size: size, with: decompressor)
    }
    let (photo, orientation) = try decodeOther(bytes, header)
    if orientation == .upright && size == nil { return photo.converted(toChannels: channels) }
    return photo.withPixelView { finish($0, orientation: orientation, size: size) }
  }

  /// Decodes what isn't JPEG, in gray or RGB; tells how it is to be turned.
  private func decodeOther(
    _ bytes: UnsafeRawBufferPointer, _ header: PhotoHeader
  ) throws(WhiskerError) -> (Photo, PhotoOrientation) {
    switch header.format {
    case .jpeg: preconditionFailure("JPEG has a way of its own")
    case .png:
      return (
        try Self.decodePNG(bytes, header), honorsOrientation ? PhotoOrientation(ofPNG: bytes) : .upright
      )
    case .gif: return (try Self.decodeGIF(bytes), .upright)
    case .webp:
      return (
        try Self.decodeWebP(bytes, header), honorsOrientation ? PhotoOrientation(ofWebP: bytes) : .upright
      )
    case .bmp: return (try Self.decodeBMP(bytes), .upright)
    case .tiff: return try Self.decodeTIFF(bytes, header)
    case .ppm: return (try PNMPicture(of: bytes).photo(of: bytes), .upright)
    case .heic: return (try HEICFile(bytes, limits: limits).photo(limits: limits), .upright)
    case .avif:
      let file = try AVIFFile(bytes, limits: limits)
      return (try file.photo(limits: limits), file.orientation)
    }
  }

  private func decodeJPEG(
    _ bytes: UnsafeRawBufferPointer, size: PhotoSize?, with decompressor: JPEGDecompressor
  ) throws(WhiskerError) -> Photo {
    let structure = try JPEGStructure(of: bytes)
    guard structure.hasEnd(in: bytes) else { throw .cutShort(.jpeg, "more picture data") }
    let header = structure.header
    let layout = try JPEGDecompressor.Layout(header)
    var orientation = PhotoOrientation.upright
    if honorsOrientation {
      func data(_ place: Range<Int>?) -> UnsafeRawBufferPointer? {
        place.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
      }
      orientation = PhotoOrientation(exif: data(structure.exif), xmp: data(structure.xmp))
    }
    if layout.channels == channels && orientation == .upright && size == nil {
      return try decompressor.photo(of: bytes, header, layout: layout)
    }
    let reduction = reducesJPEG ? size.map { self.reduction(of: header, to: $0) } ?? 1 : 1
    return try decompressor.withPixels(of: bytes, header, layout: layout, reduction: reduction) { view in
      finish(view, orientation: orientation, size: size)
    }
  }

  /// How many times smaller a picture can be decoded for a target size: 1, 2, 4 or 8.
  private func reduction(of header: PhotoHeader, to size: PhotoSize) -> Int {
    let excess = min(header.height, header.width) / (reducedSides * max(size.height, size.width))
    return excess >= 8 ? 8 : excess >= 4 ? 4 : excess >= 2 ? 2 : 1
  }

  /// Colour, orientation, size, each only if there is something to change.
  private func finish(_ view: PixelView, orientation: PhotoOrientation, size: PhotoSize?) -> Photo {
    if view.channels == 4 {
      return view.rgbFromInvertedCMYK.converted(toChannels: channels).withPixelView {
        finish($0, orientation: orientation, size: size)
      }
    }
    if orientation != .upright {
      return view.upright(from: orientation).withPixelView { finish($0, orientation: .upright, size: size) }
    }
    // Picking pixels commutes with converting each: pick first, convert the few that are left.
    if let size, size.interpolation == .nearest || view.channels == channels {
      return view.resized(height: size.height, width: size.width, interpolation: size.interpolation)
        .converted(toChannels: channels)
    }
    let converted = view.copied.converted(toChannels: channels)
    return size.map {
      converted.resized(height: $0.height, width: $0.width, interpolation: $0.interpolation)
    } ?? converted
  }
}

/// A size to resize photos to, and how.
public struct PhotoSize: Hashable, Sendable {
  /// Rows, at least 1.
  public var height: Int
  /// Columns, at least 1.
  public var width: Int
  /// How the new pixels are made.
  public var interpolation: Interpolation

  /// A size of at least 1 × 1.
  public init(height: Int, width: Int, interpolation: Interpolation = .nearest) {
    precondition(height > 0 && width > 0, "a photo can't be resized to \(height) × \(width)")
    self.height = height
    self.width = width
    self.interpolation = interpolation
  }
}
