internal import CAVIF
import WhiskerSystem

/// An AVIF file, whose boxes libavif has read; closed with its owner.
struct AVIFFile: ~Copyable {
  private let decoder: UnsafeMutablePointer<avifDecoder>

  /// Reads the boxes, but decodes nothing.
  ///
  /// - Parameter limits: What libavif and its decoder of AV1 allocate pictures for.
  init(_ bytes: UnsafeRawBufferPointer, limits: PhotoDecoder.Limits) throws(WhiskerError) {
    guard let decoder = avifDecoderCreate() else { throw .malformed(.avif, "libavif can't start") }
    decoder.pointee.maxThreads = 1  // photos are decoded side by side already
    decoder.pointee.ignoreExif = 1
    decoder.pointee.ignoreXMP = 1
    // Room for a tile of a small picture besides; libavif allows no more than the first number.
    let most = 16_384 * 16_384
    decoder.pointee.imageSizeLimit = UInt32(clamping: min(most, min(most, limits.maximumPixels) + 1 << 20))
    decoder.pointee.imageDimensionLimit = UInt32(clamping: limits.maximumSide)
    decoder.pointee.imageCountLimit = 100_000
    // As in Pillow: what is cropped isn't looked at, and old files don't say how deep they are.
    decoder.pointee.strictFlags &= ~(AVIF_STRICT_CLAP_VALID.rawValue | AVIF_STRICT_PIXI_REQUIRED.rawValue)
    let start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
    var result = avifDecoderSetIOMemory(decoder, start, bytes.count)
    if result == AVIF_RESULT_OK { result = avifDecoderParse(decoder) }
    if let failure = Self.failure(result) {
      avifDecoderDestroy(decoder)
      throw failure
    }
    self.decoder = decoder
  }

  deinit { avifDecoderDestroy(decoder) }

  private static func failure(_ result: avifResult) -> WhiskerError? {
    if result == AVIF_RESULT_OK { return nil }
    let message = String(cString: avifResultToString(result))
    switch result {
    case AVIF_RESULT_TRUNCATED_DATA: return .cutShort(.avif, "more picture data")
    case AVIF_RESULT_NOT_IMPLEMENTED, AVIF_RESULT_UNSUPPORTED_DEPTH, AVIF_RESULT_NO_CODEC_AVAILABLE:
      return WhiskerError(.unsupportedFormat, "", "a kind of AVIF that libavif can't read: \(message)")
    default: return .malformed(.avif, message)
    }
  }

  /// What the boxes say.
  var header: PhotoHeader {
    let image = decoder.pointee.image.pointee
    let colors = image.yuvFormat == AVIF_PIXEL_FORMAT_YUV400 ? 1 : 3
    return PhotoHeader(
      format: .avif, height: Int(image.height), width: Int(image.width),
      channels: colors + (decoder.pointee.alphaPresent != 0 ? 1 : 0), bitDepth: Int(image.depth))
  }

  /// How the picture is to be turned and mirrored: first turned anticlockwise, then mirrored.
  ///
  /// EXIF data repeat it, or contradict it, and don't count (ISO/IEC 23000-22).
  var orientation: PhotoOrientation {
    let image = decoder.pointee.image.pointee
    let turns = image.transformFlags & AVIF_TRANSFORM_IROT.rawValue != 0 ? Int(image.irot.angle) : 0
    let turned: [PhotoOrientation] = [.upright, .threeQuarterTurn, .halfTurn, .quarterTurn]
    guard image.transformFlags & AVIF_TRANSFORM_IMIR.rawValue != 0 else { return turned[turns & 3] }
    let upsideDown: [PhotoOrientation] = [.mirroredHalfTurn, .transposed, .mirrored, .transverse]
    let mirrored: [PhotoOrientation] = [.mirrored, .transverse, .mirroredHalfTurn, .transposed]
    return (image.imir.mode == 0 ? upsideDown : mirrored)[turns & 3]
  }

  /// Decodes the picture, of a sequence the first, in RGB.
  func photo(limits: PhotoDecoder.Limits) throws(WhiskerError) -> Photo {
    try header.check(against: limits, name: nil)
    if let failure = Self.failure(avifDecoderNextImage(decoder)) { throw failure }
    try header.check(against: limits, name: nil)
    return try decoder.pointee.image.pointee.photo(format: .avif)
  }
}

extension avifImage {
  /// The planes in RGB of 8 bits, with libavif's arithmetic; transparency is dropped.
  func photo(format: PhotoFormat) throws(WhiskerError) -> Photo {
    var image = self
    // Without a place for alpha, libavif would blend with black.
    let isMultiplied = image.alphaPlane != nil && image.alphaPremultiplied != 0
    if !isMultiplied { image.alphaPlane = nil }
    let (height, width, channels) = (Int(image.height), Int(image.width), isMultiplied ? 4 : 3)
    var rgb = avifRGBImage()
    avifRGBImageSetDefaults(&rgb, &image)
    rgb.depth = 8
    rgb.format = isMultiplied ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB
    rgb.rowBytes = UInt32(width * channels)
    var result = AVIF_RESULT_OK
    let pixels = [UInt8](unsafeUninitializedCapacity: height * width * channels) { buffer, count in
      rgb.pixels = buffer.baseAddress
      result = avifImageYUVToRGB(&image, &rgb)
      count = result == AVIF_RESULT_OK ? height * width * channels : 0
    }
    guard result == AVIF_RESULT_OK else {
      throw .unsupported(
        format, expected: "colours that libavif converts", got: String(cString: avifResultToString(result)))
    }
    if !isMultiplied { return Photo(height: height, width: width, channels: 3, pixels: pixels) }
    return Photo(height: height, width: width, channels: 3) { output in
      for index in 0..<output.count { output[index] = pixels[index / 3 * 4 + index % 3] }
    }
  }
}
