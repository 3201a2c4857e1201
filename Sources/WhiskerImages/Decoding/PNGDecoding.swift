internal import CPNG
import WhiskerSystem

extension PhotoDecoder {
  /// Decodes a PNG file whose header was checked, in RGB.
  ///
  /// libpng's simplified interface does the work rather than libgd, whose use of libpng prints warnings.
  static func decodePNG(_ bytes: UnsafeRawBufferPointer, _ header: PhotoHeader) throws(WhiskerError) -> Photo
  {
    let essential = try PNGChunks.essential(of: bytes)
    let hasAlpha = header.channels == 2 || header.channels == 4
    if hasAlpha {
      let pixels = try read(
        essential, header, format: UInt32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA), valuesPerPixel: 4,
        as: UInt8.self)
      return Photo(height: header.height, width: header.width, channels: 3) { output in
        for index in 0..<output.count { output[index] = pixels[index / 3 * 4 + index % 3] }
      }
    }
    if header.bitDepth == 16 {
      let pixels = try read(
        essential, header, format: UInt32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_LINEAR), valuesPerPixel: 3,
        as: UInt16.self)
      return Photo(height: header.height, width: header.width, channels: 3) { output in
        for index in 0..<output.count { output[index] = UInt8(pixels[index] >> 8) }
      }
    }
    let pixels = try read(
      essential, header, format: UInt32(PNG_FORMAT_FLAG_COLOR), valuesPerPixel: 3, as: UInt8.self)
    return Photo(height: header.height, width: header.width, channels: 3, pixels: pixels)
  }

  private static func read<Value: FixedWidthInteger>(
    _ bytes: [UInt8], _ header: PhotoHeader, format: UInt32, valuesPerPixel: Int, as type: Value.Type
  ) throws(WhiskerError) -> [Value] {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    func failure() -> WhiskerError {
      let message = withUnsafeBytes(of: image.message) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      return .malformed(.png, message)
    }
    // libpng keeps the pointer until the picture is read.
    return try bytes.withUnsafeBufferPointer { bytes throws(WhiskerError) in
      guard png_image_begin_read_from_memory(&image, bytes.baseAddress, bytes.count) != 0 else {
        throw failure()
      }
      guard image.width == header.width && image.height == header.height else {
        throw .malformed(.png, "two headers contradict each other")
      }
      image.format = format
      // Without this flag 16-bit values would be taken as linear light and pass through a gamma curve.
      if MemoryLayout<Value>.size == 1 { image.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB) }
      let count = header.height * header.width * valuesPerPixel
      var succeeded = false
      let pixels = [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
        succeeded = png_image_finish_read(&image, nil, buffer.baseAddress, 0, nil) != 0
        initialized = succeeded ? count : 0
      }
      guard succeeded else { throw failure() }
      return pixels
    }
  }
}

/// The chunks of a PNG file.
enum PNGChunks {
  /// The file with only the chunks that make up the picture.
  ///
  /// What else there is (gamma, colour profiles, text, transparency) would change the pixels, as it doesn't in
  /// Pillow, or be inflated for nothing.
  static func essential(of bytes: UnsafeRawBufferPointer) throws(WhiskerError) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    result.append(contentsOf: bytes[0..<8])
    var position = 8
    while true {
      guard let length = bytes.bigEndian32(at: position), position + 12 + length <= bytes.count else {
        throw .cutShort(.png, "a whole chunk")
      }
      let end = position + 12 + length
      let kind = bytes[position + 4..<position + 8]
      // A chunk is essential if its name begins with a capital.
      if bytes[position + 4] & 0x20 == 0 { result.append(contentsOf: bytes[position..<end]) }
      if kind.elementsEqual("IEND".utf8) { return result }
      position = end
    }
  }
}
