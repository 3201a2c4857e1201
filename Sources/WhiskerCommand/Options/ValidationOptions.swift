import ArgumentParser
import Whisker

/// Options that say which photos a run is validated on.
struct ValidationOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: """
      Hold back this share of each class, its first photos, for validation; above 0 and below 1. Where DATA has no \
      validation photos it is 0.2 by default.
      """)
  var validationSplit: Double?

  @Flag(
    help: """
      Train on all of DATA's training photos and validate on none: nothing then shows how the model does on other \
      photos, or which epoch was best.
      """)
  var noValidation = false

  /// What is held back, and whether that is the default.
  struct Choice {
    let share: Double?
    var isDefault = false
  }

  /// Checks what the options say on their own.
  func check() throws {
    try requireShare(validationSplit)
    if validationSplit != nil && noValidation {
      throw WhiskerError(
        .invalidSetting, "", expected: "--validation-split or --no-validation", got: "both")
    }
  }

  /// What to hold back of data with the given parts.
  ///
  /// - Parameter old: What the run that is resumed began with, which may be nothing; nil without such a run.
  func choice(for parts: [NamedPart], resuming old: Double??) throws -> Choice {
    if noValidation && parts.contains(where: { $0.split == .validation }) {
      throw WhiskerError(
        .invalidSetting, "--no-validation", "expected none for data that has validation photos")
    }
    if noValidation || validationSplit != nil { return Choice(share: validationSplit) }
    // Older runs may have begun without validation photos: they go on as they began.
    if let old { return Choice(share: old) }
    let share = DataFolder.usualValidationSplit(with: parts)
    return Choice(share: share, isDefault: share != nil)
  }
}
