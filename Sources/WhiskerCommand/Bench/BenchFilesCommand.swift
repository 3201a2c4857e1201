import ArgumentParser
import Foundation
import Whisker

struct BenchFilesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "files",
    abstract: "Saving and loading a model in each format, against the disk's own speed.",
    discussion: """
      Each round saves and loads the model in every format, and writes and reads a plain file of the same bytes. What \
      is written is flushed to the disk; what is read comes from the disk once and then from the system's cache. The \
      best of the rounds counts.
      """)

  @Option(
    help: "The folder to write in; the system's for temporary files by default.", completion: .directory)
  var folder: String?

  @Option(parsing: .unconditional, help: "Rounds, at least 1.")
  var rounds = 9

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup(title: "Network") var network: BenchNetworkOptions

  func run() async throws {
    try requireRange(rounds, 1...1000, "--rounds")
    let recipe = try network.loaded()
    let model = SavedModel(
      model: try recipe.model(classes: 2, seed: 0), preparation: recipe.image, classNames: ["cats", "dogs"],
      loss: recipe.loss(classes: 2))
    let parent = folder.map { URL(fileURLWithPath: $0, isDirectory: true) }
    let place = (parent ?? FileManager.default.temporaryDirectory)
      .appendingPathComponent("whisker-bench-\(UUID().uuidString)", isDirectory: true)
    do {
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
    } catch {
      throw WhiskerError(
        .cannotWrite, "--folder", expected: "a folder to write",
        got: "\(place.deletingLastPathComponent().path)")
    }
    defer { try? FileManager.default.removeItem(at: place) }
    var results = ModelFormat.allCases.map { Result(format: $0.endings[0]) }
    for _ in 0..<rounds {
      for index in results.indices { try await results[index].measure(model, in: place) }
    }
    if json { return try Console.result(json: results) }
    var table = TextTable(titles: [
      "file", "MB", "save, ms", "disk, ms", "load, ms", "disk, ms", "load, ms", "cache, ms",
    ])
    for result in results {
      let times = [
        result.saveSeconds, result.diskWriteSeconds, result.loadSeconds, result.diskReadSeconds,
        result.cachedLoadSeconds, result.cacheReadSeconds,
      ]
      table.append(
        [".\(result.format)", String(format: "%.1f", Double(result.bytes) / 1e6)]
          + times.map { String(format: "%.1f", $0 * 1000) })
    }
    try Console.result(table.text)
  }

  /// The best times of one format.
  private struct Result: Encodable {
    let format: String
    var bytes = 0
    var saveSeconds = Double.infinity
    var diskWriteSeconds = Double.infinity
    var loadSeconds = Double.infinity
    var diskReadSeconds = Double.infinity
    var cachedLoadSeconds = Double.infinity
    var cacheReadSeconds = Double.infinity

    init(format: String) { self.format = format }

    mutating func measure(_ model: SavedModel, in place: URL) async throws {
      try Task.checkCancellation()
      let file = place.appendingPathComponent("model.\(format)")
      saveSeconds = min(saveSeconds, try await Self.seconds { try await model.write(to: file) })
      try forget(file)
      loadSeconds = min(loadSeconds, try Self.seconds { _ = try SavedModel(contentsOf: file) })
      cachedLoadSeconds = min(cachedLoadSeconds, try Self.seconds { _ = try SavedModel(contentsOf: file) })
      let content = try Data(contentsOf: file)
      bytes = content.count
      let plain = place.appendingPathComponent("plain")
      let descriptor = open(plain.path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw failure(plain) }
      defer { close(descriptor) }
      diskWriteSeconds = min(
        diskWriteSeconds,
        try Self.seconds {
          let written = content.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
          guard written == content.count, fsync(descriptor) == 0 else { throw failure(plain) }
        })
      try forget(plain)
      diskReadSeconds = min(diskReadSeconds, try Self.seconds { _ = try Data(contentsOf: plain) })
      cacheReadSeconds = min(cacheReadSeconds, try Self.seconds { _ = try Data(contentsOf: plain) })
    }

    /// Has the system drop a flushed file from its cache, so that the next read comes from the disk.
    private func forget(_ file: URL) throws {
      let handle = try FileHandle(forReadingFrom: file)
      defer { try? handle.close() }
      _ = posix_fadvise(handle.fileDescriptor, 0, 0, POSIX_FADV_DONTNEED)
    }

    private func failure(_ file: URL) -> WhiskerError {
      WhiskerError(.cannotWrite, file.path, "can't be written: \(String(cString: strerror(errno)))")
    }

    private static func seconds(_ body: () async throws -> Void) async rethrows -> Double {
      let start = ContinuousClock.now
      try await body()
      return start.duration(to: .now) / .seconds(1)
    }

    private static func seconds(_ body: () throws -> Void) rethrows -> Double {
      let start = ContinuousClock.now
      try body()
      return start.duration(to: .now) / .seconds(1)
    }
  }
}
