import COneDNN

/// Splits `0 ..< count` evenly over the threads of oneDNN's pool and runs `body` on each part.
///
/// The parts depend on the thread count alone, so that sums over them repeat bit for bit. Only the engine's own
/// thread may call this; `body` runs on several threads at once and must write only inside its part.
func parallelLoop(over count: Int, grain: Int = 1, _ body: (Range<Int>) -> Void) {
  let threads = min(Int(omp_get_max_threads()), max(1, count / max(grain, 1)))
  guard threads > 1 else { return body(0..<count) }
  withoutActuallyEscaping(body) { body in
    var region = Region(count: count, threads: threads, body: body)
    withUnsafeMutablePointer(to: &region) { pointer in
      GOMP_parallel(
        { data in
          guard let region = data?.assumingMemoryBound(to: Region.self).pointee else { return }
          let thread = Int(omp_get_thread_num())
          let start = region.count * thread / region.threads
          let end = region.count * (thread + 1) / region.threads
          if start < end { region.body(start..<end) }
        }, pointer, UInt32(threads), 0)
    }
  }
}

private struct Region {
  let count: Int
  let threads: Int
  let body: (Range<Int>) -> Void
}
