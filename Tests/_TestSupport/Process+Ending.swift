public import Foundation

extension Process {
  /// The exit code, or 128 and the number of the signal that ended the program; nil while it runs.
  ///
  /// It comes from the system; the rest is left to Foundation: that waits for a socket to close, and a program
  /// that another thread started at the same moment may hold it open for as long as it likes. Only for a
  /// program that was started.
  public var ending: Int32? {
    var end = siginfo_t()
    if waitid(P_PID, id_t(processIdentifier), &end, WEXITED | WNOHANG | WNOWAIT) == 0 {
      guard end.si_signo != 0 else { return nil }
      let status = end._sifields._sigchld.si_status
      return end.si_code == CLD_EXITED ? status : 128 + status
    }
    // Foundation was there first, and will know in a moment.
    guard !isRunning else { return nil }
    return terminationStatus + (terminationReason == .uncaughtSignal ? 128 : 0)
  }

  /// Whether a program that was started has ended, whoever was told so; for threads, which can't share a `Process`.
  public static func hasEnded(_ id: Int32) -> Bool {
    var end = siginfo_t()
    return waitid(P_PID, id_t(id), &end, WEXITED | WNOHANG | WNOWAIT) != 0 || end.si_signo != 0
  }
}
