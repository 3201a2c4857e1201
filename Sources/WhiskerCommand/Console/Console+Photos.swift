import Whisker

extension Console {
  /// Says which parts of a split have other names than Whisker's own, or lie in a wrapper, and what else was read as what
  /// (``DataFolder/readings(of:expecting:)``).
  static func introduce(_ parts: [NamedPart], _ readings: [String] = []) {
    let renamed = parts.filter(\.isRenamed).map { "\($0.name.quoted) as \($0.split.rawValue)" } + readings
    guard !renamed.isEmpty else { return }
    note("Read " + renamed.joined(separator: ", "))
  }

  /// Counts what isn't used and isn't named; nothing where that is only photos that can't be read.
  static func introduce(_ skipped: SkippedFiles) {
    if skipped.hasUnnamed { note("\(skipped)") }
  }

  /// Says how many photos were found and where their pixels are, and names those that were skipped.
  static func introduce(_ photos: TrainingRun.Part, as name: String) {
    note("\(name.onOneLine): \(photos.foundDescription)")
    if let pixels = photos.pixels { note("  pixels: \("\(pixels)".onOneLine)") }
    for photo in photos.unreadable { note("  skipped \(photo.path.onOneLine): \(photo.explanation)") }
  }

  /// Says how many photos a model was measured on, and names those that were skipped or left out.
  static func introduce(_ measured: MeasuredPhotos, as name: String) {
    note("\(name.onOneLine): \(measured.foundDescription)")
    for photo in measured.unreadable { note("  skipped \(photo.path.onOneLine): \(photo.explanation)") }
    introduce(measured.skipped)
    if !measured.folder.passedOver.isEmpty {
      note("warning: \(DataWarning.passedOver(measured.folder.passedOver))")
    }
  }
}
