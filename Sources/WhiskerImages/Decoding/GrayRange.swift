import WhiskerSystem

/// How gray values of more than 8 bits become 8.
///
/// The white of a picture is the smallest of 255, 1023, 4095, 16383 and 65535 that is not below its largest value:
/// cameras and scanners keep 10, 12 or 14 bits in 16 without saying so. Whole numbers keep the upper 8 of these 8,
/// 10, 12, 14 or 16 bits; `v` of floating-point numbers becomes `255·v / white`, rounded, where 1 may be the white
/// too. Pillow cuts all of them at 255, so that a picture of 16 bits is white, and one of numbers from 0 to 1 black.
enum GrayRange {
  /// The bits of `largest`: 8, 10, 12, 14 or 16.
  static func bits(of largest: UInt16) -> Int {
    [8, 10, 12, 14].first { Int(largest) < 1 << $0 } ?? 16
  }

  /// The picture of 16-bit values.
  ///
  /// - Parameter bits: How many of them count, if the file says so; nil looks at the largest.
  static func photo(
    of values: [UInt16], height: Int, width: Int, bits: Int? = nil, isInverted: Bool = false
  ) -> Photo {
    let bits = bits ?? Self.bits(of: values.max() ?? 0)
    let mask: UInt8 = isInverted ? 255 : 0
    return Photo(height: height, width: width, channels: 1) { output in
      for index in 0..<output.count {
        output[index] = UInt8(truncatingIfNeeded: values[index] >> UInt16(bits - 8)) ^ mask
      }
    }
  }

  /// The picture of floating-point values.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` for values below 0, above 65,535 or not finite: what is black and what
  ///   is white in such a picture, nobody can know.
  static func photo(
    of values: [Float], height: Int, width: Int, isInverted: Bool = false, format: PhotoFormat
  ) throws(WhiskerError) -> Photo {
    var (smallest, largest) = (Float.infinity, -Float.infinity)
    for value in values {
      if !value.isFinite {
        throw unsupported(format, "\(value)")
      }
      smallest = min(smallest, value)
      largest = max(largest, value)
    }
    if smallest < 0 || largest > 65_535 { throw unsupported(format, "\(smallest) to \(largest)") }
    let white = [1, 255, 1023, 4095, 16_383].first { largest <= $0 } ?? 65_535
    return Photo(height: height, width: width, channels: 1) { output in
      for index in 0..<output.count {
        let level = (values[index] / white * 255).rounded()
        output[index] = UInt8(isInverted ? 255 - level : level)
      }
    }
  }

  /// The error for values that aren't those of a photo.
  static func unsupported(_ format: PhotoFormat, _ got: String) -> WhiskerError {
    WhiskerError(
      .unsupportedFormat, "", expected: "gray values from 0 to 65535 in the \(format.name) file", got: got)
  }
}
