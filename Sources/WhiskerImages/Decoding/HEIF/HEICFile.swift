internal import CAVIF
internal import CHEIF
import WhiskerSystem

/// The primary picture of a HEIC file, opened by libheif; closed with its owner.
struct HEICFile: ~Copyable {
  private let context: OpaquePointer
  private let handle: OpaquePointer

  /// - Parameter limits: The sizes of pictures that are decoded.
  init(_ bytes: UnsafeRawBufferPointer, limits: PhotoDecoder.Limits) throws(WhiskerError) {
    for size in try HEIFBoxes(of: bytes, format: .heic).codedSizes {
      let coded = PhotoHeader(format: .heic, height: size.height, width: size.width, channels: 3, bitDepth: 8)
      // Coded pictures are padded to blocks of up to 64 pixels a side.
      var roomier = limits
      roomier.maximumSide = min(limits.maximumSide, .max - 64) + 64
      roomier.maximumPixels = min(limits.maximumPixels, .max / 2) + 64 * (size.height + size.width)
      do throws(WhiskerError) {
        try coded.check(against: roomier, name: nil)
      } catch {
        try coded.check(against: limits, name: nil)  // names the limits that were asked for
        throw error
      }
    }
    guard let context = heif_context_alloc() else { throw .malformed(.heic, "libheif can't start") }
    heif_context_set_maximum_image_size_limit(context, Int32(clamping: limits.maximumSide))
    heif_context_set_max_decoding_threads(context, 0)  // photos are decoded side by side already
    var handle: OpaquePointer?
    var error = heif_context_read_from_memory_without_copy(context, bytes.baseAddress, bytes.count, nil)
    if error.code == heif_error_Ok { error = heif_context_get_primary_image_handle(context, &handle) }
    guard error.code == heif_error_Ok, let handle else {
      let failure = Self.failure(error)
      heif_context_free(context)
      throw failure
    }
    self.context = context
    self.handle = handle
  }

  deinit {
    heif_image_handle_release(handle)
    heif_context_free(context)
  }

  private static func failure(_ error: heif_error) -> WhiskerError {
    let message = error.message.map { String(cString: $0) } ?? "libheif can't read it"
    switch error.subcode {
    case heif_suberror_End_of_data: return .cutShort(.heic, "more picture data")
    case heif_suberror_Unsupported_codec:
      if heif_have_decoder_for_format(heif_compression_HEVC) == 0 { return missingDecoder }
      return .unsupported(
        .heic, expected: "a codec that libheif has a decoder for", got: "another (\(message))")
    case heif_suberror_Security_limit_exceeded:
      return WhiskerError(.tooLarge, "", "larger than the limits allow: \(message)")
    default: break
    }
    if error.code == heif_error_Unsupported_feature || error.code == heif_error_Unsupported_filetype {
      return WhiskerError(.unsupportedFormat, "", "a kind of HEIC that libheif can't read: \(message)")
    }
    return .malformed(.heic, message)
  }

  /// libheif as some systems install it: without the plugin for what phones write.
  static var missingDecoder: WhiskerError {
    WhiskerError(
      .unsupportedFormat, "",
      expected:
        "libheif with a decoder for HEVC, as Debian's package libheif-plugin-libde265 is from Debian 13 on",
      got: "libheif \(String(cString: heif_get_version())) without one")
  }

  /// Decodes the picture in RGB, turned, mirrored and cropped as its properties say.
  func photo(limits: PhotoDecoder.Limits) throws(WhiskerError) -> Photo {
    let picture = try HEICPicture(handle, colors: heif_colorspace_undefined, chroma: heif_chroma_undefined)
    if let photo = try picture.photoFromPlanes(limits: limits) { return photo }
    return try HEICPicture(handle, colors: heif_colorspace_RGB, chroma: heif_chroma_interleaved_RGB)
      .photoFromRGB(limits: limits)
  }

  /// A decoded picture; freed with its owner.
  private struct HEICPicture: ~Copyable {
    private let image: OpaquePointer

    init(_ handle: OpaquePointer, colors: heif_colorspace, chroma: heif_chroma) throws(WhiskerError) {
      var image: OpaquePointer?
      let error = heif_decode_image(handle, &image, colors, chroma, nil)
      guard error.code == heif_error_Ok, let image else { throw HEICFile.failure(error) }
      self.image = image
    }

    deinit { heif_image_release(image) }

    private func header(limits: PhotoDecoder.Limits, _ channel: heif_channel) throws(WhiskerError)
      -> PhotoHeader
    {
      let header = PhotoHeader(
        format: .heic, height: Int(heif_image_get_height(image, channel)),
        width: Int(heif_image_get_width(image, channel)), channels: 3,
        bitDepth: Int(heif_image_get_bits_per_pixel_range(image, channel)))
      try header.check(against: limits, name: nil)
      return header
    }

    /// The planes of brightness and colour in libavif's conversion; nil if the picture has other planes.
    ///
    /// libheif's own, before its version 1.16, repeats each colour of four pixels instead of mixing them.
    func photoFromPlanes(limits: PhotoDecoder.Limits) throws(WhiskerError) -> Photo? {
      let isGray = heif_image_get_colorspace(image) == heif_colorspace_monochrome
      guard isGray || heif_image_get_colorspace(image) == heif_colorspace_YCbCr,
        let result = avifImageCreateEmpty()
      else { return nil }
      defer { avifImageDestroy(result) }
      let header = try header(limits: limits, heif_channel_Y)
      (result.pointee.height, result.pointee.width) = (UInt32(header.height), UInt32(header.width))
      result.pointee.depth = UInt32(clamping: header.bitDepth)
      switch heif_image_get_chroma_format(image) {
      case _ where isGray: result.pointee.yuvFormat = AVIF_PIXEL_FORMAT_YUV400
      case heif_chroma_420: result.pointee.yuvFormat = AVIF_PIXEL_FORMAT_YUV420
      case heif_chroma_422: result.pointee.yuvFormat = AVIF_PIXEL_FORMAT_YUV422
      case heif_chroma_444: result.pointee.yuvFormat = AVIF_PIXEL_FORMAT_YUV444
      default: return nil
      }
      guard let y = plane(heif_channel_Y, header, (header.width, header.height)) else { return nil }
      result.pointee.yuvPlanes.0 = y.bytes
      result.pointee.yuvRowBytes.0 = y.rowBytes
      if !isGray {
        let isHalf = result.pointee.yuvFormat != AVIF_PIXEL_FORMAT_YUV444
        let width = isHalf ? (header.width + 1) / 2 : header.width
        let height =
          result.pointee.yuvFormat == AVIF_PIXEL_FORMAT_YUV420 ? (header.height + 1) / 2 : header.height
        guard let cb = plane(heif_channel_Cb, header, (width, height)),
          let cr = plane(heif_channel_Cr, header, (width, height))
        else { return nil }
        (result.pointee.yuvPlanes.1, result.pointee.yuvRowBytes.1) = (cb.bytes, cb.rowBytes)
        (result.pointee.yuvPlanes.2, result.pointee.yuvRowBytes.2) = (cr.bytes, cr.rowBytes)
      }
      setColors(of: &result.pointee)
      return try result.pointee.photo(format: .heic)
    }

    /// A plane of at least a size; nil if there is none.
    private func plane(
      _ channel: heif_channel, _ header: PhotoHeader, _ size: (width: Int, height: Int)
    ) -> (bytes: UnsafeMutablePointer<UInt8>, rowBytes: UInt32)? {
      var stride: Int32 = 0
      guard heif_image_get_width(image, channel) >= size.width,
        heif_image_get_height(image, channel) >= size.height,
        Int(heif_image_get_bits_per_pixel_range(image, channel)) == header.bitDepth,
        let bytes = heif_image_get_plane_readonly(image, channel, &stride), stride > 0
      else { return nil }
      return (UnsafeMutablePointer(mutating: bytes), UInt32(stride))  // libavif only reads it
    }

    /// The matrix and range of the planes; where nothing says so, those of JPEG.
    private func setColors(of result: inout avifImage) {
      result.yuvRange = AVIF_RANGE_FULL
      result.matrixCoefficients = avifMatrixCoefficients(AVIF_MATRIX_COEFFICIENTS_BT601)
      var profile: UnsafeMutablePointer<heif_color_profile_nclx>?
      guard heif_image_get_nclx_color_profile(image, &profile).code == heif_error_Ok, let profile else {
        return
      }
      defer { heif_nclx_color_profile_free(profile) }
      result.yuvRange = profile.pointee.full_range_flag != 0 ? AVIF_RANGE_FULL : AVIF_RANGE_LIMITED
      result.colorPrimaries = avifColorPrimaries(profile.pointee.color_primaries.rawValue)
      let matrix = profile.pointee.matrix_coefficients.rawValue
      if matrix != 2 { result.matrixCoefficients = avifMatrixCoefficients(matrix) }
    }

    /// Interleaved red, green and blue.
    func photoFromRGB(limits: PhotoDecoder.Limits) throws(WhiskerError) -> Photo {
      let header = try header(limits: limits, heif_channel_interleaved)
      var stride: Int32 = 0
      guard let plane = heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride),
        Int(stride) >= header.width * 3, header.bitDepth == 8
      else { throw .unsupported(.heic, expected: "colours that libheif converts", got: "others") }
      return Photo(height: header.height, width: header.width, channels: 3) { output in
        for row in 0..<header.height {
          for index in 0..<header.width * 3 {
            output[row * header.width * 3 + index] = plane[row * Int(stride) + index]
          }
        }
      }
    }
  }
}
