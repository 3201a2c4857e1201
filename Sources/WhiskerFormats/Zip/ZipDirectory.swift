import WhiskerSystem

/// The directory of a ZIP archive: what lies where in its bytes, and how.
///
/// Read by our own code, since a library returns copies of entries: tensors are made straight from the file.
/// Everything that the directory says is checked against the bytes there are, and nothing else is: what a
/// format allows, its reader decides.
struct ZipDirectory {
  /// One entry.
  struct Entry: Sendable {
    /// The ways in which its bytes may be stored.
    enum Method: Equatable, Sendable {
      case stored
      case deflated
      case other(UInt16)
    }

    let name: String
    let method: Method
    let isEncrypted: Bool
    /// Where its bytes lie as they are stored.
    let place: Range<Int>
    /// The size of its contents.
    let size: UInt64
    /// The CRC-32 of its contents.
    let checksum: UInt32
    /// What kind of file it was made of: on Unix the upper half is the mode.
    let attributes: UInt32
  }

  /// The entries in their order.
  private(set) var entries: [Entry] = []
  private let file: String

  /// Whether bytes begin as a ZIP archive does.
  static func isArchive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.starts(with: [0x50, 0x4B, 0x03, 0x04])
  }

  /// Reads the directory at the end of an archive's bytes.
  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(WhiskerError) {
    self.file = file
    let directory = try ZipDirectory.directory(of: bytes, file: file)
    var cursor = ByteCursor(bytes, at: directory.start, file: file)
    for _ in 0..<directory.count { entries.append(try entry(&cursor, bytes)) }
  }

  /// Where the directory of entries begins, and how many it has.
  private static func directory(
    of bytes: UnsafeRawBufferPointer, file: String
  ) throws(WhiskerError) -> (start: Int, count: Int) {
    // The record at the end has 22 bytes and a comment of at most 65,535.
    let earliest = max(0, bytes.count - 22 - 0xFFFF)
    var place = bytes.count - 22
    while place >= earliest, bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self) != 0x0605_4B50 {
      place -= 1
    }
    guard place >= earliest else {
      throw WhiskerError(
        .truncated, file,
        expected: "the directory at the end of a ZIP archive", got: "none: the file is incomplete")
    }
    var cursor = ByteCursor(bytes, at: place + 10, file: file)
    var count = UInt64(try cursor.integer(UInt16.self))
    _ = try cursor.integer(UInt32.self)
    var start = UInt64(try cursor.integer(UInt32.self))
    // Above 4 GB or 65,535 entries another record has the numbers, and 20 bytes before this one say where.
    if place >= 20, bytes.loadUnaligned(fromByteOffset: place - 20, as: UInt32.self) == 0x0706_4B50 {
      cursor = ByteCursor(bytes, at: place - 12, file: file)
      let record = try cursor.integer(UInt64.self)
      guard record <= UInt64(bytes.count) else {
        throw fault(file, "the large directory's place", "\(record)")
      }
      cursor = ByteCursor(bytes, at: Int(record), file: file)
      guard try cursor.integer(UInt32.self) == 0x0606_4B50 else {
        throw fault(file, "a large directory", "none")
      }
      _ = try cursor.take(28)
      count = try cursor.integer(UInt64.self)
      _ = try cursor.integer(UInt64.self)
      start = try cursor.integer(UInt64.self)
    }
    // An entry takes at least 46 bytes.
    guard start <= UInt64(place), count <= UInt64(place) / 46 else {
      throw fault(file, "a directory within the file", "\(count) entries from byte \(start)")
    }
    return (Int(start), Int(count))
  }

  private func entry(
    _ cursor: inout ByteCursor, _ bytes: UnsafeRawBufferPointer
  ) throws(WhiskerError) -> Entry {
    guard try cursor.integer(UInt32.self) == 0x0201_4B50 else {
      throw fault("an entry of the directory", "none")
    }
    _ = try cursor.integer(UInt32.self)
    let flags = try cursor.integer(UInt16.self)
    let method = try cursor.integer(UInt16.self)
    _ = try cursor.integer(UInt32.self)
    let checksum = try cursor.integer(UInt32.self)
    var stored = UInt64(try cursor.integer(UInt32.self))
    var size = UInt64(try cursor.integer(UInt32.self))
    let nameLength = Int(try cursor.integer(UInt16.self))
    let extraLength = Int(try cursor.integer(UInt16.self))
    let commentLength = Int(try cursor.integer(UInt16.self))
    _ = try cursor.integer(UInt32.self)
    let attributes = try cursor.integer(UInt32.self)
    var place = UInt64(try cursor.integer(UInt32.self))
    let name = try cursor.text(nameLength)
    var extra = ByteCursor(try cursor.take(extraLength), file: file)
    _ = try cursor.take(commentLength)
    while extra.remaining >= 4 {
      let kind = try extra.integer(UInt16.self)
      let length = Int(try extra.integer(UInt16.self))
      var field = ByteCursor(try extra.take(length), file: file)
      guard kind == 1 else { continue }
      // Numbers that don't fit 32 bits stand here, and only those.
      if size == 0xFFFF_FFFF { size = try field.integer(UInt64.self) }
      if stored == 0xFFFF_FFFF { stored = try field.integer(UInt64.self) }
      if place == 0xFFFF_FFFF { place = try field.integer(UInt64.self) }
    }
    guard place <= UInt64(bytes.count) else { throw fault("'\(name)' within the file", "byte \(place)") }
    return Entry(
      name: name, method: method == 0 ? .stored : method == 8 ? .deflated : .other(method),
      isEncrypted: flags & 1 == 1,
      place: try content(ByteCursor(bytes, at: Int(place), file: file), size: stored, name), size: size,
      checksum: checksum, attributes: attributes)
  }

  /// The bytes after an entry's own header.
  private func content(
    _ header: ByteCursor, size: UInt64, _ name: String
  ) throws(WhiskerError) -> Range<Int> {
    var header = header
    guard try header.integer(UInt32.self) == 0x0403_4B50 else { throw fault("a header of '\(name)'", "none") }
    _ = try header.take(22)
    let nameLength = Int(try header.integer(UInt16.self))
    let extraLength = Int(try header.integer(UInt16.self))
    _ = try header.take(nameLength + extraLength)
    guard size <= UInt64(header.remaining) else {
      throw WhiskerError(
        .truncated, file, expected: "\(size) bytes of '\(name)'", got: "\(header.remaining)")
    }
    return header.position..<header.position + Int(size)
  }

  private func fault(_ expected: String, _ found: String) -> WhiskerError {
    ZipDirectory.fault(file, expected, found)
  }

  private static func fault(_ file: String, _ expected: String, _ found: String) -> WhiskerError {
    WhiskerError(.corruptHeader, file, expected: "\(expected) in a ZIP archive", got: "\(found)")
  }
}
