import CZip
package import Foundation

/// A ZIP file opened for reading, with every claim of its directory checked before anything is unpacked.
///
/// Nothing is ever unpacked to disk; entries are read into memory by name. Archives that could do harm elsewhere are
/// refused all the same, since their makers meant harm: names that lead out of a folder, symbolic links, two entries
/// of one name, encryption, and contents that are far larger than the file.
package final class ZipArchive {
  /// The file, as its name was given.
  package let path: String
  /// The size of each entry's contents by name; folders aren't listed.
  package let sizes: [String: Int]
  private let indices: [String: UInt64]
  private let archive: OpaquePointer

  /// How large the contents of all entries may be together: real models hardly compress, and bombs are a thousand
  /// times their file.
  private static func sizeLimit(fileSize: Int) -> Int { 2 * fileSize + 16 << 20 }
  private static let countLimit = 100_000

  /// Opens a file and checks its directory.
  ///
  /// - Throws: ``FormatError``: `notThisFormat` if it is no ZIP file, `corruptHeader` or `refused` if the directory
  ///   makes no sense or means harm.
  package init(contentsOf url: URL) throws(FormatError) {
    let path = url.path
    // For its checks: that there is such a file, and that it is one.
    let fileSize = try ReadableFile(url).size
    var code: Int32 = 0
    guard let archive = zip_open(path, ZIP_RDONLY, &code) else {
      throw FormatError(
        code == ZIP_ER_NOZIP ? .notThisFormat : .corruptHeader, file: path,
        "expected a ZIP file, got: \(ZipArchive.text(of: code))")
    }
    self.path = path
    self.archive = archive
    do throws(FormatError) {
      (sizes, indices) = try ZipArchive.directory(of: archive, fileSize: fileSize, path)
    } catch {
      zip_discard(archive)
      throw error
    }
  }

  deinit { zip_discard(archive) }

  /// Reads the contents of one entry.
  ///
  /// - Throws: ``FormatError``: `missingEntry` if there is none of that name, `corruptHeader` if its bytes aren't what
  ///   the directory says.
  package func contents(of name: String) throws(FormatError) -> [UInt8] {
    guard let index = indices[name], let size = sizes[name] else {
      throw FormatError(.missingEntry, file: path, "expected an entry '\(name)', got none")
    }
    guard let entry = zip_fopen_index(archive, index, 0) else {
      throw FormatError(
        .corruptHeader, file: path,
        "entry '\(name)': can't be unpacked: \(String(cString: zip_strerror(archive)))")
    }
    defer { zip_fclose(entry) }
    var fault: FormatError?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      fault = fill(buffer, with: entry, name)
      count = fault == nil ? size : 0
    }
    if let fault { throw fault }
    return bytes
  }

  private func fill(
    _ buffer: UnsafeMutableBufferPointer<UInt8>, with entry: OpaquePointer, _ name: String
  ) -> FormatError? {
    var filled = 0
    while filled < buffer.count, let start = buffer.baseAddress {
      let received = zip_fread(entry, start + filled, UInt64(buffer.count - filled))
      guard received > 0 else { return damage(name, entry, received, expected: buffer.count, got: filled) }
      filled += Int(received)
    }
    // The checksum is compared when the end is reached, which is also where more than was declared would come out.
    var more: UInt8 = 0
    let received = zip_fread(entry, &more, 1)
    return received == 0
      ? nil : damage(name, entry, received, expected: buffer.count, got: buffer.count + 1)
  }

  private func damage(
    _ name: String, _ entry: OpaquePointer, _ received: Int64, expected: Int, got: Int
  ) -> FormatError {
    let reason =
      received < 0
      ? "is damaged: \(String(cString: zip_file_strerror(entry)))"
      : "expected \(expected) bytes, got \(got > expected ? "more" : "\(got)")"
    return FormatError(.corruptHeader, file: path, "entry '\(name)': \(reason)")
  }

  private static func directory(
    of archive: OpaquePointer, fileSize: Int, _ path: String
  ) throws(FormatError) -> ([String: Int], [String: UInt64]) {
    let count = zip_get_num_entries(archive, 0)
    guard count <= countLimit else {
      throw FormatError(.refused, file: path, "expected at most \(countLimit) entries, got \(count)")
    }
    let limit = sizeLimit(fileSize: fileSize)
    var (sizes, indices, total): ([String: Int], [String: UInt64], Int) = ([:], [:], 0)
    for index in 0..<UInt64(max(0, count)) {
      var status = zip_stat_t()
      guard zip_stat_index(archive, index, 0, &status) == 0, let rawName = status.name else {
        throw FormatError(.corruptHeader, file: path, "expected an entry \(index), got a damaged one")
      }
      let name = String(cString: rawName)
      func refuse(_ message: String) -> FormatError {
        FormatError(.refused, file: path, "entry '\(name.prefix(200))': \(message)")
      }
      guard isHarmless(name) else {
        throw refuse("expected a name below the archive, got one that leads out")
      }
      guard status.encryption_method == UInt16(ZIP_EM_NONE) else {
        throw refuse("expected no encryption, got it")
      }
      guard !isLink(index, of: archive) else { throw refuse("expected a file, got a symbolic link") }
      guard indices[name] == nil else { throw refuse("expected one entry of this name, got two") }
      guard let size = Int(exactly: status.size), size <= limit - total else {
        throw refuse(
          "expected at most \(limit) bytes of contents in a file of \(fileSize), got \(status.size) here and "
            + "\(total) before: a bomb, or a model that should be stored uncompressed")
      }
      total += size
      indices[name] = index
      if !name.hasSuffix("/") { sizes[name] = size }
    }
    return (sizes, indices)
  }

  /// Whether a name stays within the folder that an archive would be unpacked in.
  private static func isHarmless(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix("/") && !name.contains("\\") && !name.contains("\0")
      && !name.split(separator: "/").contains("..") && name.dropFirst().first != ":"
  }

  private static func isLink(_ index: UInt64, of archive: OpaquePointer) -> Bool {
    var (system, attributes): (UInt8, UInt32) = (0, 0)
    guard zip_file_get_external_attributes(archive, index, 0, &system, &attributes) == 0 else { return false }
    return attributes >> 16 & S_IFMT == S_IFLNK
  }

  private static func text(of code: Int32) -> String {
    var error = zip_error_t()
    zip_error_init_with_code(&error, code)
    defer { zip_error_fini(&error) }
    return String(cString: zip_error_strerror(&error))
  }
}
