import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerSketches
import _TestSupport

@Suite("inspect")
struct InspectTests {
  /// Writes a split of sketches, `data/` in a folder.
  private func withSketches(_ body: (URL) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      for (number, split) in SplitName.allCases.enumerated() {
        for (animal, sketches) in Self.sketches {
          let photos = folder.below("data/\(split.rawValue)/\(animal.rawValue)s")
          try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
          for index in 0..<3 { try sketches[3 * number + index].write(to: photos.below("\(index).jpg")) }
        }
      }
      try await body(folder)
    }
  }

  /// Nine sketches of each animal, drawn once.
  private static let sketches: [Animal: [Photo]] = Dictionary(
    Animal.allCases.map { animal in
      let generator = try? SketchGenerator(seed: 0, size: 64)
      return (animal, (0..<9).compactMap { try? generator?.sketch(of: animal, index: $0) })
    }
  ) { first, _ in first }

  private func copy(_ source: String, _ target: String, in folder: URL) throws {
    try FileManager.default.copyItem(at: folder.below(source), to: folder.below(target))
  }

  @Test("Sound data: a table, 0")
  func soundData() async throws {
    try await withSketches { folder in
      let outcome = try await whisker("inspect", "data", in: folder)
      #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      #expect(
        outcome.output.hasPrefix(
          """
          class  train  validation  test
          cats       3           3     3
          dogs       3           3     3
          all        6           6     6

          format: JPEG 18
          shorter side: 64–127 pixels 18
          size: 64 × 64 to 64 × 64 (height × width)


          """), "\(outcome.output)")
      #expect(outcome.output.contains("\"cats\" has 3 photos"))
    }
  }

  @Test("A leak: 65 unless allowed; --fix moves the training photo")
  func leak() async throws {
    try await withSketches { folder in
      try copy("data/train/cats/1.jpg", "data/test/cats/그 \"사진\".jpg", in: folder)
      let outcome = try await whisker("inspect", "data", in: folder)
      #expect(outcome.code == 65)
      #expect(
        outcome.output.contains("  \"test/cats/그 \"사진\".jpg\" = \"train/cats/1.jpg\"\n"), "\(outcome.output)")
      #expect(outcome.errors.contains("1 photo lies in more than one part of the split"))
      #expect(try await whisker("inspect", "data", "--allow-leaks", in: folder).code == 0)

      let dry = try await whisker("inspect", "data", "--fix", "--dry-run", in: folder)
      #expect(dry.code == 65 && dry.output.contains("Would move 1 file to"))
      #expect(folder.names == ["data"])
      let fixed = try await whisker("inspect", "data", "--fix", in: folder)
      #expect(fixed.code == 0 && fixed.output.contains("Moved 1 file to"), "\(fixed.errors)")
      #expect(folder.below("data.set-aside/train/cats/1.jpg").exists)
      #expect(!folder.below("data/train/cats/1.jpg").exists)
      let again = try await whisker("inspect", "data", "--fix", in: folder)
      #expect(again.code == 0 && again.output.contains("Nothing to move."))
    }
  }

  @Test("--json has every key that the help promises")
  func jsonKeys() async throws {
    try await withSketches { folder in
      try copy("data/train/cats/1.jpg", "data/test/cats/leak.jpg", in: folder)
      try copy("data/train/cats/2.jpg", "data/train/dogs/two\nlines.jpg", in: folder)
      try Data().write(to: folder.below("data/test/dogs/zero.jpg"))
      let outcome = try await whisker("inspect", "data", "--json", "--fix", in: folder)
      let result = try #require(try json(outcome.output) as? [String: Any])
      #expect(
        Set(result.keys) == [
          "splits", "count", "unreadable", "duplicates", "leaks", "labelConflicts", "exact", "linked",
          "constant", "staying",
          "tiny",
          "formats", "sizes", "warnings", "passedOver", "skipped", "moved",
        ])
      #expect(
        result["splits"] as? [String: [String: Int]] == [
          "train": ["cats": 3, "dogs": 4], "validation": ["cats": 3, "dogs": 3],
          "test": ["cats": 4, "dogs": 3],
        ])
      #expect(result["leaks"] as? [[String]] == [["test/cats/leak.jpg", "train/cats/1.jpg"]])
      #expect(
        result["labelConflicts"] as? [[String]] == [["train/cats/2.jpg", "train/dogs/two\nlines.jpg"]])
      #expect((result["duplicates"] as? [[String]])?.count == 2)
      let unreadable = try #require(result["unreadable"] as? [[String: String]])
      #expect(unreadable.map { $0["file"] } == ["test/dogs/zero.jpg"])
      #expect(unreadable[0]["reason"]?.contains("empty file") == true)
      let moved = try #require(result["moved"] as? [[String: String]])
      #expect(moved.map { $0["reason"] } == ["unreadable", "leak"])
    }
  }

  @Test("Folders that aren't there or hold nothing: 66 and 65; --dry-run alone: 64")
  func badInput() async throws {
    try await withTemporaryFolder { folder in
      try FileManager.default.createDirectory(at: folder.below("empty"), withIntermediateDirectories: true)
      #expect(try await whisker("inspect", "nowhere", in: folder).code == 66)
      #expect(try await whisker("inspect", "empty", in: folder).code == 65)
      #expect(try await whisker("inspect", "empty", "--dry-run", in: folder).code == 64)
      #expect(try await whisker("inspect", "empty", "--loader-threads", "0", in: folder).code == 64)
    }
  }

  @Test("A CSV file: leaks between its splits; --fix is refused")
  func table() async throws {
    try await withSketches { folder in
      try copy("data/train/cats/1.jpg", "data/leak.jpg", in: folder)
      try Data(
        """
        file,class,split
        data/train/cats/0.jpg,cats,train
        data/train/cats/1.jpg,cats,train
        data/train/dogs/0.jpg,dogs,train
        data/leak.jpg,cats,test

        """.utf8
      ).write(to: folder.below("table.csv"))
      let outcome = try await whisker("inspect", "table.csv", in: folder)
      #expect(outcome.code == 65)
      #expect(
        outcome.output.contains("  \"data/leak.jpg\" = \"data/train/cats/1.jpg\"\n"), "\(outcome.output)")
      #expect(!outcome.errors.contains("--fix"), "\(outcome.errors)")
      #expect(try await whisker("inspect", "table.csv", "--allow-leaks", in: folder).code == 0)
      #expect(try await whisker("inspect", "table.csv", "--fix", in: folder).code == 64)
      #expect(try await whisker("inspect", "none.csv", in: folder).code == 66)
    }
  }

  @Test("Ctrl-C: 130, nothing printed")
  func interrupt() async throws {
    try await withTemporaryFolder { folder in
      let photos = folder.below("photos")
      try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
      try TinyData.photo(of: 0, index: 0, size: 1500).write(to: photos.below("0.jpg"))
      // Enough for half a minute: it must still be reading when the signal comes.
      for index in 1..<4000 {
        try FileManager.default.linkItem(at: photos.below("0.jpg"), to: photos.below("\(index).jpg"))
      }
      let inspecting = try Whisker(["inspect", "photos", "--loader-threads", "1"], in: folder)
      try await inspecting.wait { inspecting.catchesInterrupts }
      try await Task.sleep(for: .milliseconds(200))
      inspecting.signal(SIGINT)
      let outcome = try await inspecting.outcome()
      #expect(outcome.code == 130 && outcome.output.isEmpty, "\(outcome.output)")
    }
  }

  @Test("train warns of few photos and of photos that are in both parts")
  func trainWarns() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      try copy("data/train/cats/photo.0.jpg", "data/validation/cats/same.jpg", in: folder)
      let outcome = try await whisker("train", "data", "--recipe", "tiny.yaml", "--output", "run", in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("\nwarning: train: \"cats\" has 8 photos: "), "\(outcome.errors)")
      #expect(
        outcome.errors.contains(
          "\nwarning: 1 photo of validation is in train too (\"validation/cats/same.jpg\" is "
            + "\"train/cats/photo.0.jpg\"): "), "\(outcome.errors)")
    }
  }

}
