import Foundation

/// A dedicated thread.
///
/// `Foundation.Thread` doesn't say that the system had no thread to give (a limit on processes or memory):
/// waiting for its work would never end.
package enum WorkerThread {
  /// Starts a thread that does some work and ends.
  ///
  /// - Parameters:
  ///   - name: What debuggers call it.
  ///   - stackSize: Bytes of stack; nil for as many as usual.
  ///   - work: What it does.
  /// - Returns: whether there is such a thread; if not, nobody does the work.
  package static func start(
    _ name: String, stackSize: Int? = nil, _ work: @escaping @Sendable () -> Void
  ) -> Bool {
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return false }
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    if let stackSize { pthread_attr_setstacksize(&attributes, stackSize) }
    let shift = Unmanaged.passRetained(Shift(name: name, work: work))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, &attributes,
      { pointer in
        guard let pointer else { return nil }
        let shift = Unmanaged<Shift>.fromOpaque(pointer).takeRetainedValue()
        Thread.current.name = shift.name
        shift.work()
        return nil
      }, shift.toOpaque())
    if status != 0 { shift.release() }
    return status == 0
  }

  private final class Shift: Sendable {
    let name: String
    let work: @Sendable () -> Void

    init(name: String, work: @escaping @Sendable () -> Void) {
      self.name = name
      self.work = work
    }
  }
}
