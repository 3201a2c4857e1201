import Foundation
import WhiskerImages

/// Files of the same bytes, found without reading most of the others.
///
/// Files of different sizes differ; of those of one size a kilobyte from the middle is read; only what is equal there
/// too is read whole and compared byte for byte.
enum ExactDuplicates {
  /// The largest file that is compared: what no decoder takes isn't read either.
  private static let sizeLimit = PhotoDecoder.Limits().maximumFileSize
  private static let sampleSize = 1024

  /// Finds equal files; those that can't be read are passed over.
  ///
  /// - Returns: The places of the files in groups of at least two, the first of each group in order.
  static func groups(of paths: [String]) -> [[Int]] {
    var placesBySize: [Int: [Int]] = [:]
    for (place, path) in paths.enumerated() {
      var status = stat()
      guard stat(path, &status) == 0, status.kind == .file, status.st_size > 0 else { continue }
      placesBySize[Int(status.st_size), default: []].append(place)
    }
    var groups: [[Int]] = []
    for (size, places) in placesBySize where places.count > 1 {
      let alike = Dictionary(grouping: places) { sample(of: paths[$0], size: size) }
      for (sample, places) in alike where places.count > 1 && sample != nil {
        groups += groupsByBytes(of: places, paths)
      }
    }
    return groups.sorted { $0[0] < $1[0] }
  }

  /// Compares whole files; the first of each kind is kept in memory for those that follow.
  private static func groupsByBytes(of places: [Int], _ paths: [String]) -> [[Int]] {
    var kinds: [(bytes: [UInt8], places: [Int])] = []
    for place in places {
      let file = URL(fileURLWithPath: paths[place], isDirectory: false)
      guard let bytes = try? FileBytes.read(file, limit: sizeLimit) else { continue }
      if let kind = kinds.firstIndex(where: { $0.bytes == bytes }) {
        kinds[kind].places.append(place)
      } else {
        kinds.append((bytes, [place]))
      }
    }
    return kinds.map(\.places).filter { $0.count > 1 }
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
