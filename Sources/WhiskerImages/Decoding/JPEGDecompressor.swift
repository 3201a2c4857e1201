internal import CTurboJPEG
public import WhiskerSystem

/// A reusable libjpeg-turbo decompressor with room for one decoded picture.
///
/// Making one costs more than decoding a thumbnail: a loop over many photos makes one per thread and hands it
/// to ``PhotoDecoder``'s functions. It isn't safe to share between threads, and isn't `Sendable`.
public final class JPEGDecompressor {
  /// Nil after a failure: libjpeg-turbo 2.1 doesn't recover from one within a header.
  private var handle: tjhandle?
  private var scratch: [UInt8] = []

  /// A new decompressor.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `unreadable` if libjpeg-turbo can't start (it is out of memory).
  public init() throws(WhiskerError) { handle = try Self.newHandle() }

  deinit { discardHandle() }

  private static func newHandle() throws(WhiskerError) -> tjhandle {
    guard let handle = tjInitDecompress() else {
      throw WhiskerError(.unreadable, "", "libjpeg-turbo can't start")
    }
    return handle
  }

  private func readyHandle() throws(WhiskerError) -> tjhandle {
    if let handle { return handle }
    let handle = try Self.newHandle()
    self.handle = handle
    return handle
  }

  private func discardHandle() {
    if let handle { tjDestroy(handle) }
    handle = nil
  }

  /// What the pixels are decoded to.
  enum Layout {
    case gray, rgb, cmyk

    init(_ header: PhotoHeader) throws(WhiskerError) {
      switch header.channels {
      case 1: self = .gray
      case 3: self = .rgb
      case 4: self = .cmyk
      default: throw .malformed(.jpeg, expected: "1, 3 or 4 components", got: "\(header.channels)")
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

  /// Decodes into a new photo; only gray and RGB.
  func photo(of bytes: UnsafeRawBufferPointer, _ header: PhotoHeader, layout: Layout) throws(WhiskerError)
    -> Photo
  {
    let handle = try readyHandle()
    var failure: WhiskerError?
    let photo = Photo(height: header.height, width: header.width, channels: layout.channels) { output in
      failure = Self.decompress(
        bytes, header, layout: layout, height: header.height, width: header.width, into: output, with: handle)
    }
    if let failure {
      discardHandle()
      throw failure
    }
    return photo
  }

  /// Decodes into room that is used again by the next picture, and shows the pixels to `body`.
  ///
  /// - Parameter reduction: 1, 2, 4 or 8: this many times fewer rows and columns, rounded up.
  func withPixels(
    of bytes: UnsafeRawBufferPointer, _ header: PhotoHeader, layout: Layout, reduction: Int = 1,
    _ body: (PixelView) -> Photo
  ) throws(WhiskerError) -> Photo {
    let handle = try readyHandle()
    let height = (header.height + reduction - 1) / reduction
    let width = (header.width + reduction - 1) / reduction
    let count = height * width * layout.channels
    if scratch.count < count { scratch = [UInt8](repeating: 0, count: count) }
    let result: Result<Photo, WhiskerError> = scratch.withUnsafeMutableBufferPointer { scratch in
      let output = UnsafeMutableBufferPointer(rebasing: scratch[0..<count])
      if let failure = Self.decompress(
        bytes, header, layout: layout, height: height, width: width, into: output, with: handle)
      {
        return .failure(failure)
      }
      return .success(
        body(
          PixelView(
            height: height, width: width, channels: layout.channels, pixels: UnsafeBufferPointer(output))))
    }
    if case .failure = result { discardHandle() }
    return try result.get()
  }

  /// Decodes with the accurate integer transform and smooth chroma upsampling, as Pillow does.
  ///
  /// `height` and `width` are the header's, or a half, a quarter or an eighth of them, rounded up.
  private static func decompress(
    _ bytes: UnsafeRawBufferPointer, _ header: PhotoHeader, layout: Layout, height: Int, width: Int,
    into output: UnsafeMutableBufferPointer<UInt8>, with handle: tjhandle
  ) -> WhiskerError? {
    let input = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
    let size = UInt(bytes.count)
    var (fullWidth, fullHeight, subsampling, colorspace) = (Int32(0), Int32(0), Int32(0), Int32(0))
    // It also fails for an unusual subsampling, which decodes all the same; then it has returned the size.
    let headerStatus = tjDecompressHeader3(
      handle, input, size, &fullWidth, &fullHeight, &subsampling, &colorspace)
    if headerStatus != 0 && fullWidth == 0 {
      return failure(of: handle) ?? .malformed(.jpeg, "its header can't be read")
    }
    guard fullWidth == header.width && fullHeight == header.height else {
      return .malformed(.jpeg, "two frame headers contradict each other")
    }
    let status = tjDecompress2(
      handle, input, size, output.baseAddress, Int32(width), Int32(width * layout.channels), Int32(height),
      layout.pixelFormat, Int32(TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS))
    return status == 0 ? nil : failure(of: handle)
  }

  /// How the warnings begin that a readable picture may raise (libjpeg's `jerror.h`).
  private static let harmless = [
    "Corrupt JPEG data", "Inconsistent progression", "Invalid SOS parameters", "Unknown Adobe color",
    "Warning",
  ]

  /// The handle's last complaint, or nil if it is a warning and the picture can be used all the same.
  private static func failure(of handle: tjhandle) -> WhiskerError? {
    let message = String(cString: tjGetErrorStr2(handle))
    let endedEarly = ["premature end", "marker 0xd9 instead"].contains { message.lowercased().contains($0) }
    if endedEarly { return .cutShort(.jpeg, "more picture data") }
    // The code alone isn't enough: an error that follows a warning still counts as a warning there.
    let isWarning = tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue)
    if isWarning && harmless.contains(where: message.hasPrefix) { return nil }
    if ["precision", "JPEG process", "color conversion"].contains(where: message.contains) {
      return WhiskerError(.unsupportedFormat, "", "a kind of JPEG that can't be read: \(message)")
    }
    return .malformed(.jpeg, message)
  }
}
