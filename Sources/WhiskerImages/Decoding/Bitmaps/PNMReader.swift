import WhiskerSystem

/// The portable pixmaps of Netpbm: PBM, PGM and PPM, of plain text (`P1` to `P3`) or bytes (`P4` to `P6`).
///
/// Our own, since it is three numbers and the pixels. Source: Netpbm's pages pbm, pgm and ppm.
struct PNMPicture {
  let header: PhotoHeader
  private let isPlain: Bool
  private let largest: Int
  private let dataStart: Int

  init(of bytes: UnsafeRawBufferPointer) throws(WhiskerError) {
    guard let kind = bytes.byte(at: 1).map({ $0 - 0x30 }), (1...6).contains(kind) else {
      throw .malformed(.ppm, expected: "P1 to P6", got: "another beginning")
    }
    isPlain = kind <= 3
    let isBilevel = kind % 3 == 1
    var position = 2
    let width = try Self.number(in: bytes, at: &position)
    let height = try Self.number(in: bytes, at: &position)
    largest = isBilevel ? 1 : try Self.number(in: bytes, at: &position)
    guard (1...65_535).contains(largest) else {
      throw .malformed(.ppm, expected: "a largest value of 1 to 65535", got: "\(largest)")
    }
    dataStart = position + 1  // a single space or line end
    header = PhotoHeader(
      format: .ppm, height: height, width: width, channels: kind % 3 == 0 ? 3 : 1,
      bitDepth: isBilevel ? 1 : largest < 256 ? 8 : 16)
  }

  /// The next number, after spaces and comments; its position is behind it then.
  private static func number(
    in bytes: UnsafeRawBufferPointer, at position: inout Int
  ) throws(WhiskerError) -> Int {
    while let byte = bytes.byte(at: position), isSpace(byte) || byte == 0x23 {
      if byte == 0x23 {
        while let byte = bytes.byte(at: position), byte != 0x0A, byte != 0x0D { position += 1 }
      } else {
        position += 1
      }
    }
    var value = 0
    let start = position
    while let byte = bytes.byte(at: position), (0x30...0x39).contains(byte), position - start < 10 {
      value = value * 10 + byte - 0x30
      position += 1
    }
    guard let byte = bytes.byte(at: position) else {
      // The last number of a plain file may be the end of it.
      if position > start { return value }
      throw .cutShort(.ppm, "a number")
    }
    guard position > start, isSpace(byte) || byte == 0x23 else {
      throw .malformed(.ppm, expected: "a number", got: "the byte \(byte)")
    }
    return value
  }

  private static func isSpace(_ byte: Int) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  /// The pixels, each value `255·v / largest`, rounded.
  func photo(of bytes: UnsafeRawBufferPointer) throws(WhiskerError) -> Photo {
    let (height, width, channels) = (header.height, header.width, header.channels)
    let isBilevel = header.bitDepth == 1
    let count = height * width * channels
    if isPlain {
      let pixels = isBilevel ? try plainBits(bytes, count: count) : try plainNumbers(bytes, count: count)
      return Photo(height: height, width: width, channels: channels, pixels: pixels)
    }
    let rowSize = isBilevel ? (width + 7) / 8 : width * channels * (largest < 256 ? 1 : 2)
    guard dataStart + rowSize * height <= bytes.count else {
      throw .cutShort(.ppm, "\(height) rows of \(width) pixels")
    }
    let table = (0...largest).map(level)
    return Photo(height: height, width: width, channels: channels) { output in
      let values = width * channels
      for row in 0..<height {
        let start = dataStart + row * rowSize
        for index in 0..<values {
          let value =
            isBilevel
            ? Int(bytes[start + index / 8] >> UInt8(7 - index % 8) & 1)
            : largest < 256
              ? Int(bytes[start + index])
              : Int(bytes[start + 2 * index]) << 8 | Int(bytes[start + 2 * index + 1])
          output[row * values + index] = isBilevel ? (value == 0 ? 255 : 0) : table[min(value, largest)]
        }
      }
    }
  }

  private func level(_ value: Int) -> UInt8 {
    UInt8((Double(value) / Double(largest) * 255).rounded(.toNearestOrEven))
  }

  private func plainNumbers(_ bytes: UnsafeRawBufferPointer, count: Int) throws(WhiskerError) -> [UInt8] {
    try requireRoom(bytes, for: 2 * count - 1)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(count)
    var position = dataStart
    for _ in 0..<count {
      let value = try Self.number(in: bytes, at: &position)
      guard value <= largest else {
        throw .malformed(.ppm, expected: "values up to \(largest)", got: "\(value)")
      }
      pixels.append(level(value))
    }
    return pixels
  }

  /// Digits of 0 and 1, between which there needn't be spaces.
  private func plainBits(_ bytes: UnsafeRawBufferPointer, count: Int) throws(WhiskerError) -> [UInt8] {
    try requireRoom(bytes, for: count)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(count)
    var position = dataStart
    while pixels.count < count {
      guard let byte = bytes.byte(at: position) else { throw .cutShort(.ppm, "more pixels") }
      position += 1
      switch byte {
      case 0x30: pixels.append(255)
      case 0x31: pixels.append(0)
      case 0x23: while let byte = bytes.byte(at: position), byte != 0x0A, byte != 0x0D { position += 1 }
      case _ where Self.isSpace(byte): break
      default: throw .malformed(.ppm, expected: "digits 0 and 1", got: "the byte \(byte)")
      }
    }
    return pixels
  }

  /// Refuses a plain file that can't hold so many characters, before room for its pixels is made.
  private func requireRoom(_ bytes: UnsafeRawBufferPointer, for characters: Int) throws(WhiskerError) {
    if bytes.count - dataStart < characters { throw .cutShort(.ppm, "more pixels") }
  }
}
