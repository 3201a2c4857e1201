public import Foundation
import WhiskerInspection
public import WhiskerSystem

/// A folder of copies of the misclassified photos, the most confident mistake first, named after what went
/// wrong: `0001 cats as dogs 0.9973 cat.12.jpg`.
public struct MistakeFolder: Sendable {
  /// The folder.
  public let url: URL

  /// A misclassified photo.
  public struct Mistake: Hashable, Sendable {
    /// The file.
    public let file: URL
    /// Its class.
    public let truth: String
    /// What it was predicted as.
    public let predicted: String
    /// The probability of that.
    public let probability: Float

    /// A misclassified photo.
    public init(file: URL, truth: String, predicted: String, probability: Float) {
      self.file = file
      self.truth = truth
      self.predicted = predicted
      self.probability = probability
    }
  }

  /// A folder that can be made, or one that is empty; it is made when photos are copied.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` if there is something in it, `cannotWrite` if it can't be made or
  ///   written.
  public init(_ url: URL) throws(WhiskerError) {
    self.url = url
    if let names = try? FileManager.default.contentsOfDirectory(atPath: url.path), !names.isEmpty {
      throw WhiskerError(
        .invalidSetting, url.path,
        expected: "a new or an empty folder", got: "one that holds \(names.listed(limit: 3))")
    }
    do {
      try AtomicFile.check(makingFolder: url)
    } catch {
      throw WhiskerError(
        .cannotWrite, url.path, expected: "a folder to write", got: "\"\(error.message)\"", cause: error)
    }
  }

  /// Makes the folder and copies the photos; no file is ever replaced, and links are followed.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite` if the folder can't be made, or with
  ///   `cannotRead` or `cannotWrite`; `CancellationError`. Nothing of the copies is left then.
  public func copy(
    _ mistakes: [Mistake], progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws {
    let isNew = !FileManager.default.fileExists(atPath: url.path)
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw WhiskerError(
        .cannotWrite, url.path, expected: "a folder to write", got: "\"\(systemReason(of: error))\"")
    }
    var transfer = FileTransfer(.copy)
    var made: [String] = []
    var isDone = false
    defer {
      if !isDone {
        for path in made { unlink(path) }
        if isNew { rmdir(url.path) }
      }
    }
    let digits = max(4, String(mistakes.count).count)
    for (index, mistake) in mistakes.sorted(by: { $0.probability > $1.probability }).enumerated() {
      try Task.checkCancellation()
      let number = String(index + 1)
      let rank = String(repeating: "0", count: digits - number.count) + number
      let path = "\(url.path)/\(Self.name(of: mistake, rank: rank))"
      try transfer.place(mistake.file.path, at: path)
      made.append(path)
      progress(index + 1, mistakes.count)
    }
    isDone = true
  }

  private static func name(of mistake: Mistake, rank: String) -> String {
    let probability = String(format: "%.4f", mistake.probability)
    let start =
      "\(rank) \(plain(mistake.truth, 70)) as \(plain(mistake.predicted, 70)) \(probability) "
    // The extension says the format.
    let file = mistake.file.lastPathComponent
    let room = 255 - start.utf8.count
    return start + (file.utf8.count <= room ? file : suffix(of: file, bytes: room))
  }

  /// A class's name as a part of a file's, of at most this many bytes.
  private static func plain(_ name: String, _ limit: Int) -> String {
    var result = ""
    for character in name.onOneLine {
      let next = character == "/" ? "_" : character
      if result.utf8.count + next.utf8.count > limit { break }
      result.append(next)
    }
    return result
  }

  private static func suffix(of name: String, bytes: Int) -> String {
    var result = name[...]
    while result.utf8.count > bytes { result = result.dropFirst() }
    return String(result)
  }
}
