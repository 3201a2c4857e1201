import WhiskerSystem

/// One photo and its class.
public struct LabeledPhoto: Hashable, Sendable {
  /// The path below the folder's root: `cats/cat.0.jpg`; or, in a table, an absolute path.
  public let path: String
  /// The number of its class in ``PhotoFolder/classNames``.
  public let classIndex: Int
  /// How much it counts in the loss, if known.
  public let weight: Float?
  /// The line of the table that lists it, from 1; nil for a folder's photos.
  public let line: Int?
  /// The number of the group of photos that it belongs to, which aren't divided (``PhotoGroups``); nil for one on its own.
  public let group: Int?

  /// A photo of the given path and class.
  public init(path: String, classIndex: Int, weight: Float? = nil, line: Int? = nil, group: Int? = nil) {
    self.path = path
    self.classIndex = classIndex
    self.weight = weight
    self.line = line
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
  /// The path of the file, below the folder that was scanned; of a table's row that makes no sense, `photos.csv:3`.
  public let path: String
  /// What is wrong with it.
  public let reason: String
  /// Whether the system doesn't let it be read, so that it is unknown whether the photo is good.
  public let isOutOfReach: Bool
  /// The line of the table that lists it, from 1; nil for a folder's photos.
  public let line: Int?
  /// Whether it is a row of a table that makes no sense, rather than a photo.
  public let isRow: Bool

  /// A photo and its reason.
  public init(path: String, reason: String, isOutOfReach: Bool = false) {
    self.path = path
    self.reason = reason
    self.isOutOfReach = isOutOfReach
    line = nil
    isRow = false
  }

  /// A photo that was found, and what came up when it was decoded.
  package init(_ photo: LabeledPhoto, reason: String) {
    path = photo.path
    self.reason = reason
    isOutOfReach = false
    line = photo.line
    isRow = false
  }

  /// A photo of a table that was found, and what came up when it was decoded.
  package init(path: String, reason: String, isOutOfReach: Bool, line: Int?) {
    self.path = path
    self.reason = reason
    self.isOutOfReach = isOutOfReach
    self.line = line
    isRow = false
  }

  /// A row of a table that makes no sense.
  init(row line: Int, of table: String, reason: String) {
    path = "\(table):\(line)"
    self.reason = reason
    isOutOfReach = false
    self.line = line
    isRow = true
  }

  /// The name of the file that it is counted by.
  var fileName: String {
    // A row is counted as one of its table.
    isRow ? String(path[..<(path.lastIndex(of: ":") ?? path.endIndex)]) : path
  }

  /// What is wrong with it, and the table's line where the path doesn't say it.
  public var explanation: String {
    guard let line, !isRow else { return reason }
    return "\(reason) (line \(line) of the table)"
  }
}

extension [UnreadablePhoto] {
  /// The first five with what is wrong with each, and how many more there are.
  package var described: String {
    let shown = prefix(5).map { "\($0.path.quoted): \($0.explanation)" }.joined(separator: "; ")
    return count > 5 ? "\(shown); and \(count - 5) more" : shown
  }

  /// The same in the order of a table's lines, where all have one: rows that make no sense among photos that can't be
  /// decoded.
  package var inOrder: [UnreadablePhoto] {
    let lines = compactMap(\.line)
    guard lines.count == count else { return self }
    return zip(lines, self).enumerated().sorted {
      ($0.element.0, $0.offset) < ($1.element.0, $1.offset)
    }.map(\.element.1)
  }
}
