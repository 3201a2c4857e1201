import Foundation
import Synchronization

/// A bar for work of a known number of pieces; it shows up once the work has taken a second.
///
/// On a terminal the bar is drawn again up to ten times a second; elsewhere it stays silent, and the owner of
/// the work says when it is done.
final class ProgressBar: Sendable {
  private struct State {
    let start = ContinuousClock.now
    var lastDrawn: ContinuousClock.Instant?
  }

  private let title: String
  private let delay: Duration
  private let state = Mutex(State())

  /// - Parameter delay: how long to wait before the bar shows up.
  init(_ title: String, delay: Duration = .seconds(1)) {
    self.title = title
    self.delay = delay
  }

  /// Shows the progress of the work, with notes after the bar.
  func update(_ done: Int, of total: Int, notes: String = "") {
    guard Console.isTerminal else { return }
    state.withLock { state in
      let now = ContinuousClock.now
      let elapsed = state.start.duration(to: now)
      let isDue = state.lastDrawn.map { $0.duration(to: now) >= .milliseconds(100) } ?? (elapsed >= delay)
      guard isDue || (done == total && state.lastDrawn != nil) else { return }
      state.lastDrawn = now
      let rest = elapsed / Double(max(done, 1)) * Double(total - done)
      Console.redraw(
        "\(title) \(ProgressBar.bar(done, total)) \(done)/\(total) \(ProgressBar.clock(rest)) \(notes)")
    }
  }

  private static func bar(_ done: Int, _ total: Int) -> String {
    let width = 24
    let filled = total == 0 ? width : min(width, done * width / total)
    return String(repeating: "━", count: filled) + String(repeating: "╌", count: width - filled)
  }

  /// `0:07`, `1:02:09`.
  static func clock(_ duration: Duration) -> String {
    let seconds = Int(duration.components.seconds)
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
    return hours > 0
      ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
  }
}
