import Whisker

/// Which of the photos that a model is measured on it has seen, and so what its figures are worth.
struct SelectionReport {
  private let selection: PhotoSelection
  /// "the model was", or of several "models were".
  private let subject: String

  /// A report on photos that were selected.
  ///
  /// - Parameter modelCount: For how many models that are used as one.
  init(_ selection: PhotoSelection, modelCount: Int = 1) {
    self.selection = selection
    subject = modelCount == 1 ? "the model was" : "one of the models was"
  }

  /// What `--json` says of it.
  struct Result: Encodable {
    /// Whether the model says which photos it was made with.
    let known: Bool
    let trainedOn: Int
    let leftOut: Int
    let validation: Int
    let chosen: [String]
  }

  /// The same as a value to print as JSON.
  var result: Result {
    Result(
      known: selection.isKnown, trainedOn: selection.trainedOn, leftOut: selection.leftOut,
      validation: selection.validation, chosen: selection.choices.map(\.rawValue))
  }

  /// What there is to say, a sentence or two in each.
  var lines: [String] { [training, choices].compactMap(\.self) }

  private var training: String? {
    let (trained, count) = (selection.trainedOn, selection.folder.photos.count)
    if trained == 0 { return nil }
    if selection.leftOut > 0 {
      return trained == 1
        ? "Left out: 1 photo that \(subject) trained on (--all measures it too)."
        : "Left out: \(trained) photos that \(subject) trained on (--all measures them too)."
    }
    let beginning = subject.prefix(1).uppercased() + subject.dropFirst()
    return trained == count
      ? "\(beginning) trained on all of these photos: the figures say nothing of others."
      : "\(beginning) trained on \(trained) of these \(count) photos: the figures are better than on others."
  }

  private var choices: String? {
    guard !selection.choices.isEmpty else { return nil }
    let isAll = selection.validation == selection.folder.photos.count
    let photos = isAll ? "these photos" : "\(selection.validation) of these photos"
    return selection.choices.sentence(by: "\(photos), its validation photos") + Self.consequence
  }

  /// What a choice means for other photos.
  static let consequence = ": expect a little less on others."
}
