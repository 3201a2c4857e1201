import Foundation
import Synchronization
import Whisker

/// Shows a run in progress: a bar for each epoch on a terminal, a line for each epoch in any case.
final class TrainingReport: Sendable {
  private let recipe: Recipe
  private let seed: UInt64
  private let output: URL
  /// The share that is held back for validation because nobody chose one; nil if somebody did.
  private let defaultShare: Double?
  private let began = Mutex<TrainingRun.Beginning?>(nil)
  /// The place where the run was interrupted, if it was; a run without checkpoints has none.
  private let interrupted = Mutex<TrainingRun.Place??>(nil)
  private let bars = Mutex([String: ProgressBar]())
  /// What was warned of, each once: some of it is known before the photos are read.
  private let warnings = Mutex(Set<String>())
  private let unused = Mutex<SkippedFiles?>(nil)

  /// A report on a run.
  ///
  /// - Parameter holdsBackByDefault: Whether the run holds photos back for validation though nobody asked it to.
  init(_ run: TrainingRun, holdsBackByDefault: Bool = false) {
    defaultShare = holdsBackByDefault ? run.validationSplit : nil
    recipe = run.recipe
    seed = run.seed
    output = run.output
  }

  func show(_ event: TrainingRun.Event) {
    switch event {
    case .decoded(let split, let done, let total):
      bar("Reading \(split)").update(done, of: total)
    case .standardizing(.photos(let done, let total)): bar("Standardizing").update(done, of: total)
    case .standardizing(.matrix(let size)) where size >= Self.largeMatrix:
      Console.note("Finding the whitening matrix of \(size) × \(size) numbers; this can take a minute")
    case .fetching(let file): file.announce()
    case .extracted(let split, let done, let total):
      bar("Features of \(split)").update(done, of: total)
    case .fitted(let fit):
      Console.finishLine()
      Console.note(
        "Fitted \(fit.featureCount) features of \(fit.trainCount) photos, penalty \(fit.penalty)"
          + (fit.validationCount > 0 ? " (best on \(fit.validationCount) validation photos)" : ""))
    case .noted(let text): Console.note(text.onOneLine)
    case .warning(let text): warn(text)
    case .began(let beginning): began.withLock { $0 = beginning }
    case .ready(let summary):
      introduce(summary)
      if let place = began.withLock(\.self)?.resumed {
        Console.note("Resuming at step \(place.step) (\(Self.text(place)))")
      }
    case .training(let event): show(event)
    case .interrupted(let place): interrupted.withLock { $0 = .some(place) }
    case .standardizing, .checkpointWritten, .failed, .finished: break
    }
  }

  /// Whether training has begun, and the folder holds this run and no older one.
  var hasBegun: Bool { began.withLock { $0 != nil } }

  /// What of the data isn't used; nil before it was read.
  var skipped: SkippedFiles? { unused.withLock(\.self) }

  private func warn(_ text: String) {
    if warnings.withLock({ $0.insert(text).inserted }) { Console.note("warning: \(text)") }
  }

  /// The size from which finding a whitening matrix takes over a second.
  private static let largeMatrix = 1000

  /// Says what is left of an interrupted run, if there is anything.
  func showInterruption(resumingWith command: String) {
    guard let place = interrupted.withLock(\.self) else { return }
    let kept =
      place.map { "what was learned so far in \(output.relativePath) (\(Self.text($0)))" }
      ?? "the features that were computed"
    Console.note("Kept \(kept). To resume:")
    Console.note("  \(command)")
  }

  /// `epoch 3, 20 steps done`.
  private static func text(_ place: TrainingRun.Place) -> String {
    "epoch \(place.epoch), \(place.stepInEpoch.counted("step")) done"
  }

  /// Says what was written.
  ///
  /// - Parameter pictures: those that a finished run was missing and that were drawn now.
  func finish(_ outcome: TrainingRun.Outcome, alsoWrote pictures: [String] = []) {
    if outcome.wasFinished {
      let written = outcome.rewritten + pictures
      let epochs = outcome.history.epochs.count.counted("epoch")
      Console.note(
        "The run in \(output.relativePath) is finished: \(epochs). "
          + (written.isEmpty
            ? "Give more --epochs to continue it."
            : "Wrote what it lacked: \(written.joined(separator: ", "))."))
      return
    }
    let seconds = String(format: "%.1f", outcome.history.seconds)
    Console.note("Trained in \(seconds) s. Wrote \(outcome.model.relativePath)")
    if let best = outcome.best, let index = outcome.history.bestEpoch,
      let score = outcome.history.epochs[index].validation
    {
      let history = outcome.history
      let figure =
        history.bestBy == .validationAccuracy
        ? Self.percent(score.accuracy)
        : "\(history.bestBy.rawValue) " + Self.value(history.epochs[index][history.bestBy])
      let balanced =
        history.bestBy == .validation(.balancedAccuracy)
        ? nil : score.metrics[.balancedAccuracy].map { ", balanced accuracy \(Self.percent($0))" }
      Console.note(
        "Best on validation: epoch \(index + 1), \(figure)\(balanced ?? ""). Wrote \(best.relativePath)")
      if !outcome.choices.isEmpty {
        Console.note(outcome.choices.sentence(by: "the validation photos") + SelectionReport.consequence)
      }
    }
  }

  private func introduce(_ summary: TrainingRun.Summary) {
    Console.introduce(summary.train, as: "train")
    if let validation = summary.validation { Console.introduce(validation, as: "validation") }
    if let defaultShare {
      Console.note(
        String(
          format: "Held back %.0f %% of each class, its first photos, for validation", defaultShare * 100)
          + ": choose with --validation-split, a folder validation/ (whisker split makes one) or --no-validation."
      )
    }
    Console.introduce(summary.skipped)
    unused.withLock { $0 = summary.skipped }
    for warning in summary.warnings { warn("\(warning)") }
    if summary.validation == nil {
      Console.note(
        "No validation photos: how the model does on photos that it hasn't seen, and which epoch is best, is unknown."
      )
    }
    // What the run begins with: a model that it starts from decides more than its recipe.
    let recipe = began.withLock(\.self)?.recipe ?? recipe
    let image = recipe.image
    let steps = began.withLock(\.self)?.stepsPerEpoch ?? 0
    let training =
      recipe.trainsInSteps
      ? "\(recipe.optimizer.name) at \(recipe.optimizer.learningRate), \(recipe.training.epochs.counted("epoch")) of "
        + "\(steps.counted("step")) of \(recipe.training.batchSize)"
      : "the last layer fitted at once"
    Console.note(
      "Recipe \(recipe.name)\(recipe.from.map { ", from \($0.model.onOneLine)" } ?? ""): \(image.height) × \(image.width) \(image.interpolation.rawValue), "
        + "\(summary.parameterCount) parameters, \(training)\(classes(summary)), seed \(seed)")
  }

  /// What is done about uneven classes, with the weights that come of it.
  private func classes(_ summary: TrainingRun.Summary) -> String {
    let drawing =
      recipe.training.sampling == .balanced && recipe.trainsInSteps ? ", every class drawn equally often" : ""
    guard let weights = summary.classWeights else { return drawing }
    let shown = zip(summary.classNames, weights).prefix(Self.shownClasses).map { name, weight in
      "\(name.onOneLine) \(String(format: "%.4g", weight))"
    }
    let rest = weights.count > shown.count ? " and \(weights.count - shown.count) more" : ""
    return ", classes weighted \(shown.joined(separator: ", "))\(rest)\(drawing)"
  }

  private static let shownClasses = 8

  private func show(_ event: TrainingEvent) {
    switch event {
    case .phaseBegan(let number, let count, let phase):
      Console.note("Phase \(number)/\(count), \(phase.name): trains \(phase.trained.joined(separator: ", "))")
    case .stageBegan(let epoch, let name): Console.note("From epoch \(epoch) on: \(name)")
    case .stopped(let epoch, let restored):
      let stopped = epoch.map { "Stopped after epoch \($0), as it no longer gets better. " } ?? ""
      Console.note(stopped + (restored.map { "Back to the weights of epoch \($0)." } ?? ""))
    case .epochBegan(let epoch, _, _):
      bars.withLock { $0["epoch"] = ProgressBar("Epoch \(epoch)", delay: .zero) }
    case .stepEnded(let progress):
      let milliseconds = progress.seconds / Double(progress.step) * 1000
      let notes = String(
        format: "%.0f ms/step  loss %.4f  acc %.4f", milliseconds, progress.loss, progress.accuracy)
      bar("epoch").update(progress.step, of: progress.steps, notes: notes)
    case .validationStepEnded(let step, let steps):
      bar("Validating").update(step, of: steps)
    case .epochEnded(let epoch, let epochs, let result, let seconds):
      var line = String(
        format: "Epoch %d/%d  %.1f s  loss %.4f  acc %.4f", epoch, epochs, seconds, result.loss,
        result.accuracy)
      line += Self.text(of: result.metrics)
      if let validation = result.validation {
        line += String(format: "  val_loss %.4f  val_acc %.4f", validation.loss, validation.accuracy)
        line += Self.text(of: validation.metrics, "val_")
      }
      Console.note(line)
    }
  }

  private func bar(_ title: String) -> ProgressBar {
    bars.withLock { bars in
      if let bar = bars[title] { return bar }
      let bar = ProgressBar(title)
      bars[title] = bar
      return bar
    }
  }

  /// What was measured besides the accuracy, each after two spaces.
  static func text(of metrics: MetricValues, _ prefix: String = "") -> String {
    metrics.metrics.map { "  \(prefix)\($0.key) \(value(metrics[$0]))" }.joined()
  }

  /// `0.7132`, or a dash where there is no value.
  private static func value(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "–" }

  /// `71.3 %`.
  static func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
}
