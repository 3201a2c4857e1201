import Dispatch
import Foundation
import Synchronization
import WhiskerDatasets

/// What identifies a photo's file, whatever it is called and wherever it is: a checksum of its size and its
/// bytes.
///
/// Of a file beyond 192 KiB its beginning, middle and end are read, 64 KiB each: two photos that don't differ
/// there count as one. The checksum has 48 bits, so that a collision among a million photos is unlikely.
struct PhotoContent: Hashable, Sendable {
  /// 48 bits.
  let checksum: UInt64

  /// The bytes that one takes in a row of them.
  static let byteCount = 6

  private static let pieceSize = 64 << 10

  init(checksum: UInt64) { self.checksum = checksum }

  /// Reads a file; nil if it can't be read.
  init?(of path: String) {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    let size = Int(status.st_size)
    let piece = Self.pieceSize
    let places =
      size <= 3 * piece ? [0..<size] : [0, (size - piece) / 2, size - piece].map { $0..<$0 + piece }
    var checksum = Checksum()
    checksum.add(UInt64(size))
    for place in places {
      guard let bytes = Self.bytes(of: file, place) else { return nil }
      bytes.withUnsafeBytes { checksum.add($0) }
    }
    // The upper bits depend on all of the bytes.
    self.checksum = checksum.state >> 16
  }

  private static func bytes(of file: Int32, _ place: Range<Int>) -> [UInt8]? {
    var isWhole = false
    let bytes = [UInt8](unsafeUninitializedCapacity: place.count) { buffer, initialized in
      var done = 0
      while done < place.count {
        let count = pread(
          file, buffer.baseAddress.map { $0 + done }, place.count - done, off_t(place.lowerBound + done))
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        done += count
      }
      isWhole = done == place.count
      initialized = done
    }
    return isWhole ? bytes : nil
  }

  /// The contents of a folder's photos, in their order; nil for those that can't be read.
  static func contents(of folder: PhotoFolder) -> [PhotoContent?] {
    let paths = folder.photos.map { folder.url(of: $0).path }
    let contents = Mutex([PhotoContent?](repeating: nil, count: paths.count))
    // By the hundred, so that threads seldom meet.
    let portion = 100
    DispatchQueue.concurrentPerform(iterations: (paths.count + portion - 1) / portion) { number in
      let places = number * portion..<min(paths.count, (number + 1) * portion)
      let found = places.map { PhotoContent(of: paths[$0]) }
      contents.withLock { contents in
        for (place, content) in zip(places, found) { contents[place] = content }
      }
    }
    return contents.withLock(\.self)
  }
}

extension PhotoContent: Codable {
  /// The checksum in hexadecimal, 12 digits.
  var text: String {
    let digits = String(checksum, radix: 16)
    return String(repeating: "0", count: 2 * Self.byteCount - digits.count) + digits
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let checksum = UInt64(try container.decode(String.self), radix: 16) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected 12 hexadecimal digits")
    }
    self.checksum = checksum
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
