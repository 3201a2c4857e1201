import Foundation

/// How OpenMP's threads wait for work.
enum OpenMPWaiting {
  /// Starts the program once more with `OMP_WAIT_POLICY=passive` in its environment, unless the user has chosen.
  ///
  /// Between two parallel regions libgomp's threads spin for a while and take the processor from the threads that
  /// decode photos and from other programs: on a busy machine training took three times as long. libgomp reads the
  /// environment when it is loaded, before any code of ours, so that only another start can change it. If that fails,
  /// the program goes on as it is.
  static func restartWithSleepingThreads() {
    guard getenv("OMP_WAIT_POLICY") == nil, getenv("GOMP_SPINCOUNT") == nil else { return }
    setenv("OMP_WAIT_POLICY", "passive", 1)
    let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    execv(program ?? "/proc/self/exe", CommandLine.unsafeArgv)
  }
}
