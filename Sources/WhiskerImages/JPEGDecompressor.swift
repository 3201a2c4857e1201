internal import CTurboJPEG

/// A reusable libjpeg-turbo decompressor with room for one decoded picture.
///
/// Making one costs more than decoding a thumbnail: a loop over many photos makes one per thread and hands it
/// to ``PhotoDecoder``'s functions. It isn't safe to share between threads, and isn't `Sendable`.
public final class JPEGDecompressor {
  private let handle: tjhandle
  private var scratch: [UInt8] = []

  /// A new decompressor.
  ///
  /// - Throws: ``ImageError`` with code `unreadable` if libjpeg-turbo can't start (it is out of memory).
  public init() throws(ImageError) {
    guard let handle = tjInitDecompress() else {
      throw ImageError(.unreadable, "libjpeg-turbo can't start")
    }
    self.handle = handle
  }

  deinit { tjDestroy(handle) }

  /// What the pixels are decoded to.
  enum Layout {
    case gray, rgb, cmyk

    init(_ header: PhotoHeader) throws(ImageError) {
      switch header.channels {
      case 1: self = .gray
      case 3: self = .rgb
      case 4: self = .cmyk
      default: throw .malformed(.jpeg, "expected 1, 3 or 4 components, got \(header.channels)")
      }
    }

    var channels: Int {
      switch self {
      case .gray: 1
      case .rgb: 3
      case .cmyk: 4
      }
    }

    fileprivate var pixelFormat: Int32 {
      switch self {
      case .gray: Int32(TJPF_GRAY.rawValue)
      case .rgb: Int32(TJPF_RGB.rawValue)
      case .cmyk: Int32(TJPF_CMYK.rawValue)
      }
    }
  }

  /// Decodes into a photo of its own; only gray and RGB.
  func photo(of bytes: UnsafeRawBufferPointer, _ header: PhotoHeader, layout: Layout) throws(ImageError)
    -> Photo
  {
    var failure: ImageError?
    let photo = Photo(height: header.height, width: header.width, channels: layout.channels) { output in
      failure = decompress(bytes, header, layout: layout, into: output)
    }
    if let failure { throw failure }
    return photo
  }

  /// Decodes into room that is used again by the next picture, and shows the pixels to `body`.
  func withPixels(
    of bytes: UnsafeRawBufferPointer, _ header: PhotoHeader, layout: Layout, _ body: (PixelView) -> Photo
  ) throws(ImageError) -> Photo {
    let count = header.height * header.width * layout.channels
    if scratch.count < count { scratch = [UInt8](repeating: 0, count: count) }
    let result: Result<Photo, ImageError> = scratch.withUnsafeMutableBufferPointer { scratch in
      let output = UnsafeMutableBufferPointer(rebasing: scratch[0..<count])
      if let failure = decompress(bytes, header, layout: layout, into: output) { return .failure(failure) }
      return .success(
        body(
          PixelView(
            height: header.height, width: header.width, channels: layout.channels,
            pixels: UnsafeBufferPointer(output))))
    }
    return try result.get()
  }

  /// Decodes with the accurate integer transform and smooth chroma upsampling, as Pillow does.
  private func decompress(
    _ bytes: UnsafeRawBufferPointer, _ header: PhotoHeader, layout: Layout,
    into output: UnsafeMutableBufferPointer<UInt8>
  ) -> ImageError? {
    let input = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
    var width: Int32 = 0
    var height: Int32 = 0
    var subsampling: Int32 = 0
    var colorspace: Int32 = 0
    // A failure here may only be about an unusual subsampling, which decodes all the same.
    _ = tjDecompressHeader3(
      handle, input, UInt(bytes.count), &width, &height, &subsampling, &colorspace)
    guard width == header.width && height == header.height else {
      return width == 0 ? failure() : .malformed(.jpeg, "two frame headers contradict each other")
    }
    let status = tjDecompress2(
      handle, input, UInt(bytes.count), output.baseAddress, width, width * Int32(layout.channels), height,
      layout.pixelFormat, Int32(TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS))
    return status == 0 ? nil : failure()
  }

  /// The handle's last complaint, or nil if the picture can be used all the same.
  private func failure() -> ImageError? {
    let message = String(cString: tjGetErrorStr2(handle))
    let endedEarly = ["premature end", "marker 0xd9 instead"].contains { message.lowercased().contains($0) }
    if endedEarly {
      return ImageError(.truncated, "expected more picture data, got the end of the JPEG file")
    }
    if tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue) { return nil }
    if message.contains("Unsupported") || message.contains("precision") {
      return ImageError(.unsupportedFormat, "a kind of JPEG that can't be read: \(message)")
    }
    return .malformed(.jpeg, message)
  }
}
