import CDeflate

/// Unpacks bytes that were packed with the deflate algorithm, through libdeflate.
enum Deflate {
  /// What stands around the packed bytes.
  enum Form {
    /// Nothing, as in ZIP files.
    case raw
    /// A header of two bytes and a checksum, as in HDF5 files.
    case zlib
  }

  /// The unpacked bytes, at most this many; nil if the packed ones are damaged or would give more.
  static func unpacked(_ bytes: UnsafeRawBufferPointer, _ form: Form, atMost count: Int) -> [UInt8]? {
    guard let decompressor = libdeflate_alloc_decompressor() else { return nil }
    defer { libdeflate_free_decompressor(decompressor) }
    var result = LIBDEFLATE_BAD_DATA
    let unpacked = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      // Without an address for the result there's nothing to unpack into.
      guard let source = bytes.baseAddress, let target = buffer.baseAddress else { return }
      let decompress =
        switch form {
        case .raw: libdeflate_deflate_decompress
        case .zlib: libdeflate_zlib_decompress
        }
      result = decompress(decompressor, source, bytes.count, target, count, &initializedCount)
      if result != LIBDEFLATE_SUCCESS { initializedCount = 0 }
    }
    return result == LIBDEFLATE_SUCCESS ? unpacked : nil
  }
}

/// The checksum of ZIP files: CRC-32 with the polynomial of Ethernet, computed with the processor's carry-less
/// multiplication where it has one.
struct CRC32: Sendable {
  /// The checksum of the bytes so far.
  private(set) var value: UInt32 = 0

  /// Takes in the bytes that follow.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    // Without an address libdeflate begins again.
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
    value = libdeflate_crc32(value, start, bytes.count)
  }
}
