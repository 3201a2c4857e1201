import Whisker

extension Console {
  /// Says how many photos were found, and names those that were set aside.
  static func introduce(_ photos: PhotoDataset, as name: String) {
    note("\(name.onOneLine): \(photos.foundDescription)")
    for photo in photos.unreadable { note("  set aside \(photo.path.onOneLine): \(photo.reason)") }
  }
}
