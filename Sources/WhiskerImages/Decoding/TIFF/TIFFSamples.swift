internal import CTIFF

/// Takes samples out of the bytes of a row, which libtiff has brought to this machine's byte order.
struct TIFFSamples {
  private let bits: Int
  private let isReal: Bool
  /// From one pixel to the next, in samples.
  private let step: Int

  init(_ layout: TIFFLayout) {
    bits = layout.bits
    isReal = layout.format == UInt16(SAMPLEFORMAT_IEEEFP)
    step = layout.isPlanar ? 1 : layout.samples
  }

  /// The first sample of a pixel, a whole number of up to 32 bits.
  func whole(_ row: UnsafeRawBufferPointer, _ pixel: Int) -> Int {
    let sample = pixel * step
    return switch bits {
    case 16: Int(row.loadUnaligned(fromByteOffset: 2 * sample, as: UInt16.self))
    case 32: Int(row.loadUnaligned(fromByteOffset: 4 * sample, as: UInt32.self))
    default: packed(row, sample)
    }
  }

  /// The first sample of a pixel, a whole number of 16 or 32 bits that may be negative.
  func signed(_ row: UnsafeRawBufferPointer, _ pixel: Int) -> Int {
    bits == 16
      ? Int(row.loadUnaligned(fromByteOffset: 2 * pixel * step, as: Int16.self))
      : Int(row.loadUnaligned(fromByteOffset: 4 * pixel * step, as: Int32.self))
  }

  /// The first sample of a pixel, a floating-point number of 32 or 64 bits.
  func real(_ row: UnsafeRawBufferPointer, _ pixel: Int) -> Float {
    bits == 64
      ? Float(row.loadUnaligned(fromByteOffset: 8 * pixel * step, as: Double.self))
      : row.loadUnaligned(fromByteOffset: 4 * pixel * step, as: Float.self)
  }

  /// A sample of 1 to 15 bits, packed without gaps from the upper bits of each byte.
  private func packed(_ row: UnsafeRawBufferPointer, _ sample: Int) -> Int {
    let position = sample * bits
    var value = 0
    var taken = 0
    var byte = position >> 3
    var left = 8 - position & 7
    while taken < bits {
      let count = min(left, bits - taken)
      value = value << count | Int(row[byte]) >> (left - count) & (1 << count - 1)
      taken += count
      byte += 1
      left = 8
    }
    return value
  }

  /// Writes samples of up to 16 bits as 8: more keep their upper 8, fewer are spread over 0 to 255 unless they are
  /// indices.
  ///
  /// - Parameters:
  ///   - row: The bytes of the pixels.
  ///   - step: From one pixel to the next, in samples.
  ///   - count: How many pixels.
  ///   - isIndex: Whether they are indices of a palette.
  ///   - target: Room for `count × width` bytes.
  ///   - channels: How many samples of a pixel are wanted, its first ones.
  ///   - first: Where they go in a pixel of the target.
  ///   - width: The bytes of a pixel of the target.
  func levels(
    _ row: UnsafeRawBufferPointer, step: Int, count: Int, isIndex: Bool,
    into target: UnsafeMutableBufferPointer<UInt8>, channels: Int, from first: Int, of width: Int
  ) {
    if bits == 8 && step == channels && width == channels {
      for index in 0..<count * channels { target[index] = row[index] }
      return
    }
    let largest = 1 << bits - 1
    for channel in 0..<channels {
      for pixel in 0..<count {
        let sample = pixel * step + channel
        let level: Int
        switch bits {
        case 8: level = Int(row[sample])
        case 16: level = Int(row.loadUnaligned(fromByteOffset: 2 * sample, as: UInt16.self) >> 8)
        case 9...15: level = packed(row, sample) >> (bits - 8)
        default: level = isIndex ? packed(row, sample) : packed(row, sample) * 255 / largest
        }
        target[pixel * width + first + channel] = UInt8(truncatingIfNeeded: level)
      }
    }
  }
}
