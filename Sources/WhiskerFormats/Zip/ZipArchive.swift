import Dispatch
package import Foundation
import Synchronization
import WhiskerGraph
package import WhiskerSystem

/// A ZIP file opened for reading, with every claim of its directory checked before anything is unpacked.
///
/// Nothing is ever unpacked to disk; entries are read into memory by name, or in their place. Archives that
/// could do harm elsewhere are refused too, since they are malicious: names that lead out of a folder, symbolic
/// links, two entries of one name, encryption, and contents that are far larger than the file.
package struct ZipArchive: Sendable {
  /// The file, as its name was given.
  package let path: String
  /// The size of each entry's contents by name; folders aren't listed.
  package let sizes: [String: Int]
  let file: ReadableFile
  private let mapped: MappedFile
  private let entries: [String: ZipDirectory.Entry]

  /// How large the contents of all entries may be together: real models hardly compress, and bombs are a thousand
  /// times their file.
  private static func sizeLimit(fileSize: Int) -> Int { 2 * fileSize + 16 << 20 }
  private static let countLimit = 100_000

  /// Opens a file and checks its directory.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingFile`, `cannotRead`, `notThisFormat` if it is no ZIP file, `truncated`,
  ///   `corruptHeader` or `refused` if the directory makes no sense or is malicious.
  package init(contentsOf url: URL) throws(WhiskerError) {
    let file = try ReadableFile(url)
    let mapped = try MappedFile(file)
    let path = file.path
    let directory = try mapped.withBytes(0..<file.size) { bytes throws(WhiskerError) in
      guard ZipDirectory.isArchive(bytes) else {
        throw WhiskerError(.notThisFormat, path, expected: "a ZIP file", got: "another")
      }
      return try ZipDirectory(bytes, file: path)
    }
    (self.path, self.file, self.mapped) = (path, file, mapped)
    (sizes, entries) = try ZipArchive.checked(directory, fileSize: file.size, path)
  }

  /// The part of an archive below a folder, whose name ends in a slash; nothing is read anew.
  private init(_ archive: ZipArchive, below folder: String) {
    (path, file, mapped) = (archive.path, archive.file, archive.mapped)
    func within<Value>(_ values: [String: Value]) -> [String: Value] {
      let pairs = values.filter { $0.key.hasPrefix(folder) && $0.key.count > folder.count }
      return Dictionary(
        uniqueKeysWithValues: pairs.map { (String($0.key.dropFirst(folder.count)), $0.value) })
    }
    (sizes, entries) = (within(archive.sizes), within(archive.entries))
  }

  /// What lies in the folder that holds files of these names; itself where they lie outside of any, nil where no folder
  /// holds them, or several do.
  package func folder(of names: [String]) -> ZipArchive? {
    guard let first = names.first else { return nil }
    let folders = sizes.keys.filter { $0 == first || $0.hasSuffix("/\(first)") }.map {
      $0.dropLast(first.count)
    }
    let whole = folders.filter { folder in names.allSatisfy { sizes[folder + $0] != nil } }
    if whole.contains("") { return self }
    return whole.count == 1 ? ZipArchive(self, below: String(whole[0])) : nil
  }

  /// Reads the contents of one entry.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingEntry` if there is none of that name, `corruptHeader` if its bytes aren't what
  ///   the directory says, `unsupported` if they are compressed with an algorithm other than deflate.
  package func contents(of name: String) throws(WhiskerError) -> [UInt8] {
    let (entry, size) = try entry(name)
    if let place = try storedPlace(of: name) {
      return try file.values(UInt8.self, at: place.lowerBound, count: size)
    }
    let bytes = try mapped.withBytes(entry.place) { Deflate.unpacked($0, .raw, atMost: size) }
    guard let bytes else {
      throw damage(name, "can't be unpacked to the \(size) bytes that the directory says")
    }
    guard bytes.count == size else { throw damage(name, expected: "\(size) bytes", got: "\(bytes.count)") }
    var checksum = CRC32()
    bytes.withUnsafeBytes { checksum.update($0) }
    try check(checksum, entry)
    return bytes
  }

  /// Where in the file the contents of an entry lie, their checksum compared; nil if they are compressed.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``, as ``contents(of:)``.
  func storedPlace(of name: String) throws(WhiskerError) -> Range<Int>? {
    guard let place = try uncheckedPlace(of: name) else { return nil }
    try checkStored(name, place)
    return place
  }

  /// Reads an entry in its place while another thread compares its checksum; the result counts once both are done.
  ///
  /// - Parameter read: Called with the place of the contents in the file, which may be damaged still; with nil if they
  ///   are compressed.
  /// - Throws: ``WhiskerSystem/WhiskerError``, as ``contents(of:)``, whatever was read; else what reading threw.
  func reading<Value>(
    _ name: String, _ read: (Range<Int>?) throws(WhiskerError) -> Value
  ) throws(WhiskerError) -> Value {
    guard let place = try uncheckedPlace(of: name) else { return try read(nil) }
    let check = Mutex(Result<Void, WhiskerError>.success(()))
    let group = DispatchGroup()
    DispatchQueue.global().async(group: group) {
      let result = Result { () throws(WhiskerError) in try checkStored(name, place) }
      check.withLock { $0 = result }
    }
    let value = Result { () throws(WhiskerError) in try read(place) }
    group.wait()
    try check.withLock(\.self).get()
    return try value.get()
  }

  /// Where in the file the contents of an entry lie; nil if they are compressed.
  private func uncheckedPlace(of name: String) throws(WhiskerError) -> Range<Int>? {
    let (entry, size) = try entry(name)
    switch entry.method {
    case .stored: break
    case .deflated: return nil
    case .other(let method):
      throw WhiskerError(
        .unsupported, path, "entry '\(name)': expected it stored or deflated, got method \(method)")
    }
    guard entry.place.count == size else {
      throw damage(name, expected: "\(size) bytes", got: "\(entry.place.count)")
    }
    return entry.place
  }

  private func checkStored(_ name: String, _ place: Range<Int>) throws(WhiskerError) {
    var checksum = CRC32()
    try mapped.forEachPart(of: place) { checksum.update($0) }
    try check(checksum, try entry(name).0)
  }

  private func entry(_ name: String) throws(WhiskerError) -> (ZipDirectory.Entry, size: Int) {
    guard let entry = entries[name], let size = sizes[name] else {
      throw WhiskerError(.missingEntry, path, expected: "an entry '\(name)'", got: "none")
    }
    return (entry, size)
  }

  private func check(_ checksum: CRC32, _ entry: ZipDirectory.Entry) throws(WhiskerError) {
    guard checksum.value == entry.checksum else {
      throw damage(
        entry.name, "is damaged: its checksum isn't that of the directory, so bytes in it have changed")
    }
  }

  private func damage(_ name: String, _ reason: String) -> WhiskerError {
    WhiskerError(.corruptHeader, "\(path): entry '\(name)'", reason)
  }

  private func damage(_ name: String, expected: String, got: String) -> WhiskerError {
    WhiskerError(.corruptHeader, "\(path): entry '\(name)'", expected: expected, got: got)
  }

  private static func checked(
    _ directory: ZipDirectory, fileSize: Int, _ path: String
  ) throws(WhiskerError) -> ([String: Int], [String: ZipDirectory.Entry]) {
    let count = directory.entries.count
    guard count <= countLimit else {
      throw WhiskerError(.refused, path, expected: "at most \(countLimit) entries", got: "\(count)")
    }
    let limit = sizeLimit(fileSize: fileSize)
    var (sizes, entries, total): ([String: Int], [String: ZipDirectory.Entry], Int) = ([:], [:], 0)
    for entry in directory.entries {
      func refuse(expected: String, got: String) -> WhiskerError {
        WhiskerError(
          .refused, "\(path): entry '\(entry.name.prefix(200))'", expected: expected, got: got)
      }
      guard isHarmless(entry.name) else {
        throw refuse(expected: "a name below the archive", got: "one that leads out")
      }
      guard !entry.isEncrypted else { throw refuse(expected: "no encryption", got: "it") }
      guard entry.attributes >> 16 & S_IFMT != S_IFLNK else {
        throw refuse(expected: "a file", got: "a symbolic link")
      }
      guard entries.updateValue(entry, forKey: entry.name) == nil else {
        throw refuse(expected: "one entry of this name", got: "two")
      }
      guard let size = Int(exactly: entry.size), size <= limit - total else {
        throw refuse(
          expected: "at most \(limit) bytes of contents in a file of \(fileSize)",
          got: "\(entry.size) here and "
            + "\(total) before: a bomb, or a model that should be stored uncompressed")
      }
      total += size
      if !entry.name.hasSuffix("/") { sizes[entry.name] = size }
    }
    return (sizes, entries)
  }

  /// Whether a name stays within the folder that an archive would be unpacked in.
  private static func isHarmless(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix("/") && !name.contains("\\") && !name.contains("\0")
      && !name.split(separator: "/").contains("..") && name.dropFirst().first != ":"
  }
}
