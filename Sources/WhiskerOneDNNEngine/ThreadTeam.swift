import COneDNN
import WhiskerSystem

/// The threads that compute for an engine.
enum ThreadTeam {
  /// How many there are when this many are asked for; nil asks for every core that the process may use.
  ///
  /// OpenMP gives no more than `OMP_THREAD_LIMIT`, and one where `OMP_MAX_ACTIVE_LEVELS` is 0.
  static func size(asking count: Int?) -> Int {
    guard omp_get_max_active_levels() > 0 else { return 1 }
    return max(1, min(count ?? Processors.available, Int(omp_get_thread_limit())))
  }

  /// Gives the calling thread a pool of this many threads.
  ///
  /// oneDNN's kernels divide their work, and some wait for one another, by the number that was set here: with fewer
  /// threads in a region results would be wrong, or would never come. So the number never changes with the
  /// machine's load (`OMP_DYNAMIC`), and whether a region has it is tried before anything is computed.
  static func start(_ count: Int) throws(WhiskerError) {
    omp_set_dynamic(0)
    omp_set_num_threads(Int32(clamping: count))
    var found = 1
    if count > 1 {
      parallelRegion(threads: count) { thread, threads in
        if thread == 0 { found = threads }
      }
    }
    guard found == count else {
      throw WhiskerError(
        .engineFailure, "threads", expected: "OpenMP to give \(count) threads", got: "\(found)")
    }
  }
}
