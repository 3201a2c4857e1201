package import Foundation
package import WhiskerSystem

/// Writes ZIP files whose bytes depend on their contents alone.
///
/// Entries are uncompressed and their bytes come a part at a time, twice: for the checksum, which stands before them,
/// and for the file. So a model's weights go from their own memory straight to the disk.
package enum ZipWriter {
  /// What to write under a name.
  package struct Entry {
    let name: String
    let size: Int
    /// Gives all bytes in order, the same each time.
    let forEachPart: ((UnsafeRawBufferPointer) throws(WhiskerError) -> Void) throws(WhiskerError) -> Void

    /// An entry of bytes in memory.
    package init(_ name: String, _ bytes: [UInt8]) {
      self.name = name
      size = bytes.count
      forEachPart = { body throws(WhiskerError) in
        let result = bytes.withUnsafeBytes { bytes in
          Result { () throws(WhiskerError) in try body(bytes) }
        }
        try result.get()
      }
    }
  }

  /// Numbers from this on don't fit the format's first form, and stand in an extra field.
  package static let largestSmallNumber = Int(UInt32.max) - 1

  /// Writes entries to a file in their order, completely or not at all.
  ///
  /// - Parameter limit: The largest size and place that are written in the format's first form, for tests.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`.
  package static func write(
    _ entries: [Entry], to url: URL, limit: Int = largestSmallNumber
  ) throws(WhiskerError) {
    var file = try AtomicFile(replacing: url)
    var (directory, position): (ZipRecord, Int) = (ZipRecord(), 0)
    for entry in entries {
      let name = Array(entry.name.utf8)
      guard name.count <= Int(UInt16.max) else {
        throw WhiskerError(.cannotWrite, url.path, expected: "a name of at most 65535 bytes", got: "more")
      }
      var checksum = CRC32()
      try entry.forEachPart { part in checksum.update(part) }
      let header = ZipRecord(
        header: name, size: entry.size, at: position, checksum: checksum.value, limit: limit)
      directory.append(
        ZipRecord(entry: name, size: entry.size, at: position, checksum: checksum.value, limit: limit))
      try file.append(header.bytes)
      var written = 0
      try entry.forEachPart { part throws(WhiskerError) in
        try file.append(part)
        written += part.count
      }
      precondition(written == entry.size, "an entry of another size than it says")
      position += header.bytes.count + entry.size
    }
    directory.append(
      ZipRecord(
        end: entries.count, directory: position..<position + directory.bytes.count, limit: limit))
    try file.append(directory.bytes)
    try file.commit()
  }
}

/// The bytes of records of a ZIP file (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
private struct ZipRecord {
  private(set) var bytes: [UInt8] = []

  /// Midnight of the first of January 1980, the first moment that ZIP knows, as Python's `zipfile` has it.
  private static let date: UInt16 = 1 << 5 | 1
  /// A plain file that its owner reads and writes.
  private static let attributes = UInt32(S_IFREG | 0o600) << 16
  private static let unix: UInt16 = 3 << 8
  private static let isUTF8: UInt16 = 1 << 11
  /// The extra field of numbers that don't fit 32 bits.
  private static let largeNumbers: UInt16 = 1
  /// The extra field that `zipalign` fills up with, so that an entry's bytes begin at a multiple of the alignment:
  /// systems copy from and to other places at half the speed.
  private static let padding: UInt16 = 0xD935
  private static let alignment = 64
  private static let largestUnaligned = 4096

  init() {}

  /// What stands before an entry's bytes, in a file that has reached a position.
  init(header name: [UInt8], size: Int, at position: Int, checksum: UInt32, limit: Int) {
    var extra = ZipRecord()
    // The packed size and the unpacked one, which are the same.
    if size > limit { extra.append(field: ZipRecord.largeNumbers, [UInt64(size), UInt64(size)]) }
    if size > ZipRecord.largestUnaligned {
      let start = position + 30 + name.count + extra.bytes.count + 6
      extra.append(ZipRecord.padding)
      let count = (ZipRecord.alignment - start % ZipRecord.alignment) % ZipRecord.alignment
      extra.append(UInt16(2 + count))
      extra.append(UInt16(ZipRecord.alignment))
      extra.bytes += [UInt8](repeating: 0, count: count)
    }
    append(UInt32(0x0403_4B50))
    append(ZipRecord.version(isLarge: size > limit))
    append(name, size: size, checksum: checksum, extraCount: extra.bytes.count, limit: limit)
    bytes += name
    append(extra)
  }

  /// An entry of the directory, whose header is at a position.
  init(entry name: [UInt8], size: Int, at position: Int, checksum: UInt32, limit: Int) {
    let large =
      (size > limit ? [UInt64(size), UInt64(size)] : []) + (position > limit ? [UInt64(position)] : [])
    var extra = ZipRecord()
    if !large.isEmpty { extra.append(field: ZipRecord.largeNumbers, large) }
    append(UInt32(0x0201_4B50))
    append(ZipRecord.unix | ZipRecord.version(isLarge: !large.isEmpty))
    append(ZipRecord.version(isLarge: !large.isEmpty))
    append(name, size: size, checksum: checksum, extraCount: extra.bytes.count, limit: limit)
    // No comment, the first disk, no notes.
    append(UInt16(0))
    append(UInt32(0))
    append(ZipRecord.attributes)
    append(position > limit ? UInt32.max : UInt32(position))
    bytes += name
    append(extra)
  }

  /// What a header and an entry of the directory have in common, up to the lengths of what follows.
  private mutating func append(
    _ name: [UInt8], size: Int, checksum: UInt32, extraCount: Int, limit: Int
  ) {
    append(name.allSatisfy { $0 < 0x80 } ? 0 : ZipRecord.isUTF8)
    // Stored, at no particular time of the day.
    append(UInt32(0))
    append(ZipRecord.date)
    append(checksum)
    let stated = size > limit ? UInt32.max : UInt32(size)
    append(stated)
    append(stated)
    append(UInt16(name.count))
    append(UInt16(extraCount))
  }

  private mutating func append(field kind: UInt16, _ numbers: [UInt64]) {
    append(kind)
    append(UInt16(8 * numbers.count))
    for number in numbers { append(number) }
  }

  /// What ends a file: how many entries the directory has, and where it lies.
  init(end count: Int, directory: Range<Int>, limit: Int) {
    let isLarge = count >= Int(UInt16.max) || directory.count > limit || directory.lowerBound > limit
    if isLarge {
      append(UInt32(0x0606_4B50))
      // The bytes that follow in this record.
      append(UInt64(44))
      append(ZipRecord.unix | ZipRecord.version(isLarge: true))
      append(ZipRecord.version(isLarge: true))
      append(UInt64(0))
      append(UInt64(count))
      append(UInt64(count))
      append(UInt64(directory.count))
      append(UInt64(directory.lowerBound))
      append(UInt32(0x0706_4B50))
      append(UInt32(0))
      append(UInt64(directory.upperBound))
      append(UInt32(1))
    }
    append(UInt32(0x0605_4B50))
    append(UInt32(0))
    let stated = isLarge ? UInt16.max : UInt16(count)
    append(stated)
    append(stated)
    append(isLarge ? UInt32.max : UInt32(directory.count))
    append(isLarge ? UInt32.max : UInt32(directory.lowerBound))
    append(UInt16(0))
  }

  /// The release of the format that a reader must know, 2.0 or 4.5.
  private static func version(isLarge: Bool) -> UInt16 { isLarge ? 45 : 20 }

  mutating func append(_ other: ZipRecord) { bytes += other.bytes }

  private mutating func append(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }
}
