import Whisker

extension Console {
  /// Says how many photos were found and where their pixels are, and names those that were set aside.
  static func introduce(_ photos: PhotoDataset, as name: String) {
    note("\(name.onOneLine): \(photos.foundDescription)")
    note("  pixels: \("\(photos.pixelPlaces)".onOneLine)")
    for photo in photos.unreadable { note("  set aside \(photo.path.onOneLine): \(photo.reason)") }
  }
}
