import WhiskerSystem

/// The bytes of many photos of one size: in memory as far as the budget allows, then in a temporary file.
///
/// `@unchecked Sendable`: while photos are decoded each thread writes its own places and nobody reads; from then
/// on nobody writes.
final class PixelStore: @unchecked Sendable {
  private let count: Int
  private let size: Int
  private let memory: CacheMemory
  /// How many photos there is memory for: the first ones.
  private let capacity: Int
  private let bytes: UnsafeMutablePointer<UInt8>
  /// Whether each photo has been kept.
  private let isKept: UnsafeMutablePointer<Bool>
  private let file: SpillFile?
  /// Why there is no file, if there should be one.
  private let fileProblem: String?

  /// Room for photos.
  ///
  /// - Parameters:
  ///   - count: How many there are.
  ///   - size: The bytes of each.
  ///   - folder: Where a temporary file may be; nil for none.
  ///   - mayBeInMemory: Whether that folder may be kept in memory itself.
  init(count: Int, size: Int, memory: CacheMemory, folder: String?, mayBeInMemory: Bool) {
    self.count = count
    self.size = size
    self.memory = memory
    capacity = memory.reserve(count: count, size: size)
    bytes = .allocate(capacity: capacity * size)
    isKept = .allocate(capacity: count)
    isKept.initialize(repeating: false, count: count)
    var problem: String?
    if let folder, capacity < count {
      do throws(WhiskerError) {
        file = try SpillFile(in: folder, mayBeInMemory: mayBeInMemory)
      } catch {
        file = nil
        problem = "\(error)"
      }
    } else {
      file = nil
    }
    fileProblem = problem
  }

  deinit {
    bytes.deallocate()
    isKept.deallocate()
    memory.release(count: capacity, size: size)
  }

  /// Keeps the bytes of a photo if there is room for them.
  func keep(_ pixels: [UInt8], at index: Int) {
    precondition(pixels.count == size, "\(pixels.count) bytes for a photo of \(size)")
    if index < capacity {
      (bytes + index * size).update(from: pixels, count: size)
      isKept[index] = true
    } else if let file {
      isKept[index] = pixels.withUnsafeBytes { file.write($0, at: (index - capacity) * size) }
    }
  }

  /// Shows the bytes of a photo to `body`; nil if they weren't kept or can't be read.
  ///
  /// - Parameter scratch: Where bytes from the file go.
  func withPixels<Result>(
    at index: Int, scratch: inout [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result? {
    guard isKept[index] else { return nil }
    if index < capacity { return body(UnsafeBufferPointer(start: bytes + index * size, count: size)) }
    guard let file else { return nil }
    if scratch.count != size { scratch = [UInt8](repeating: 0, count: size) }
    let isRead = scratch.withUnsafeMutableBytes { file.read(into: $0, at: (index - capacity) * size) }
    return isRead ? scratch.withUnsafeBufferPointer(body) : nil
  }

  /// Where the photos are.
  ///
  /// - Parameter unreadable: How many can't be decoded.
  func places(unreadable: Int) -> PixelPlaces {
    let kept = UnsafeBufferPointer(start: isKept, count: count)
    let inMemory = kept[..<capacity].count { $0 }
    let inFile = kept[capacity...].count { $0 }
    return PixelPlaces(
      bytesPerPhoto: size, inMemory: inMemory, inFile: inFile,
      decodedAgain: count - inMemory - inFile - unreadable, folder: file?.folder,
      fileProblem: file?.problem ?? fileProblem)
  }
}

/// Where a dataset keeps its decoded photos.
public struct PixelPlaces: Hashable, Sendable {
  /// The size of each decoded photo.
  public let bytesPerPhoto: Int
  /// How many photos are in memory.
  public let inMemory: Int
  /// How many are in a temporary file.
  public let inFile: Int
  /// How many are in neither, and are decoded again at each use.
  public let decodedAgain: Int
  /// The folder whose disk holds the file.
  public let folder: String?
  /// Why there is no file although one is needed, or why not everything fitted in it.
  public let fileProblem: String?
}

extension PixelPlaces: CustomStringConvertible {
  /// `2000 photos in memory (135 MB), 1000 in a temporary file in /var/tmp (68 MB)`.
  public var description: String {
    func megabytes(_ photos: Int) -> String { "\((photos * bytesPerPhoto + 999_999) / 1_000_000) MB" }
    var parts = ["\(inMemory) photos in memory (\(megabytes(inMemory)))"]
    if let folder, inFile > 0 {
      parts.append("\(inFile) in a temporary file in \(folder) (\(megabytes(inFile)))")
    }
    if decodedAgain > 0 {
      parts.append("\(decodedAgain) decoded again at each use" + (fileProblem.map { " (\($0))" } ?? ""))
    }
    return parts.joined(separator: ", ")
  }
}
