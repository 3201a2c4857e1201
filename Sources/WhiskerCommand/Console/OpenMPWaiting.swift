import Foundation

/// How OpenMP's threads wait for work.
enum OpenMPWaiting {
  /// Starts the program once more with `GOMP_SPINCOUNT` in its environment, unless the user has set it.
  ///
  /// Between two parallel regions libgomp's threads spin for milliseconds and take the processor from the threads that
  /// decode photos and from other programs: on a busy machine training took three times as long. Spinning only
  /// for a moment costs nothing there, and on an idle machine a training step is 4 % faster than with threads
  /// that go to sleep at once. libgomp reads the environment when it is loaded, before any of our code, so that
  /// only a restart can change it. If that fails, the program continues as it is.
  static func restartWithPatientThreads() {
    guard getenv("OMP_WAIT_POLICY") == nil, getenv("GOMP_SPINCOUNT") == nil else { return }
    setenv("GOMP_SPINCOUNT", "30000", 1)
    let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    execv(program ?? "/proc/self/exe", CommandLine.unsafeArgv)
  }
}
