public import Foundation
import WhiskerImages
public import WhiskerSystem

/// A folder of sketches, named as Kaggle names its photos: `cat.0.jpg`, `cat.1.jpg`, …, `dog.0.jpg`, ….
///
/// The sketches are written into a hidden folder next to the destination and moved into place when they are
/// complete: an interruption, an error or a full disk leaves the destination unchanged and nothing next to it.
///
/// ```swift
/// let generator = try SketchGenerator(seed: 0)
/// try await SketchFolder(destination).write(generator, perClass: 2000)
/// ```
public struct SketchFolder: Sendable {
  /// How many sketches of each animal can be asked for.
  public static let counts = 1...1_000_000

  /// The folder that the sketches are in, or will be in.
  public let destination: URL

  /// A folder of sketches, which may hold older sketches (they are replaced) or be missing.
  public init(_ destination: URL) { self.destination = destination }

  /// Draws sketches of every animal and writes them as JPEG files of quality 90.
  ///
  /// - Parameters:
  ///   - generator: What draws them; the files' bytes depend on it alone, not on the number of threads.
  ///   - perClass: How many of each animal.
  ///   - threads: How many are drawn at a time; by default as many as there are processor cores.
  ///   - progress: Called with the sketches done and their number after each.
  /// - Returns: What was done: the manifest that now lies in the destination.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `invalidSetting`; `notOurs` if the destination holds what Whisker didn't put
  ///   there; `cannotWrite`. `CancellationError` if the surrounding task was cancelled.
  @discardableResult
  public func write(
    _ generator: SketchGenerator, perClass: Int, threads: Int = Processors.available,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> SketchManifest {
    guard Self.counts.contains(perClass) else {
      throw WhiskerError(
        .invalidSetting, "per-class",
        expected: "\(Self.counts.lowerBound) to \(Self.counts.upperBound) sketches", got: "\(perClass)")
    }
    guard threads > 0 else {
      throw WhiskerError(.invalidSetting, "threads", expected: "at least 1 thread", got: "\(threads)")
    }
    let target = try destination.absoluteURL.path.realPath()
    // The destination is looked at first, so that a refusal doesn't wait for the drawing.
    _ = try ListedFolder<SketchManifest>(path: target).isThere()
    let manifest = SketchManifest(generator: generator, perClass: perClass)
    let workshop = try Workshop(for: target, manifest)
    do {
      try await Self.draw(generator, perClass, into: workshop.path, threads, progress)
      try workshop.replace(target)
    } catch {
      workshop.remove()
      throw workshop.naming(target, in: error)
    }
    return manifest
  }

  // MARK: Drawing

  private static func draw(
    _ generator: SketchGenerator, _ perClass: Int, into folder: String, _ threads: Int,
    _ progress: (Int, Int) -> Void
  ) async throws {
    let animals = Animal.allCases
    let total = animals.count * perClass
    try await withThrowingTaskGroup { group in
      // As many in flight as there are threads: each that is done makes room for the next.
      for number in 0..<min(threads, total) {
        group.addTask { try draw(animals[number / perClass], number % perClass, generator, into: folder) }
      }
      for number in 0..<total {
        try Task.checkCancellation()
        try await group.next()
        progress(number + 1, total)
        let following = number + threads
        if following < total {
          group.addTask {
            try draw(animals[following / perClass], following % perClass, generator, into: folder)
          }
        }
      }
    }
    try Task.checkCancellation()
  }

  private static func draw(
    _ animal: Animal, _ index: Int, _ generator: SketchGenerator, into folder: String
  ) throws {
    let path = folder.appendingPath("\(animal.rawValue).\(index).jpg")
    do {
      let bytes = try generator.sketch(of: animal, index: index).encodedJPEG()
      // Temporary files of a killed process would be left behind.
      try FileBytes.write(bytes, to: URL(fileURLWithPath: path, isDirectory: false), isAtomic: false)
    } catch {
      throw error.with(.cannotWrite, at: path)
    }
  }
}
