import Synchronization
import WhiskerSystem

/// A budget of memory that datasets share for their decoded photos.
///
/// A dataset takes what it needs, or what is left; photos that don't fit go to a temporary file, or are decoded
/// again whenever they are needed, which is slower and gives the same results. A dataset gives its share back when it
/// is released.
public final class CacheMemory: Sendable {
  /// The size of the budget.
  public let bytes: Int
  private let reserved = Mutex(0)

  /// A separate budget, of at least 0 bytes.
  public init(bytes: Int) { self.bytes = max(0, bytes) }

  /// The default budget of datasets: a quarter of ``physicalMemory``, for all together.
  public static let standard = CacheMemory(bytes: physicalMemory / 4)

  /// The memory of the machine, or of the container that the process runs in if that has less, in bytes.
  public static let physicalMemory = SystemMemory().physical

  /// What datasets hold at present, in bytes.
  public var reservedBytes: Int { reserved.withLock { $0 } }

  /// Reserves room for up to `count` items of `size` bytes; returns how many fit.
  func reserve(count: Int, size: Int) -> Int {
    reserved.withLock { reserved in
      let granted = min(count, (bytes - reserved) / size)
      reserved += granted * size
      return granted
    }
  }

  func release(count: Int, size: Int) { reserved.withLock { $0 -= count * size } }
}
