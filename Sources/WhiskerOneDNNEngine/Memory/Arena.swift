import Foundation
import WhiskerSystem

/// Owns a piece of zeroed memory, for a program's buffers or for a state.
final class Arena {
  let base: UnsafeMutableRawPointer
  let byteCount: Int

  /// - Throws: ``WhiskerSystem/WhiskerError`` with `outOfMemory` if there isn't that much, or the system won't give it.
  init(byteCount: Int) throws(WhiskerError) {
    self.byteCount = max(byteCount, MemoryPlan.alignment)
    if let shortage = SystemMemory().shortage(of: byteCount) {
      throw WhiskerError(
        .outOfMemory, "memory", expected: "smaller batches or photos", got: "a run that \(shortage)")
    }
    // Fresh pages are zero, which keeps denormals (whose arithmetic is many times slower) out of paddings.
    let base = mmap(nil, self.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let base, base != MAP_FAILED else {
      throw WhiskerError(
        .outOfMemory, "memory",
        expected: "\(byteCount / 1_000_000) MB", got: "\"\(String(cString: strerror(errno)))\"")
    }
    self.base = base
    // Huge pages save misses of the address cache where activations stream through.
    if byteCount >= 4 << 20 { madvise(base, byteCount, MADV_HUGEPAGE) }
  }

  deinit { munmap(base, byteCount) }
}
