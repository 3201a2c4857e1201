internal import CGIF
import WhiskerSystem

/// The bytes that giflib reads, and whether it wanted more.
private final class GIFSource {
  let bytes: UnsafeRawBufferPointer
  var position = 0
  var ranOut = false

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Copies the next bytes; how many there were.
  ///
  /// The length of a block that would begin at the end of the file is 0, which ends a chain of blocks: Pillow too takes
  /// a file whose last bytes are missing after its picture.
  func copy(to target: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(target.count, bytes.count - position)
    target.copyBytes(from: bytes[position..<position + count])
    position += count
    if count == target.count { return count }
    ranOut = true
    guard count == 0 && target.count == 1 else { return count }
    target[0] = 0
    return 1
  }
}

extension PhotoDecoder {
  /// Decodes the first frame of a GIF file whose header was checked, pasted on its screen.
  static func decodeGIF(_ bytes: UnsafeRawBufferPointer) throws(WhiskerError) -> Photo {
    let structure = try GIFStructure(of: bytes)
    let (height, width) = (structure.header.height, structure.header.width)
    let background = UInt8(structure.transparentIndex ?? 0)
    var indices = [UInt8](repeating: background, count: height * width)
    let source = GIFSource(bytes)
    let failure = withExtendedLifetime(source) {
      indices.withUnsafeMutableBufferPointer {
        readFrame(structure, from: source, into: $0, rowLength: width)
      }
    }
    if let failure { throw source.ranOut ? .cutShort(.gif, "more of its first frame") : failure }
    guard let palette = structure.palette else {
      return Photo(height: height, width: width, channels: 1, pixels: indices)
    }
    let colors = Palette(colors: UnsafeRawBufferPointer(rebasing: bytes[palette]), order: .rgb, stride: 3)
    return colors.photo(ofIndices: indices, height: height, width: width)
  }

  /// Reads the rows of the first frame to their places on the screen.
  private static func readFrame(
    _ structure: GIFStructure, from source: GIFSource, into indices: UnsafeMutableBufferPointer<UInt8>,
    rowLength: Int
  ) -> WhiskerError? {
    var status: Int32 = 0
    let reader: InputFunc = { file, target, count in
      guard let file, let target, count > 0, let data = file.pointee.UserData else { return 0 }
      let source = Unmanaged<GIFSource>.fromOpaque(data).takeUnretainedValue()
      return Int32(source.copy(to: UnsafeMutableRawBufferPointer(start: target, count: Int(count))))
    }
    func failure(_ status: Int32) -> WhiskerError {
      .malformed(.gif, GifErrorString(status).map { String(cString: $0) } ?? "giflib's error \(status)")
    }
    guard let file = DGifOpen(Unmanaged.passUnretained(source).toOpaque(), reader, &status) else {
      return failure(status)
    }
    defer { DGifCloseFile(file, nil) }
    var kind = UNDEFINED_RECORD_TYPE
    while kind != IMAGE_DESC_RECORD_TYPE {
      guard DGifGetRecordType(file, &kind) == GIF_OK else { return failure(file.pointee.Error) }
      if kind == EXTENSION_RECORD_TYPE {
        var (code, block): (Int32, UnsafeMutablePointer<GifByteType>?) = (0, nil)
        guard DGifGetExtension(file, &code, &block) == GIF_OK else { return failure(file.pointee.Error) }
        while block != nil {
          guard DGifGetExtensionNext(file, &block) == GIF_OK else { return failure(file.pointee.Error) }
        }
      } else if kind != IMAGE_DESC_RECORD_TYPE {
        return .malformed(.gif, "it holds no picture")
      }
    }
    guard DGifGetImageDesc(file) == GIF_OK else { return failure(file.pointee.Error) }
    guard file.pointee.Image.Width == structure.width && file.pointee.Image.Height == structure.height else {
      return .malformed(.gif, "two headers contradict each other")
    }
    for row in structure.rowOrder {
      let start = (structure.top + row) * rowLength + structure.left
      guard DGifGetLine(file, indices.baseAddress.map { $0 + start }, Int32(structure.width)) == GIF_OK else {
        return failure(file.pointee.Error)
      }
    }
    return nil
  }
}
