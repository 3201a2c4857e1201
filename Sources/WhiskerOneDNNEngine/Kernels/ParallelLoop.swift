import COneDNN

/// Splits `0 ..< count` evenly into as many parts as oneDNN's pool is to have threads and runs `body` on each part.
///
/// The parts depend on that number alone, so that sums over them repeat bit for bit. Where OpenMP gives fewer threads,
/// these do all the parts. Only the engine's own thread may call this; `body` runs on several threads at once and must
/// write only inside its part.
func parallelLoop(over count: Int, grain: Int = 1, _ body: (Range<Int>) -> Void) {
  let parts = min(Int(omp_get_max_threads()), max(1, count / max(grain, 1)))
  guard parts > 1 else { return body(0..<count) }
  parallelRegion(threads: parts) { thread, threads in
    for part in stride(from: thread, to: parts, by: threads) {
      let (start, end) = (count * part / parts, count * (part + 1) / parts)
      if start < end { body(start..<end) }
    }
  }
}

/// Runs `body` on every thread that OpenMP gives when asked for this many: with the number of the thread, from
/// 0, and how many there are.
func parallelRegion(threads: Int, _ body: (_ thread: Int, _ threads: Int) -> Void) {
  withoutActuallyEscaping(body) { body in
    var region = Region(body: body)
    withUnsafeMutablePointer(to: &region) { pointer in
      GOMP_parallel(
        { data in
          guard let region = data?.assumingMemoryBound(to: Region.self).pointee else { return }
          region.body(Int(omp_get_thread_num()), Int(omp_get_num_threads()))
        }, pointer, UInt32(threads), 0)
    }
  }
}

private struct Region {
  let body: (_ thread: Int, _ threads: Int) -> Void
}
