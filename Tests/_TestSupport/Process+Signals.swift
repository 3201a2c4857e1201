public import Foundation

extension Process {
  /// Starts the program with every signal let through to it.
  ///
  /// A program begins with the signals blocked that were blocked in the thread that started it. Those of Dispatch, on
  /// which Swift's tasks run, block nearly all: SIGTERM would reach neither it nor the programs that it starts.
  public func runWithSignals() throws {
    var (none, before) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try run()
  }
}
