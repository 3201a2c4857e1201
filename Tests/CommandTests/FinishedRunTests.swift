import Foundation
import Testing
import _TestSupport

/// A run is finished when all its files are written and are those of its last epoch.
@Suite("Finished runs")
struct FinishedRunTests {
  private static let train = ["train", "data", "--recipe", "tiny.yaml", "--output", "run", "--threads", "1"]
  private static let marker = "run/checkpoint/finished.json"

  /// The bytes of all files below a folder.
  private func files(_ folder: URL) throws -> [String: Data] {
    try (FileManager.default.subpaths(atPath: folder.path) ?? []).reduce(into: [:]) { files, path in
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: folder.below(path).path, isDirectory: &isFolder)
      if !isFolder.boolValue { files[path] = try folder.below(path).bytes }
    }
  }

  @Test(
    "What a finished run lacks is written again, the same bytes, and nothing else is touched",
    arguments: [
      ["model.keras"], ["model.h5", "best.h5", "best.keras"], ["model.safetensors"], ["best.safetensors"],
      ["history.csv", "recipe.yaml"], ["curves.png"],
      [
        "model.keras", "model.h5", "model.safetensors", "best.keras", "best.h5", "best.safetensors",
        "curves.svg",
      ],
    ])
  func lacking(names: [String]) async throws {
    try await withTinyData { folder in
      let first = try await outcome(Self.train, in: folder)
      #expect(first.code == 0, "\(first.errors)")
      let expected = try files(folder.below("run"))
      for name in names { try FileManager.default.removeItem(at: folder.below("run/\(name)")) }
      let resumed = try await outcome(Self.train + ["--resume"], in: folder)
      #expect(resumed.code == 0 && resumed.errors.contains("is finished: 2 epochs"), "\(resumed.errors)")
      for name in names { #expect(resumed.errors.contains(name), "\(resumed.errors)") }
      let now = try files(folder.below("run"))
      #expect(now.keys.sorted() == expected.keys.sorted())
      for (name, bytes) in expected where name != "checkpoint/finished.json" {
        #expect(now[name] == bytes, "\(name)")
      }
      let again = try await outcome(Self.train + ["--resume"], in: folder)
      #expect(
        again.code == 0
          && again.errors
            == "The run in run is finished: 2 epochs. Give more --epochs to continue it.\n",
        "\(again.errors)")
      #expect(try files(folder.below("run")) == now)
    }
  }

  @Test("Killed before its last files were written, a run gets them, and none stays from an earlier epoch")
  func killedAtTheEnd() async throws {
    try await withTinyData { folder in
      #expect(try await outcome(Self.train + ["--epochs", "1"], in: folder).code == 0)
      let kerasFiles = ["model.keras", "model.h5", "best.keras", "best.h5", "curves.png", "curves.svg"]
      let stale = try kerasFiles.map { try folder.below("run/\($0)").bytes }
      #expect(try await outcome(Self.train + ["--resume", "--epochs", "2"], in: folder).code == 0)
      let expected = try kerasFiles.map { try folder.below("run/\($0)").bytes }
      #expect(stale[0] != expected[0])
      #expect(try await outcome(Self.train + ["--epochs", "2", "--output", "whole"], in: folder).code == 0)
      for name in kerasFiles + ["model.safetensors", "best.safetensors", "history.csv", "recipe.yaml"] {
        #expect(try folder.below("run/\(name)").bytes == folder.below("whole/\(name)").bytes, "\(name)")
      }
      // As they are between the last checkpoint and the end.
      for (name, bytes) in zip(kerasFiles, stale) { try bytes.write(to: folder.below("run/\(name)")) }
      try? FileManager.default.removeItem(at: folder.below(Self.marker))
      let resumed = try await outcome(Self.train + ["--resume", "--epochs", "2"], in: folder)
      #expect(resumed.code == 0, "\(resumed.errors)")
      for (name, bytes) in zip(kerasFiles, expected) {
        #expect(try folder.below("run/\(name)").bytes == bytes, "\(name)")
      }
    }
  }

  @Test("A model that somebody else put there is named, and left alone")
  func replaced() async throws {
    try await withTinyData { folder in
      #expect(try await outcome(Self.train, in: folder).code == 0)
      try Data("mine".utf8).write(to: folder.below("run/model.h5"))
      let resumed = try await outcome(Self.train + ["--resume"], in: folder)
      #expect(resumed.code == 0)
      #expect(
        resumed.errors.contains("warning: model.h5 in run isn't what the run wrote"), "\(resumed.errors)")
      #expect(try folder.below("run/model.h5").bytes == Data("mine".utf8))
    }
  }

  @Test("A finished run without its checkpoints is still finished, and isn't trained again for more epochs")
  func withoutCheckpoints() async throws {
    try await withTinyData { folder in
      #expect(try await outcome(Self.train, in: folder).code == 0)
      for name in folder.below("run/checkpoint").names where name.hasPrefix("step-") {
        try FileManager.default.removeItem(at: folder.below("run/checkpoint/\(name)"))
      }
      let before = try files(folder.below("run"))
      #expect(try await outcome(Self.train + ["--resume"], in: folder).code == 0)
      #expect(try files(folder.below("run")) == before)
      let more = try await outcome(Self.train + ["--resume", "--epochs", "3"], in: folder)
      #expect(
        more.code == 65 && more.errors.contains("expected a checkpoint to resume from"), "\(more.errors)")
      #expect(try files(folder.below("run")) == before)
    }
  }

  @Test("Folds that lack a file get it; those whose folders are gone stay measured")
  func folds() async throws {
    try await withTinyData { folder in
      let folds = Self.train + ["--folds", "3"]
      #expect(try await outcome(folds, in: folder).code == 0)
      let expected = try files(folder.below("run/fold-2"))
      try FileManager.default.removeItem(at: folder.below("run/fold-2/model.keras"))
      try FileManager.default.removeItem(at: folder.below("run/fold-3"))
      let resumed = try await outcome(folds + ["--resume"], in: folder)
      #expect(resumed.code == 0, "\(resumed.errors)")
      #expect(try files(folder.below("run/fold-2"))["model.keras"] == expected["model.keras"])
      #expect(!folder.below("run/fold-3").exists)
    }
  }
}
