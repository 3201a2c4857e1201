internal import CPNG
internal import CTurboJPEG
public import Foundation
public import WhiskerSystem

/// How finely a JPEG keeps colour; brightness is always kept at every pixel.
public enum ChromaSubsampling: String, Hashable, Sendable, CaseIterable {
  /// Colour at every pixel (4:4:4).
  case none
  /// Colour once per 2 × 2 pixels (4:2:0), as cameras and the web have it.
  case quarter
}

extension Photo {
  /// The picture as a JPEG file; the same pixels and settings always give the same bytes.
  ///
  /// - Parameters:
  ///   - quality: 1 to 100; values beyond are taken as the nearest.
  ///   - subsampling: How finely colour is kept; a gray picture has none.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `cannotWrite` for a picture without pixels or over 65,500 a side.
  public func encodedJPEG(
    quality: Int = 90, subsampling: ChromaSubsampling = .quarter
  ) throws(WhiskerError) -> [UInt8] {
    guard (1...65_500).contains(height), (1...65_500).contains(width) else {
      throw WhiskerError(
        .cannotWrite, "", expected: "1 to 65500 pixels a side for JPEG", got: "\(width) × \(height)")
    }
    guard let handle = tjInitCompress() else {
      throw WhiskerError(.cannotWrite, "", "libjpeg-turbo can't start")
    }
    defer { tjDestroy(handle) }
    let layout = channels == 1 ? TJPF_GRAY : TJPF_RGB
    let chroma = channels == 1 ? TJSAMP_GRAY : subsampling == .none ? TJSAMP_444 : TJSAMP_420
    var output: UnsafeMutablePointer<UInt8>?
    var size: UInt = 0
    let status = tjCompress2(
      handle, pixels, Int32(width), Int32(width * channels), Int32(height), Int32(layout.rawValue), &output,
      &size,
      Int32(chroma.rawValue), Int32(max(1, min(100, quality))), Int32(TJFLAG_ACCURATEDCT))
    defer { tjFree(output) }
    guard status == 0, let output else {
      throw WhiskerError(
        .cannotWrite, "", "can't be encoded as JPEG: \(String(cString: tjGetErrorStr2(handle)))")
    }
    return Array(UnsafeBufferPointer(start: output, count: Int(size)))
  }

  /// The picture as a PNG file, without loss.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `cannotWrite` if memory runs out or the picture has no pixels.
  public func encodedPNG() throws(WhiskerError) -> [UInt8] {
    guard let height = UInt32(exactly: height), let width = UInt32(exactly: width), height > 0, width > 0
    else {
      throw WhiskerError(
        .cannotWrite, "", expected: "at least 1 × 1 pixels for PNG", got: "\(width) × \(height)")
    }
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    (image.height, image.width) = (height, width)
    image.format = channels == 1 ? 0 : UInt32(PNG_FORMAT_FLAG_COLOR)
    defer { png_image_free(&image) }
    // Deflate may add a little to pictures that don't compress; so much is always enough.
    var size = pixels.count + pixels.count / 64 + 16 * Int(height) + 4096
    let output = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      let succeeded = png_image_write_to_memory(&image, buffer.baseAddress, &size, 0, pixels, 0, nil) != 0
      count = succeeded ? size : 0
    }
    guard !output.isEmpty else {
      throw WhiskerError(.cannotWrite, "", "libpng can't encode \(width) × \(height) pixels")
    }
    return output
  }

  /// Writes the picture in the format that the file extension names: `.jpg`, `.jpeg` (quality 90) or `.png`.
  ///
  /// The file appears whole or not at all.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `cannotWrite` or, for another extension,
  ///   `unsupportedFormat`.
  public func write(to url: URL) throws(WhiskerError) {
    let bytes: [UInt8]
    do throws(WhiskerError) {
      switch url.pathExtension.lowercased() {
      case "jpg", "jpeg": bytes = try encodedJPEG()
      case "png": bytes = try encodedPNG()
      case let ending:
        throw WhiskerError(
          .unsupportedFormat, "", expected: "a file ending in .jpg, .jpeg or .png", got: "\".\(ending)\"")
      }
    } catch {
      throw error.with(at: url.path)
    }
    try FileBytes.write(bytes, to: url)
  }
}
