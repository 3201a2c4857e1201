/// A ZIP file made field by field, so that each can lie.
struct HandmadeZip {
  /// An entry and what its headers say of it.
  struct Entry {
    var name: [UInt8]
    var bytes: [UInt8] = []
    /// What is said of the size, where it isn't the truth.
    var declaredSize: UInt32?
    var method: UInt16 = 0
    var flags: UInt16 = 0
    var externalAttributes: UInt32 = 0

    init(_ name: String, _ bytes: [UInt8] = []) {
      self.name = Array(name.utf8)
      self.bytes = bytes
    }
  }

  var entries: [Entry]

  var bytes: [UInt8] {
    var (file, directory): ([UInt8], [UInt8]) = ([], [])
    for entry in entries {
      let offset = UInt32(file.count)
      let size = entry.declaredSize ?? UInt32(entry.bytes.count)
      // From the version needed to the length of the name, as both headers have it.
      let common =
        little(UInt16(20)) + little(entry.flags) + little(entry.method) + little(UInt16(0))
        + little(UInt16(33))
        + little(crc32(entry.bytes)) + little(UInt32(entry.bytes.count)) + little(size)
        + little(UInt16(entry.name.count)) + little(UInt16(0))
      file += little(UInt32(0x0403_4B50)) + common + entry.name + entry.bytes
      directory += little(UInt32(0x0201_4B50)) + little(UInt16(3 << 8 | 20)) + common
      directory +=
        little(UInt16(0)) + little(UInt16(0)) + little(UInt16(0)) + little(entry.externalAttributes)
      directory += little(offset) + entry.name
    }
    let count = little(UInt16(entries.count))
    let end = little(UInt32(0x0605_4B50)) + little(UInt32(0)) + count + count
    return file + directory + end + little(UInt32(directory.count)) + little(UInt32(file.count))
      + little(UInt16(0))
  }

  private func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  private func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = .max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }
}
