import Whisker

extension Console {
  /// Says how many photos were found and where their pixels are, and names those that were skipped.
  static func introduce(_ photos: TrainingRun.Part, as name: String) {
    note("\(name.onOneLine): \(photos.foundDescription)")
    if let pixels = photos.pixels { note("  pixels: \("\(pixels)".onOneLine)") }
    for photo in photos.unreadable { note("  skipped \(photo.path.onOneLine): \(photo.reason)") }
  }

  /// Says how many photos a model was measured on, and names those that were skipped or left out.
  static func introduce(_ measured: MeasuredPhotos, as name: String) {
    note("\(name.onOneLine): \(measured.foundDescription)")
    for photo in measured.unreadable { note("  skipped \(photo.path.onOneLine): \(photo.reason)") }
    if !measured.folder.passedOver.isEmpty {
      note("warning: \(DataWarning.passedOver(measured.folder.passedOver))")
    }
  }
}
