import CAllocationCounter
import Foundation

/// The resources that a piece of code used, whatever else was running.
public struct Effort: Sendable {
  /// Processor time of the calling thread, in seconds: a busy machine doesn't lengthen it.
  public let seconds: Double
  /// The most bytes that the calling thread had allocated at once, C libraries included; nil where the allocator
  /// can't be watched (under a sanitizer, or without glibc).
  public let peakBytes: Int?
  /// How many blocks the calling thread allocated; nil where the allocator can't be watched.
  public let allocations: Int?

  /// Runs `body`, which must do its work on the calling thread.
  public static func of<Result>(_ body: () throws -> Result) rethrows -> (result: Result, effort: Effort) {
    let start = threadSeconds()
    whisker_begin_counting()
    var peak = 0
    let result: Result
    do {
      defer { peak = whisker_end_counting() }
      result = try body()
    }
    let effort = Effort(
      seconds: threadSeconds() - start, peakBytes: whisker_counts_allocations() ? peak : nil,
      allocations: whisker_counts_allocations() ? whisker_counted_blocks() : nil)
    return (result, effort)
  }

  private static func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
