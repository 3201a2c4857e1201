import CZip
package import Foundation

/// Writes ZIP files whose bytes depend on their contents alone.
package enum ZipWriter {
  /// Midnight of the first of January 1980, the first moment that ZIP knows, as Python's `zipfile` has it.
  private static let date: UInt16 = 1 << 5 | 1
  /// A plain file that its owner reads and writes.
  private static let attributes = UInt32(S_IFREG | 0o600) << 16

  /// Writes entries to a file in their order and uncompressed, whole or not at all.
  ///
  /// - Throws: ``FormatError`` with `cannotWrite`.
  package static func write(_ entries: [(name: String, bytes: [UInt8])], to url: URL) throws(FormatError) {
    var fault = zip_error_t()
    zip_error_init(&fault)
    defer { zip_error_fini(&fault) }
    func failure() -> FormatError {
      FormatError(
        .cannotWrite, file: url.path, "can't be written: \(String(cString: zip_error_strerror(&fault)))")
    }
    guard let target = zip_source_buffer_create(nil, 0, 0, &fault) else { throw failure() }
    defer { zip_source_free(target) }
    // Closing the archive would free what it was written to.
    zip_source_keep(target)
    guard let archive = zip_open_from_source(target, ZIP_TRUNCATE, &fault) else {
      zip_source_free(target)
      throw failure()
    }
    guard add(entries[...], to: archive) else {
      let reason = String(cString: zip_strerror(archive))
      zip_discard(archive)
      throw FormatError(.cannotWrite, file: url.path, "can't be written: \(reason)")
    }
    var file = try AtomicFile(replacing: url)
    try copy(target, to: &file, path: url.path)
    try file.commit()
  }

  /// Adds entries and closes the archive, which is when their bytes are read.
  private static func add(
    _ entries: ArraySlice<(name: String, bytes: [UInt8])>, to archive: OpaquePointer
  ) -> Bool {
    guard let entry = entries.first else { return zip_close(archive) == 0 }
    return entry.bytes.withUnsafeBytes { bytes in
      guard let source = zip_source_buffer(archive, bytes.baseAddress, UInt64(bytes.count), 0) else {
        return false
      }
      let index = zip_file_add(archive, entry.name, source, zip_flags_t(ZIP_FL_ENC_UTF_8))
      guard index >= 0 else {
        zip_source_free(source)
        return false
      }
      let place = UInt64(index)
      guard zip_set_file_compression(archive, place, ZIP_CM_STORE, 0) == 0,
        zip_file_set_dostime(archive, place, 0, date, 0) == 0,
        zip_file_set_external_attributes(archive, place, 0, UInt8(ZIP_OPSYS_UNIX), attributes) == 0
      else { return false }
      return add(entries.dropFirst(), to: archive)
    }
  }

  private static func copy(
    _ source: OpaquePointer, to file: inout AtomicFile, path: String
  ) throws(FormatError) {
    func failure() -> FormatError {
      FormatError(.cannotWrite, file: path, "can't be written: the archive can't be read back")
    }
    guard zip_source_open(source) == 0 else { throw failure() }
    defer { zip_source_close(source) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = Int(zip_source_read(source, buffer.baseAddress, UInt64(buffer.count)))
      guard count >= 0 else { throw failure() }
      if count == 0 { return }
      try file.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }
}
