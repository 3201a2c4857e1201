internal import CWebP
import WhiskerSystem

/// The chunks of a WebP file.
struct WebPChunks {
  /// The pieces of the file by their names, each the first of its kind.
  private var places: [String: Range<Int>] = [:]

  init(of bytes: UnsafeRawBufferPointer) {
    var position = 12
    while let length = bytes.littleEndian32(at: position + 4), position + 8 + length <= bytes.count {
      let name = String(decoding: bytes[position..<position + 4], as: UTF8.self)
      if places[name] == nil { places[name] = position + 8..<position + 8 + length }
      position += 8 + length + length % 2
    }
  }

  subscript(name: String) -> Range<Int>? { places[name] }
}

extension PhotoDecoder {
  /// Decodes a WebP file whose header was checked; of an animation the first frame, pasted on its canvas.
  ///
  /// What no frame covers is black, as in Pillow.
  static func decodeWebP(
    _ bytes: UnsafeRawBufferPointer, _ header: PhotoHeader
  ) throws(WhiskerError) -> Photo {
    guard let size = bytes.littleEndian32(at: 4), bytes.count >= size + 8 else {
      throw .cutShort(.webp, "as many bytes as it says")
    }
    var data = WebPData(bytes: bytes.assumingMemoryBound(to: UInt8.self).baseAddress, size: bytes.count)
    guard let demuxer = WebPDemux(&data) else { throw .malformed(.webp, "its chunks contradict each other") }
    defer { WebPDemuxDelete(demuxer) }
    var frame = WebPIterator()
    guard WebPDemuxGetFrame(demuxer, 1, &frame) != 0 else { throw .malformed(.webp, "it holds no picture") }
    defer { WebPDemuxReleaseIterator(&frame) }
    let (left, top) = (Int(frame.x_offset), Int(frame.y_offset))
    let (width, height) = (Int(frame.width), Int(frame.height))
    guard width > 0, height > 0, left + width <= header.width, top + height <= header.height else {
      throw .malformed(
        .webp,
        "its first frame, \(width) × \(height) at (\(left), \(top)), "
          + "leaves the canvas of \(header.width) × \(header.height)")
    }
    let isWhole = width == header.width && height == header.height
    var status = VP8_STATUS_OK
    let photo = Photo(height: header.height, width: header.width, channels: 3) { output in
      if !isWhole { output.update(repeating: 0) }
      status = decode(
        frame,
        into: UnsafeMutableBufferPointer(rebasing: output[(top * header.width + left) * 3..<output.count]),
        rowBytes: header.width * 3)
      if status != VP8_STATUS_OK { output.update(repeating: 0) }
    }
    switch status {
    case VP8_STATUS_OK: return photo
    case VP8_STATUS_NOT_ENOUGH_DATA, VP8_STATUS_SUSPENDED: throw .cutShort(.webp, "more picture data")
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      throw WhiskerError(.unsupportedFormat, "", "a kind of WebP that libwebp can't read")
    default: throw .malformed(.webp, "libwebp can't decode its picture")
    }
  }

  /// Decodes one frame to RGB; its transparency is dropped.
  private static func decode(
    _ frame: WebPIterator, into output: UnsafeMutableBufferPointer<UInt8>, rowBytes: Int
  ) -> VP8StatusCode {
    var config = WebPDecoderConfig()
    guard WebPInitDecoderConfig(&config) != 0 else { return VP8_STATUS_INVALID_PARAM }
    let status = WebPGetFeatures(frame.fragment.bytes, frame.fragment.size, &config.input)
    guard status == VP8_STATUS_OK else { return status }
    // Checked again: what libwebp allocates depends on the frame's own header.
    guard config.input.width == frame.width && config.input.height == frame.height else {
      return VP8_STATUS_BITSTREAM_ERROR
    }
    config.output.colorspace = MODE_RGB
    config.output.is_external_memory = 1
    config.output.u.RGBA.rgba = output.baseAddress
    config.output.u.RGBA.stride = Int32(rowBytes)
    config.output.u.RGBA.size = output.count
    return WebPDecode(frame.fragment.bytes, frame.fragment.size, &config)
  }
}
