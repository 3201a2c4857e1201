extension DataFolder {
  /// What share of each class's training photos is usually held back for validation, where there are no photos for it.
  public static let usualValidationShare = 0.2

  /// The share to hold back for validation where nobody has chosen one.
  ///
  /// Nothing in the library applies it unasked.
  ///
  /// - Parameter parts: The parts of the data (``parts(of:expecting:)``).
  /// - Returns: ``usualValidationShare``, or nil for data that has validation photos.
  public static func usualValidationSplit(with parts: [NamedPart]) -> Double? {
    parts.contains { $0.split == .validation } ? nil : usualValidationShare
  }
}
