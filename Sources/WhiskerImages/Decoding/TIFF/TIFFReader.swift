internal import CTIFF
import WhiskerSystem

extension PhotoDecoder {
  /// Decodes the first page of a TIFF file whose header was checked, in gray or RGB, as stored.
  ///
  /// libtiff decompresses; what the samples mean is decided here, since its own conversion to RGB cuts values of
  /// 16 bits and knows no others.
  static func decodeTIFF(
    _ bytes: UnsafeRawBufferPointer, _ header: PhotoHeader
  ) throws(WhiskerError) -> (photo: Photo, orientation: PhotoOrientation) {
    guard try TIFFDirectory(of: bytes).isWhole else { throw .cutShort(.tiff, "all of its picture data") }
    let pixels = header.height * header.width
    let limit = 64 << 20 + 16 * pixels
    let file = try TIFFFile(bytes, allocating: limit)
    guard file.layout.width == header.width, file.layout.height == header.height else {
      throw .malformed(.tiff, "two sizes contradict each other")
    }
    let codec = file.layout.compression
    guard TIFFIsCODECConfigured(codec) != 0 else {
      throw .unsupported(.tiff, expected: "a compression that this libtiff reads", got: "number \(codec)")
    }
    let kind = try TIFFKind(file.layout)
    if case .viaLibrary = kind {
      return (try photoByLibrary(file), file.orientation)
    }
    if file.layout.compression == UInt16(COMPRESSION_JPEG)
      && file.layout.photometric == UInt16(PHOTOMETRIC_YCBCR)
    {
      file.convertJPEG()
    }
    let photo: Photo
    if case .deepGray(let isInverted) = kind {
      photo = try deepGray(file, isInverted: isInverted, limit: limit)
    } else {
      photo = try shallow(file, kind, limit: limit)
    }
    return (photo, file.orientation)
  }

  /// Subsampled YCbCr and old-style JPEG: in libtiff's conversion, which Pillow uses here too.
  private static func photoByLibrary(_ file: borrowing TIFFFile) throws(WhiskerError) -> Photo {
    let (height, width) = (file.layout.height, file.layout.width)
    var succeeded = false
    let raster = [UInt32](unsafeUninitializedCapacity: height * width) { buffer, count in
      buffer.initialize(repeating: 0)
      if let start = buffer.baseAddress { succeeded = file.rgba(into: start) }
      count = height * width
    }
    guard succeeded else { throw file.failure }
    return Photo(height: height, width: width, channels: 3) { output in
      for (pixel, color) in raster.enumerated() {
        for channel in 0..<3 {
          output[3 * pixel + channel] = UInt8(truncatingIfNeeded: color >> (8 * UInt32(channel)))
        }
      }
    }
  }

  /// Gray of more than 8 bits, whole numbers or floating-point ones.
  private static func deepGray(
    _ file: borrowing TIFFFile, isInverted: Bool, limit: Int
  ) throws(WhiskerError) -> Photo {
    let layout = file.layout
    let (height, width, bits) = (layout.height, layout.width, layout.bits)
    let unpack = TIFFSamples(layout)
    if layout.format == UInt16(SAMPLEFORMAT_IEEEFP) {
      var values = [Float](repeating: 0, count: height * width)
      try values.withUnsafeMutableBufferPointer { values throws(WhiskerError) in
        try file.forEachPiece(channels: 1, allocating: limit) { source, row, column, count, _ in
          for index in 0..<count { values[row * width + column + index] = unpack.real(source, index) }
        }
      }
      return try GrayRange.photo(
        of: values, height: height, width: width, isInverted: isInverted, format: .tiff)
    }
    let isSigned = layout.format == UInt16(SAMPLEFORMAT_INT)
    var (smallest, largest) = (Int.max, Int.min)
    var values = [UInt16](repeating: 0, count: height * width)
    try values.withUnsafeMutableBufferPointer { values throws(WhiskerError) in
      try file.forEachPiece(channels: 1, allocating: limit) { source, row, column, count, _ in
        for index in 0..<count {
          let value = isSigned ? unpack.signed(source, index) : unpack.whole(source, index)
          (smallest, largest) = (min(smallest, value), max(largest, value))
          values[row * width + column + index] = UInt16(truncatingIfNeeded: value)
        }
      }
    }
    if smallest < 0 || largest > 65_535 { throw GrayRange.unsupported(.tiff, "\(smallest) to \(largest)") }
    // A file of 10, 12 or 14 bits says where its white is; one of 16 or 32 may hold fewer.
    return GrayRange.photo(
      of: values, height: height, width: width, bits: bits < 16 ? bits : nil, isInverted: isInverted)
  }

  /// Everything else: samples of 8 bits, or brought to 8, then their colours.
  private static func shallow(
    _ file: borrowing TIFFFile, _ kind: TIFFKind, limit: Int
  ) throws(WhiskerError) -> Photo {
    let layout = file.layout
    let (height, width, channels) = (layout.height, layout.width, kind.channels)
    let unpack = TIFFSamples(layout)
    let isIndex = kind == .palette
    var samples = [UInt8](repeating: 0, count: height * width * channels)
    try samples.withUnsafeMutableBufferPointer { samples throws(WhiskerError) in
      try file.forEachPiece(channels: channels, allocating: limit) { source, row, column, count, plane in
        let start = (row * width + column) * channels
        let target = UnsafeMutableBufferPointer(rebasing: samples[start..<start + count * channels])
        if layout.isPlanar {
          unpack.levels(
            source, step: 1, count: count, isIndex: isIndex, into: target, channels: 1, from: plane,
            of: channels)
        } else {
          unpack.levels(
            source, step: layout.samples, count: count, isIndex: isIndex, into: target, channels: channels,
            from: 0,
            of: channels)
        }
      }
    }
    return try kind.photo(of: samples, height: height, width: width, palette: isIndex ? file.palette() : nil)
  }
}
