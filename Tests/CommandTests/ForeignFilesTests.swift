import Foundation
import Testing
import _TestSupport

/// Whisker removes and replaces only what one of its runs wrote.
@Suite("Other people's files in a run's folder")
struct ForeignFilesTests {
  private static let train = ["train", "data", "--recipe", "tiny.yaml", "--output", "out", "--threads", "1"]

  /// Writes a user's own files into a folder, each with a text that says which it is.
  private func write(_ names: [String], into folder: URL) throws {
    for name in names {
      let file = folder.below(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("my \(name)\n".utf8).write(to: file)
    }
  }

  /// Everything in a folder: the bytes of its files, and where its links lead.
  private func contents(of folder: URL) throws -> [String: Data] {
    guard let paths = FileManager.default.subpaths(atPath: folder.path) else { return [:] }
    return try paths.reduce(into: [:]) { contents, path in
      let file = folder.below(path)
      if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: file.path) {
        contents[path] = Data("link to \(target)".utf8)
      } else {
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder)
        contents[path] = isFolder.boolValue ? Data("folder".utf8) : try file.bytes
      }
    }
  }

  @Test("Files that no run needs stay as they are, through a run, an older one's replacement and a refusal")
  func beside() async throws {
    try await withTinyData { folder in
      let out = folder.below("out")
      let mine = [
        "report.html", "events.out.tfevents.1700000000.host.0.whisker", "events.out.tfevents.1.host", ".lock",
        ".whisker-run.lock", ".whisker-notes.tmp", "notes.txt", "checkpoint/notes.txt",
        "checkpoint/.whisker-a.tmp",
      ]
      try write(mine, into: out)
      let before = try contents(of: out)
      func expectMineUntouched(_ comment: Comment) throws {
        let now = try contents(of: out)
        for (name, bytes) in before { #expect(now[name] == bytes, "\(comment): \(name)") }
      }
      #expect(try await outcome(Self.train, in: folder).code == 0)
      try expectMineUntouched("train")
      let run = try contents(of: out)
      #expect(try await outcome(Self.train, in: folder).code == 64)
      #expect(try contents(of: out) == run, "a refusal leaves everything as it was")
      #expect(try await outcome(Self.train + ["--resume"], in: folder).code == 0)
      try expectMineUntouched("--resume")
      #expect(try await outcome(Self.train + ["--overwrite", "--seed", "1"], in: folder).code == 0)
      try expectMineUntouched("--overwrite")
      let names = out.names.filter { $0.hasPrefix("events.out.tfevents.") }
      #expect(names.count == 3, "mine, and the new run's: \(names)")
      let report = try await outcome(["report", "out", "--threads", "1"], in: folder)
      #expect(report.code == 73 && report.errors.contains("report.html: expected"), "\(report.errors)")
      try expectMineUntouched("report")
      #expect(try await outcome(["report", "out", "--output", "page.html"], in: folder).code == 0)
    }
  }

  @Test(
    "A file of a name that a run needs is refused before anything is touched, whatever is asked for",
    arguments: [
      "history.csv", "model.keras", "best.h5", "recipe.yaml", "events.jsonl", "curves.png", "checkpoint",
      "checkpoint/run.json", "checkpoint/step-00000003.safetensors", "checkpoint/finished.json",
    ])
  func inTheWay(name: String) async throws {
    try await withTinyData { folder in
      let out = folder.below("out")
      try write([name, ".lock", "report.html", "notes.txt"], into: out)
      let before = try contents(of: out)
      for option in [[], ["--resume"], ["--overwrite"]] {
        let refused = try await outcome(Self.train + option, in: folder)
        #expect(refused.code == 73, "\(option): \(refused.errors)")
        #expect(refused.errors.contains(name), "\(refused.errors)")
        #expect(try contents(of: out) == before, "\(option)")
      }
    }
  }

  @Test("A link or a folder in the place of a run's file isn't written through, replaced or removed")
  func links() async throws {
    try await withTinyData { folder in
      #expect(try await outcome(Self.train, in: folder).code == 0)
      let (out, mine) = (folder.below("out"), folder.below("mine"))
      for name in ["events.jsonl", "model.safetensors", "recipe.yaml"] {
        let file = out.below(name)
        let original = try file.bytes
        try FileManager.default.removeItem(at: file)
        try original.write(to: mine)
        try FileManager.default.createSymbolicLink(at: file, withDestinationURL: mine)
        let before = try contents(of: out)
        for option in [["--resume", "--epochs", "4"], ["--overwrite"]] {
          #expect(try await outcome(Self.train + option, in: folder).code == 73, "\(name) \(option)")
          #expect(try contents(of: out) == before && mine.bytes == original, "\(name) \(option)")
        }
        try FileManager.default.removeItem(at: file)
        try original.write(to: file)
      }
      let kept = out.below("best.keras")
      try FileManager.default.removeItem(at: kept)
      try write(["best.keras/mine.txt"], into: out)
      let before = try contents(of: out)
      #expect(try await outcome(Self.train + ["--overwrite"], in: folder).code == 73)
      #expect(try contents(of: out) == before)
    }
  }

  @Test("A copy of a run's log by a hard link isn't appended to")
  func hardLinks() async throws {
    try await withTinyData { folder in
      #expect(try await outcome(Self.train, in: folder).code == 0)
      let (log, copy) = (folder.below("out/events.jsonl"), folder.below("copy.jsonl"))
      try FileManager.default.linkItem(at: log, to: copy)
      let before = try copy.bytes
      #expect(try await outcome(Self.train + ["--resume", "--epochs", "3"], in: folder).code == 0)
      #expect(try copy.bytes == before)
      #expect(try log.bytes.starts(with: before) && log.bytes.count > before.count)
    }
  }

  @Test("Folds and curves are refused as a whole where one of them would meet a file in its way")
  func series() async throws {
    try await withTinyData { folder in
      let out = folder.below("out")
      for (arguments, name) in [
        (Self.train + ["--folds", "3"], "fold-3/model.keras"),
        (Self.train + ["--folds", "3"], "cross_validation.json"),
        (
          ["curve", "data", "--recipe", "tiny.yaml", "--output", "out", "--sizes", "4,8", "--repeats", "1"],
          "photos-8/repeat-1/history.csv"
        ), (["curve", "data", "--recipe", "tiny.yaml", "--output", "out", "--sizes", "4"], "curve.png"),
      ] {
        try write([name, "report.html"], into: out)
        let before = try contents(of: out)
        for option in [[], ["--resume"], ["--overwrite"]] {
          let refused = try await outcome(arguments + option, in: folder)
          #expect(
            refused.code == 73 && refused.errors.contains("expected"), "\(name) \(option): \(refused.errors)")
          #expect(try contents(of: out) == before, "\(name) \(option)")
        }
        try FileManager.default.removeItem(at: out)
      }
      // Other files in the folds' folders stay.
      try write(["fold-1/notes.txt", "fold-2/report.html"], into: out)
      let before = try contents(of: out)
      for option in [[], ["--overwrite"]] {
        #expect(try await outcome(Self.train + ["--folds", "3"] + option, in: folder).code == 0)
        let now = try contents(of: out)
        for (name, bytes) in before { #expect(now[name] == bytes, "\(name)") }
      }
    }
  }

  @Test("Whoever replaces a run removes its report, and plot draws over the curves of runs alone")
  func pages() async throws {
    try await withTinyData { folder in
      #expect(try await outcome(Self.train, in: folder).code == 0)
      let report = folder.below("out/report.html")
      #expect(try await outcome(["report", "out", "--threads", "1"], in: folder).code == 0)
      #expect(
        try await outcome(["report", "out", "--threads", "1"], in: folder).code == 0, "it may replace its own"
      )
      #expect(try await outcome(["plot", "out"], in: folder).code == 0)
      #expect(try await outcome(Self.train + ["--overwrite"], in: folder).code == 0)
      #expect(!report.exists)

      // A table from Keras, and a picture that somebody drew from it.
      try write(["keras/curves.png"], into: folder)
      try FileManager.default.copyItem(
        at: folder.below("out/history.csv"), to: folder.below("keras/history.csv"))
      let before = try contents(of: folder.below("keras"))
      let refused = try await outcome(["plot", "keras"], in: folder)
      #expect(refused.code == 73 && refused.errors.contains("curves.png"), "\(refused.errors)")
      #expect(try contents(of: folder.below("keras")) == before)
    }
  }

  @Test("convert doesn't replace a link that leads nowhere")
  func convert() async throws {
    try await withTemporaryFolder { folder in
      try await TinyData.writeModel(to: folder.below("model.safetensors"))
      try FileManager.default.createSymbolicLink(
        at: folder.below("new.keras"), withDestinationURL: folder.below("elsewhere.keras"))
      let before = try contents(of: folder)["new.keras"]
      #expect(try await whisker("convert", "model.safetensors", "new.keras", in: folder).code == 73)
      #expect(try contents(of: folder)["new.keras"] == before)
    }
  }
}
