import WhiskerSystem

/// HDF5 files as entries of an archive, as in `.keras`.
extension HDF5File {
  /// Opens the HDF5 file that is an entry of a ZIP archive, in its place unless it is compressed.
  init(entry: String, of archive: ZipArchive) throws(WhiskerError) {
    try self.init(entry: entry, at: archive.storedPlace(of: entry), of: archive)
  }

  /// Opens the HDF5 file that is an entry of a ZIP archive and lies at a place of it; without one it is compressed.
  init(entry: String, at place: Range<Int>?, of archive: ZipArchive) throws(WhiskerError) {
    let name = "\(archive.path): \(entry)"
    if let place {
      try self.init(HDF5Source(archive.file, range: place, name: name))
    } else {
      try self.init(bytes: archive.contents(of: entry), name: name)
    }
  }
}

extension ZipWriter.Entry {
  /// An entry that is an HDF5 file.
  init(_ name: String, _ image: HDF5Image) {
    self.name = name
    size = image.size
    forEachPart = { body throws(WhiskerError) in try image.forEachPart(body) }
  }
}
