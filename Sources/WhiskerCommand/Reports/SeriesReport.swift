import Synchronization
import Whisker

/// Shows several runs in progress: a bar for each on a terminal, a line for each in any case.
final class SeriesReport: Sendable {
  private struct State {
    var title = ""
    var bars: [String: ProgressBar] = [:]
    /// Said once, however many runs meet it.
    var warnings: Set<String> = []
    /// What of the data the first run didn't use; of all the same data the others skip the same.
    var skipped: SkippedFiles?
    var hasBegun = false
    /// `epoch 3/30`.
    var epoch = ""
  }

  private let state = Mutex(State())

  func show(_ event: SeriesEvent) {
    switch event {
    case .warning(let text): warn(text)
    case .began(let member, let number, let count):
      state.withLock { state in
        state.hasBegun = true
        state.bars = [:]
        state.title = "\(SeriesReport.name(of: member)) (\(number) of \(count))"
      }
    case .run(let event): show(event)
    case .ended(let member, let score, let seconds):
      Console.note(
        "\(SeriesReport.name(of: member)): \(TrainingReport.percent(score.accuracy)) of \(score.validationCount) photos, "
          + (score.balancedAccuracy.map { "balanced accuracy \(TrainingReport.percent($0)), " } ?? "")
          + String(format: "loss %.4f", score.loss)
          + (seconds > 0 ? String(format: ", %.1f s", seconds) : ", done before"))
    }
  }

  /// Says how to resume what was interrupted, if anything was started.
  func showInterruption() {
    guard state.withLock(\.hasBegun) else { return }
    Console.note("Kept what was measured so far. To resume:")
    Console.note("  \(ResumingCommand.text)")
  }

  private func show(_ event: TrainingRun.Event) {
    switch event {
    case .decoded(let split, let done, let total): bar("reading \(split)").update(done, of: total)
    case .extracted(let split, let done, let total): bar("features of \(split)").update(done, of: total)
    case .standardizing(.photos(let done, let total)): bar("standardizing").update(done, of: total)
    case .fetching(let file): file.announce()
    case .noted(let text): note(text.onOneLine)
    case .warning(let text): warn(text)
    case .ready(let summary):
      for warning in summary.warnings { warn("\(warning)") }
      for photo in (summary.train.unreadable + (summary.validation?.unreadable ?? [])) {
        warn("skipped \(photo.path.onOneLine): \(photo.explanation)")
      }
      introduce(summary.skipped)
    case .training(.epochBegan(let epoch, let epochs, _)):
      state.withLock { $0.epoch = "epoch \(epoch)/\(epochs)" }
    case .training(.stepEnded(let progress)):
      bar(state.withLock(\.epoch)).update(
        progress.step, of: progress.steps,
        notes: String(format: "loss %.4f  acc %.4f", progress.loss, progress.accuracy))
    case .standardizing, .fitted, .began, .training, .checkpointWritten, .interrupted, .failed, .finished:
      break
    }
  }

  /// What of the data isn't used; nil if no run has read it.
  var skipped: SkippedFiles? { state.withLock(\.skipped) }

  private func introduce(_ skipped: SkippedFiles) {
    let isFirst = state.withLock { state in
      defer { state.skipped = state.skipped ?? skipped }
      return state.skipped == nil
    }
    if isFirst { Console.introduce(skipped) }
  }

  private func warn(_ text: String) { note("warning: \(text)") }

  /// Says something once, though it holds for every run.
  private func note(_ text: String) {
    guard state.withLock({ $0.warnings.insert(text).inserted }) else { return }
    Console.note(text)
  }

  private func bar(_ work: String) -> ProgressBar {
    state.withLock { state in
      if let bar = state.bars[work] { return bar }
      let bar = ProgressBar("\(state.title), \(work)", delay: .zero)
      state.bars[work] = bar
      return bar
    }
  }

  /// `Fold 2`, `Repeat 3, fold 2`, `50 photos, repeat 3`.
  private static func name(of member: SeriesMember) -> String {
    switch member.part {
    case .fold(let number, _, _):
      member.repetition > 1 ? "Repeat \(member.repetition), fold \(number)" : "Fold \(number)"
    case .sample(let count, _): "\(count) photos, repeat \(member.repetition)"
    }
  }

  /// What to add to figures of runs that held photos back for the recipe's choices; nil if none did.
  static func note(ofHeldBack scores: [SeriesScore]) -> String? {
    let counts = scores.compactMap(\.heldBackCount)
    guard let least = counts.min(), let most = counts.max() else { return nil }
    let number = least == most ? "\(least)" : "\(least) to \(most)"
    return
      "Of the training photos of each, \(number) were held back for what the recipe chooses by validation; the photos "
      + "that were measured on had no say in it."
  }

  /// `98.5 % ± 1.2`, the standard deviation after the mean.
  static func percent(_ spread: Spread) -> String {
    TrainingReport.percent(spread.mean)
      + (spread.standardDeviation.map { String(format: " ± %.1f", $0 * 100) } ?? "")
  }

  /// `0.0512 ± 0.0120`.
  static func loss(_ spread: Spread) -> String {
    String(format: "%.4f", spread.mean)
      + (spread.standardDeviation.map { String(format: " ± %.4f", $0) } ?? "")
  }
}
