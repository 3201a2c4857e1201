import Glibc
import WhiskerImages

/// Bytes between two protected pages: reading beyond either end ends the process.
final class GuardedBytes {
  let bytes: UnsafeMutableBufferPointer<UInt8>
  private let mapping: UnsafeMutableRawPointer
  private let length: Int

  /// The bytes of a photo, up against the page after them or the one before.
  init?(_ photo: Photo, atEnd: Bool) {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let room = (photo.pixels.count + page - 1) / page * page
    length = room + 2 * page
    guard
      let mapping = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      mapping != MAP_FAILED
    else { return nil }
    self.mapping = mapping
    let start = mapping + page + (atEnd ? room - photo.pixels.count : 0)
    let first = start.bindMemory(to: UInt8.self, capacity: photo.pixels.count)
    first.update(from: photo.pixels, count: photo.pixels.count)
    bytes = UnsafeMutableBufferPointer(start: first, count: photo.pixels.count)
    mprotect(mapping, page, PROT_NONE)
    mprotect(mapping + page + room, page, PROT_NONE)
  }

  deinit { munmap(mapping, length) }
}
