import WhiskerSystem

/// One photo and its class.
public struct LabeledPhoto: Hashable, Sendable {
  /// The path below the folder's root: `cats/cat.0.jpg`; or, in a table, an absolute path.
  public let path: String
  /// The number of its class in ``PhotoFolder/classNames``.
  public let classIndex: Int
  /// How much it counts in the loss, if known.
  public let weight: Float?
  /// The number of the group of photos that it belongs to, which aren't divided (``PhotoGroups``); nil for one on its own.
  public let group: Int?

  /// A photo of the given path and class.
  public init(path: String, classIndex: Int, weight: Float? = nil, group: Int? = nil) {
    self.path = path
    self.classIndex = classIndex
    self.weight = weight
    self.group = group
  }

  /// Photos in memory, whose paths are their numbers.
  ///
  /// - Parameters:
  ///   - labels: The class of each; nil puts all in one class.
  ///   - classes: How many classes there are; 0 for as many as there are labels.
  static func inMemory(
    _ count: Int, labels: [Int]?, classes: Int, _ weights: [Float]?
  ) throws(WhiskerError) -> [LabeledPhoto] {
    guard count > 0 else {
      throw WhiskerError(.invalidSetting, "photos", expected: "at least 1", got: "none")
    }
    if let labels {
      guard labels.count == count else {
        throw WhiskerError(.invalidSetting, "labels", expected: "\(count) of them", got: "\(labels.count)")
      }
      let known = 0...(classes == 0 ? largestClass : classes - 1)
      if let wrong = labels.first(where: { !known.contains($0) }) {
        throw WhiskerError(
          .invalidSetting, "labels", expected: "\(known.lowerBound) to \(known.upperBound)", got: "\(wrong)")
      }
    }
    if let weights { try checkWeights(weights, count: count) }
    return (0..<count).map {
      LabeledPhoto(path: "\($0)", classIndex: labels?[$0] ?? 0, weight: weights?[$0])
    }
  }

  /// The largest number of a class without a name.
  private static let largestClass = 65_535
}

/// A photo that can't be used, and why.
public struct UnreadablePhoto: Hashable, Sendable {
  /// The path of the file, below the folder that was scanned.
  public let path: String
  /// What is wrong with it.
  public let reason: String
  /// Whether the system doesn't let it be read, so that it is unknown whether the photo is good.
  public let isOutOfReach: Bool

  /// A photo and its reason.
  public init(path: String, reason: String, isOutOfReach: Bool = false) {
    self.path = path
    self.reason = reason
    self.isOutOfReach = isOutOfReach
  }
}

extension [UnreadablePhoto] {
  /// The first five with what is wrong with each, and how many more there are.
  package var described: String {
    let shown = prefix(5).map { "\($0.path.quoted): \($0.reason)" }.joined(separator: "; ")
    return count > 5 ? "\(shown); and \(count - 5) more" : shown
  }
}
