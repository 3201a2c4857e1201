import WhiskerSystem

/// The indices of a bitmap that is kept as runs (RLE8, RLE4); those that no run reaches are 0.
struct BMPRunLengths {
  private let header: BMPHeader

  init(_ header: BMPHeader) { self.header = header }

  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `truncated` if the file ends before the runs do.
  func indices(_ bytes: UnsafeRawBufferPointer) throws(WhiskerError) -> [UInt8] {
    let (width, height) = (header.width, header.height)
    let isHalf = header.encoding == .runs4
    // In the order of the file: from the bottom, unless it is top-down.
    var indices = [UInt8](repeating: 0, count: width * height)
    var position = header.dataStart
    var (row, column) = (0, 0)
    while row < height {
      guard let count = bytes.byte(at: position), let value = bytes.byte(at: position + 1) else {
        // The last row may lack its mark when all of its pixels are there.
        if row == height - 1 && column == width { break }
        throw .cutShort(.bmp, "more runs of pixels")
      }
      position += 2
      switch (count, value) {
      case (0, 0): (row, column) = (row + 1, 0)
      case (0, 1): row = height
      case (0, 2):
        guard let right = bytes.byte(at: position), let up = bytes.byte(at: position + 1) else {
          throw .cutShort(.bmp, "more runs of pixels")
        }
        position += 2
        (row, column) = (row + up, column + right)
      case (0, _):
        let size = isHalf ? (value + 1) / 2 : value
        guard position + size <= bytes.count else { throw .cutShort(.bmp, "more runs of pixels") }
        for index in 0..<min(value, max(0, width - column)) {
          let byte = bytes[position + (isHalf ? index / 2 : index)]
          indices[row * width + column + index] = !isHalf ? byte : index % 2 == 0 ? byte >> 4 : byte & 15
        }
        column += value
        position += size + size % 2
      default:
        for index in 0..<min(count, max(0, width - column)) {
          let pixel = !isHalf ? value : index % 2 == 0 ? value >> 4 : value & 15
          indices[row * width + column + index] = UInt8(pixel)
        }
        column += count
      }
    }
    return header.isTopDown ? indices : Self.flipped(indices, height: height, width: width)
  }

  private static func flipped(_ indices: [UInt8], height: Int, width: Int) -> [UInt8] {
    (0..<height).reversed().flatMap { indices[$0 * width..<($0 + 1) * width] }
  }
}
