import Foundation
import WhiskerTensors
import _TestSupport

/// A folder in which Whisker has worked and others keep their own files: files with the names that Whisker
/// gives its own, links of every kind, a pipe, and parts where nobody may write.
struct ForeignScene {
  let folder: URL
  /// What isn't Whisker's, as it was in the beginning.
  private let before: FolderSnapshot
  private let foreign: Set<String>
  private let locked: SmallDisk?

  /// Lays the scene; `stream` decides where what lies.
  init(in folder: URL, _ stream: inout RandomStream) async throws {
    self.folder = folder
    try TinyData.write(into: folder)
    try await TinyData.writeModel(to: folder.below("model.safetensors"))
    let training = try await whisker(
      "train", "data", "--recipe", "tiny.yaml", "--output", "run", "--threads", "1", in: folder)
    guard training.code == 0 else { throw CommandTestFailure(description: training.errors) }
    let own = Set(FolderSnapshot(of: folder.below("run")).items.keys.map { "run/\($0)" } + ["run"])

    for place in [
      "others", "others/deep", "run", "run/checkpoint", "cache/whisker/weights", "temporary", ".",
    ] {
      try Self.writeForeignFiles(to: folder.below(place), &stream)
    }
    try FileManager.default.createDirectory(
      at: folder.below("others/empty"), withIntermediateDirectories: true)
    try Data("photo".utf8).write(to: folder.below("data/notes.txt"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.below("data/train/cats/linked.jpg").path, withDestinationPath: "photo.0.jpg")
    for (name, target) in [
      ("linked", "others"), ("linked-run", "run"), ("dangling", "nowhere"), ("loop", "loop"),
      ("linked.txt", "others/notes.txt"), ("others/up", ".."),
    ] {
      try FileManager.default.createSymbolicLink(atPath: folder.below(name).path, withDestinationPath: target)
    }
    mkfifo(folder.below("pipe").path, 0o600)
    try Self.writeForeignFiles(to: folder.below("others/locked"), &stream)
    // For root only what the disk itself doesn't allow is forbidden.
    let place = folder.below("others/locked")
    locked = try? SmallDisk(showing: place, at: place, isReadOnly: true)
    if locked == nil { chmod(place.path, 0o555) }
    before = FolderSnapshot(of: folder)
    foreign = Set(
      before.items.keys.filter { !own.contains($0) && !$0.hasPrefix(".output-") && !$0.hasPrefix(".errors-") }
    )
  }

  /// What was changed, removed or replaced of what isn't Whisker's.
  ///
  /// - Parameter moved: What a command was asked to move away.
  func damage(except moved: Set<String> = []) -> [String] {
    FolderSnapshot(of: folder).changes(since: before) { foreign.contains($0) && !moved.contains($0) }
  }

  /// Opens what is closed, so that the folder can be removed.
  func close() {
    locked?.unmount()
    chmod(folder.below("others/locked").path, 0o755)
  }

  /// Names that Whisker gives its own files, and one that can't be mistaken for them.
  private static let names = [
    "notes.txt", "report.html", "events.out.tfevents.1.mine", ".lock", ".whisker-x.tmp",
    ".whisker-0a1b2c.tmp",
    "model.keras", "model.h5", "best.safetensors", "history.csv", "curves.png", "manifest.jsonl",
    "curve.json",
    ".whisker-split-mine.partial", ".whisker-sketches.json", ".fetching-mine", "events.jsonl",
  ]

  /// Writes some of them, and folders with things in them, where nothing of the name is.
  private static func writeForeignFiles(to folder: URL, _ stream: inout RandomStream) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (number, name) in names.enumerated() where number == 0 || stream.integer(below: 3) > 0 {
      let file = folder.below(name)
      var status = stat()
      guard lstat(file.path, &status) != 0 else { continue }
      switch stream.integer(below: 8) {
      case 0: try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: "notes.txt")
      case 1 where number > 0: try FileManager.default.linkItem(at: folder.below("notes.txt"), to: file)
      case 2 where number > 0:
        try FileManager.default.createDirectory(at: file, withIntermediateDirectories: true)
        try Data("deep in \(name)".utf8).write(to: file.below("mine.txt"))
      default:
        try Data("mine: \(name) \(stream.integer(below: 1000))".utf8).write(to: file)
        chmod(file.path, [0o644, 0o600, 0o444][stream.integer(below: 3)])
      }
    }
    if stream.integer(below: 2) == 0, !folder.below("checkpoint").exists {
      try FileManager.default.createDirectory(
        at: folder.below("checkpoint"), withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: folder.below("checkpoint/notes.txt"))
    }
  }
}
