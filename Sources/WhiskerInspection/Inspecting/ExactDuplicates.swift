import Foundation
import WhiskerImages
import WhiskerSystem

/// Files of the same bytes, found without reading most of the others.
///
/// Files of different sizes differ; of those of one size a kilobyte from the middle is read; only what is equal there
/// too is read whole and compared byte for byte.
enum ExactDuplicates {
  /// The largest file that is compared: files that no decoder accepts aren't read.
  private static let sizeLimit = PhotoDecoder.Limits().maximumFileSize
  private static let sampleSize = 1024

  /// Finds equal files; those that can't be read are skipped.
  ///
  /// - Returns: The places of the files in groups of at least two, the first of each group in order.
  static func groups(of paths: [String]) -> [[Int]] {
    // What links and hard links lead to is one file, which needn't be read to be equal to itself.
    var placesByFile: [FileIdentity: [Int]] = [:]
    var placesBySize: [Int: [Int]] = [:]
    for (place, path) in paths.enumerated() {
      var status = stat()
      guard stat(path, &status) == 0, status.kind == .file, status.st_size > 0 else { continue }
      placesByFile[FileIdentity(status), default: []].append(place)
      if placesByFile[FileIdentity(status)]?.count == 1 {
        placesBySize[Int(status.st_size), default: []].append(place)
      }
    }
    let copies = Dictionary(placesByFile.values.map { ($0[0], $0) }) { first, _ in first }
    var groups: [[Int]] = []
    for (size, places) in placesBySize {
      let alike = Dictionary(grouping: places) { places.count > 1 ? sample(of: paths[$0], size: size) : nil }
      for (sample, places) in alike {
        let isAlone = places.count == 1 || sample == nil
        groups += isAlone ? places.map { [$0] } : groupsByBytes(of: places, paths)
      }
    }
    return groups.map { $0.flatMap { copies[$0] ?? [] }.sorted() }.filter { $0.count > 1 }
      .sorted { $0[0] < $1[0] }
  }

  /// Compares whole files with the first of those of the same checksum, which is read again: none is kept in memory.
  private static func groupsByBytes(of places: [Int], _ paths: [String]) -> [[Int]] {
    func bytes(_ place: Int) -> [UInt8]? {
      try? FileBytes.read(URL(fileURLWithPath: paths[place], isDirectory: false), limit: sizeLimit)
    }
    var groups: [[Int]] = []
    /// The groups whose first file has a checksum: more than one only by chance.
    var groupsByChecksum: [Int: [Int]] = [:]
    for place in places {
      guard let own = bytes(place) else { continue }
      var hasher = Hasher()
      own.withUnsafeBytes { hasher.combine(bytes: $0) }
      let checksum = hasher.finalize()
      let known = groupsByChecksum[checksum, default: []]
      if let group = known.first(where: { bytes(groups[$0][0]) == own }) {
        groups[group].append(place)
      } else {
        groupsByChecksum[checksum, default: []].append(groups.count)
        groups.append([place])
      }
    }
    return groups
  }

  /// Bytes from the middle of a file; nil if they can't be read.
  private static func sample(of path: String, size: Int) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { close(file) }
    let count = min(sampleSize, size)
    var isWhole = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      isWhole = pread(file, buffer.baseAddress, count, (size - count) / 2) == count
      initialized = isWhole ? count : 0
    }
    return isWhole ? bytes : nil
  }
}
