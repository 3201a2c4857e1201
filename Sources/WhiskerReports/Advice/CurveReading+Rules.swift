import Foundation
import WhiskerLayers

/// The rules, each nil where it has nothing to say.
extension CurveReading {
  /// After six epochs and in the last four: no better than chance, and a training loss equal to that of
  /// guessing.
  ///
  /// Keras's networks of the classic course sit at 50 % for their first epochs, with a training loss that falls.
  func atChance(_ known: Advice.Circumstances) -> Advice? {
    guard count >= 6 else { return nil }
    let (measured, training) = (validationAccuracy.suffix(4), accuracy.suffix(4))
    let isConstant = Set(validationAccuracy.suffix(5)).count == 1
    if let chance = known.chance {
      let isGuessing = loss.suffix(4).allSatisfy { $0 > 0.985 * chance.loss }
      guard isGuessing, Self.mean(training) < chance.accuracy + 0.04,
        Self.mean(measured) < chance.accuracy + 0.03
      else { return nil }
    } else {
      // Without the classes' shares, the only sign is an accuracy that doesn't move.
      guard isConstant, validationAccuracy[count - 1] < 0.95,
        abs(Self.mean(training) - Self.mean(measured)) < 0.05
      else { return nil }
    }
    let evidence =
      isConstant
      ? "every photo is given the same class, so that validation accuracy has been "
        + "\(percent(validationAccuracy[count - 1])) in each of the last 5 epochs"
      : "validation accuracy was \(percent(Self.mean(measured))) in the last 4 epochs"
    let rate =
      known.recipe.map { String(format: " (%g)", $0.optimizer.learningRate / 10) } ?? ""
    return Advice(
      .atChance,
      "Stuck at chance: \(evidence), and the training loss \(number(last(loss))) is no better than guessing's",
      "Try a tenth of the learning rate\(rate), and see whether the photos are in the right classes"
    )
  }

  /// The validation loss has turned for good while the training loss kept falling.
  func overfitting(_ known: Advice.Circumstances) -> Advice? {
    let (end, trainingEnd) = (Self.mean(validationLoss.suffix(3)), Self.mean(loss.suffix(3)))
    let since = count - 1 - lowest
    let isBehind = trainingEnd < 0.8 * end && trainingEnd < 0.95 * loss[lowest]
    let hasRisen = end > 1.1 * validationLoss[lowest]
    let gap = Self.mean(accuracy.suffix(3)) - Self.mean(validationAccuracy.suffix(3))
    let hasParted = gap > 0.1 && since >= max(3, count / 5)
    guard since >= 2, isBehind, hasRisen || hasParted else { return nil }
    let validation =
      hasRisen
      ? "the validation loss rose from \(number(validationLoss[lowest])) to \(number(end))"
      : "the validation loss stayed at \(number(end))"
    return Advice(
      .overfitting(since: lowestEpoch),
      "Overfitting since epoch \(lowestEpoch): after it \(validation) while the training loss fell to "
        + "\(number(trainingEnd)), and training accuracy is \(points(gap)) ahead", remedy(known))
  }

  /// The last epochs are better than those before by more than their noise, or training still learns and validation
  /// is with it.
  func stillImproving(_ known: Advice.Circumstances) -> Advice? {
    let gain = last(validationAccuracy) - before(validationAccuracy)
    let fall = before(validationLoss) - last(validationLoss)
    let isMoreAccurate = gain > max(0.005, 1.5 * noise(validationAccuracy)) && fall > 0
    let hasLessLoss = fall > max(0.02 * last(validationLoss), 1.5 * noise(validationLoss)) && gain > -0.005
    let trainingFall = before(loss) - last(loss)
    let learnsStill =
      trainingFall > max(0.005 * last(loss), 1.5 * noise(loss))
      && last(accuracy) - last(validationAccuracy) < 0.03
      && last(loss) > 0.8 * last(validationLoss)
    // A network that still only guesses may not be learning.
    let isAtChance =
      known.chance.map { last(validationAccuracy) < $0.accuracy + 0.02 && gain < 0.02 } ?? false
    guard isMoreAccurate || hasLessLoss || learnsStill, !isAtChance else { return nil }
    let validation =
      "validation accuracy went from \(percent(before(validationAccuracy))) to \(percent(last(validationAccuracy)))"
    let losses =
      isMoreAccurate || hasLessLoss
      ? "its loss from \(number(before(validationLoss))) to \(number(last(validationLoss)))"
      : "the training loss from \(number(before(loss))) to \(number(last(loss)))"
    let isBroken = known.recipe.map { count < $0.training.epochs } ?? false
    return Advice(
      .stillImproving,
      "Still improving: \(validation) and \(losses) (means of the last \(window) epochs and of the \(window) before)",
      "Train longer: resume the run" + (isBroken ? "" : " with \(Self.more(than: count)) epochs")
    )
  }

  /// The number of validation photos decides more than the epochs do.
  func tooFewPhotos(_ known: Advice.Circumstances) -> Advice? {
    let level = last(validationAccuracy)
    guard let photos = known.validationCount, let error = known.standardError(of: level), error > 0.02 else {
      return nil
    }
    let gap = last(accuracy) - level
    let gain = level - before(validationAccuracy)
    guard max(gap.magnitude, gain.magnitude) < 2 * error else { return nil }
    return Advice(
      .tooFewPhotos,
      "Too few validation photos to tell more: of \(photos) an accuracy is \(percent(level)) ± \(points(error)) (one "
        + "standard error), and training is only \(points(gap.magnitude)) away",
      "Differences between epochs or recipes below \(points(2 * error)) may be chance: validate on more photos"
    )
  }

  /// The curves have levelled off.
  func levelledOff(_ known: Advice.Circumstances) -> Advice? {
    guard count >= 10 else { return nil }
    let (training, validation) = (last(accuracy), last(validationAccuracy))
    let gap = training - validation
    let levels =
      "over the last \(window) epochs training is at \(percent(training)) and validation at \(percent(validation))"
    if gap < 0.05 {
      return Advice(
        .goodFit, "A good fit: \(levels), and neither moves much any more",
        "What is left to gain takes more photos or a larger network" + features(known))
    }
    return Advice(
      .levelledOff, "Validation has levelled off: \(levels), \(points(gap)) behind it", remedy(known))
  }

  /// What helps where training is ahead.
  private func remedy(_ known: Advice.Circumstances) -> String {
    if !known.isAugmented {
      return
        (known.recipe?.name == "baseline"
        ? "Try the recipe augmented, which makes a photo look different each time"
        : "Try augmentation, which makes a photo look different each time, as the recipe augmented has it")
        + features(known)
    }
    return
      (known.hasDropout
      ? "More photos help most; else stronger augmentation (docs/augmentation.md) or a smaller network"
      : "Try a Dropout layer before the last Dense ones, as the recipe augmented has it, or more photos")
      + features(known)
  }

  /// A sentence more where validation is below 90 % after learning from few photos alone.
  private func features(_ known: Advice.Circumstances) -> String {
    guard let count = known.countForFeatures, validationAccuracy.max() ?? 1 < 0.9 else { return "" }
    return
      ". Of \(count) photos, the recipe features makes more: it begins with a network that has seen a million"
  }

  /// Twice as many epochs or so, as a round number.
  private static func more(than epochs: Int) -> Int {
    let step = epochs < 50 ? 10 : 50
    return (2 * epochs + step - 1) / step * step
  }

  private func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
  private func points(_ share: Double) -> String { String(format: "%.1f points", share * 100) }
  private func number(_ loss: Double) -> String {
    String(format: loss < 0.01 ? "%.2g" : loss < 0.1 ? "%.4f" : loss < 10 ? "%.3f" : "%.4g", loss)
  }
}
