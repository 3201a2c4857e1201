import Foundation
import Testing
import WhiskerDatasets
import WhiskerInspection
import WhiskerSketches
import WhiskerSystem
import _TestSupport

/// The hidden folders in which `split` and `sketches` work, and what is left of them when a process is killed.
@Suite struct WorkshopTests {
  private let settings = SplitSettings(train: .count(2), validation: .count(1), test: .count(1))

  private func withPhotos(_ body: (URL) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      for animal in ["cat", "dog"] {
        for index in 0..<4 { try folder.writePhoto("source/\(animal).\(index).png", value: index) }
      }
      try await body(folder)
    }
  }

  private func split(_ folder: URL) throws {
    try Splitter(into: folder.below("split")).split(folder.below("source"), settings)
  }

  /// What a process that was killed leaves, with so many of its files.
  private func leave(_ name: String, in folder: URL, files: Int, hasManifest: Bool = true) throws {
    try Splitter(into: folder.below("killed")).split(folder.below("source"), settings)
    let left = folder.below(name)
    try FileManager.default.moveItem(at: folder.below("killed"), to: left)
    let manifest = try #require(try SplitManifest(in: left))
    for file in manifest.files.keys.sorted().dropFirst(files) {
      try FileManager.default.removeItem(at: left.below(file))
    }
    if !hasManifest { try FileManager.default.removeItem(at: left.below(SplitManifest.fileName)) }
  }

  private static let name = ".whisker-split-4B6E3A52-5F0C-4C2D-9D0A-0C7B8F5E7A11.partial"

  @Test(arguments: [0, 3, 8]) func whatAKilledSplitLeftIsRemovedByTheNext(files: Int) async throws {
    try await withPhotos { folder in
      try leave(Self.name, in: folder, files: files)
      try split(folder)
      #expect(folder.names == ["source", "split"])
    }
  }

  @Test(arguments: [[], [".whisker-split.json.new"]])
  func aKillBeforeTheManifestLeavesNothingForLong(files: [String]) async throws {
    try await withPhotos { folder in
      try FileManager.default.createDirectory(at: folder.below(Self.name), withIntermediateDirectories: true)
      for file in files { try folder.write("{", to: "\(Self.name)/\(file)") }
      try split(folder)
      #expect(folder.names == ["source", "split"])
    }
  }

  @Test func aKilledDrawingIsRemovedByTheNext() async throws {
    try await withTemporaryFolder { folder in
      let generator = try SketchGenerator(seed: 1, size: 16)
      try await SketchFolder(folder.below("killed")).write(generator, perClass: 2)
      try FileManager.default.removeItem(at: folder.below("killed/dog.1.jpg"))
      let left = folder.below(Self.name.replacing("split", with: "sketches"))
      try FileManager.default.moveItem(at: folder.below("killed"), to: left)
      try await SketchFolder(folder.below("new")).write(generator, perClass: 1)
      #expect(folder.names == ["new"])
    }
  }

  /// What isn't provably a command's own, or may still be in use, is left alone.
  @Test(arguments: [
    "stranger", "stranger below", "no manifest", "damaged", "other name", "link", "locked", "sketches",
  ])
  func whatMayBeOthersStays(kind: String) async throws {
    try await withPhotos { folder in
      var name = Self.name
      if kind == "other name" { name = ".whisker-split-mine.partial" }
      if kind == "sketches" { name = name.replacing("split-", with: "sketches-") }
      try leave(name, in: folder, files: 5, hasManifest: kind != "no manifest")
      let left = folder.below(name)
      var lock: Int32?
      switch kind {
      case "stranger": try left.write("dear", to: "notes.txt")
      case "stranger below": try left.write("dear", to: "train/cat/notes.txt")
      case "damaged": try left.write("{", to: SplitManifest.fileName)
      case "link":
        try FileManager.default.moveItem(at: left, to: folder.below("elsewhere"))
        try FileManager.default.createSymbolicLink(at: left, withDestinationURL: folder.below("elsewhere"))
      case "locked": lock = FolderLock.take(left.path)
      default: break
      }
      defer { if let lock { close(lock) } }
      let before = FolderSnapshot(of: folder)
      try split(folder)
      #expect(FolderSnapshot(of: folder).changes(since: before).isEmpty)
    }
  }

  /// Two running at the same time don't mistake each other's folder for a leftover.
  @Test func twoAtOnceDontDisturbEachOther() async throws {
    try await withTemporaryFolder { folder in
      let generator = try SketchGenerator(seed: 1, size: 16)
      try await withThrowingTaskGroup { group in
        for name in ["a", "b", "c", "d"] {
          group.addTask {
            for _ in 0..<5 {
              try await SketchFolder(folder.below(name)).write(generator, perClass: 3, threads: 1)
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(folder.names == ["a", "b", "c", "d"])
      for name in ["a", "b", "c", "d"] { #expect(folder.below(name).names.count == 7) }
    }
  }

  /// Links among what is replaced are removed as links.
  @Test(arguments: [SplitSettings.Placement.symbolicLink, .hardLink, .copy])
  func replacingNeverTouchesTheSource(placement: SplitSettings.Placement) async throws {
    try await withPhotos { folder in
      var settings = settings
      settings.placement = placement
      let splitter = Splitter(into: folder.below("split"))
      try splitter.split(folder.below("source"), settings)
      // A user put a link in the place of one of our files.
      try folder.write("dear", to: "notes.txt")
      try FileManager.default.removeItem(at: folder.below("split/train/cat/cat.0.png"))
      try FileManager.default.createSymbolicLink(
        atPath: folder.below("split/train/cat/cat.0.png").path, withDestinationPath: "../../../notes.txt")
      let before = FolderSnapshot(of: folder)
      try splitter.split(folder.below("source"), SplitSettings(train: .count(1)))
      #expect(folder.names == ["notes.txt", "source", "split"])
      #expect(FolderSnapshot(of: folder).changes(since: before) { !$0.hasPrefix("split") }.isEmpty)
    }
  }

  @Test func photosOfOneFileInTwoPartsAreNamed() async throws {
    try await withPhotos { folder in
      let source = folder.below("source")
      try FileManager.default.createSymbolicLink(
        atPath: source.below("cat.4.png").path, withDestinationPath: "cat.0.png")
      try FileManager.default.linkItem(at: source.below("dog.0.png"), to: source.below("dog.1a.png"))
      let manifest = try Splitter(into: folder.below("split")).split(
        source, SplitSettings(train: .count(3), test: .count(2)))
      #expect(manifest.leaksThroughLinks() == [["test/cat/cat.4.png", "train/cat/cat.0.png"]])
      let inspection = try await Inspector().inspect(folder.below("split"))
      #expect(
        inspection.leaks.contains {
          Set($0.paths).isSuperset(of: ["test/cat/cat.4.png", "train/cat/cat.0.png"])
        })
    }
  }

  @Test(.enabled("needs the right to mount a file system") { await SmallDisk.canBeMade })
  func aMountedFolderIsRefusedInWords() async throws {
    try await withPhotos { folder in
      let place = folder.below("split")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      let disk = try SmallDisk(at: place)
      defer { disk.unmount() }
      let error = #expect(throws: WhiskerError.self) { try split(folder) }
      #expect(error?.code == .cannotWrite)
      #expect(error?.message.contains("a mounted folder can't be replaced") == true)
      #expect(folder.names == ["source", "split"] && place.names.isEmpty)
      // A folder in it is fine, and links to another disk are links.
      var hard = settings
      hard.placement = .hardLink
      let linked = hard
      let linking = #expect(throws: WhiskerError.self) {
        try Splitter(into: place.below("in")).split(folder.below("source"), linked)
      }
      #expect(linking?.message.contains("copies or symbolic links work there") == true)
      #expect(place.names.isEmpty)
      try Splitter(into: place.below("in")).split(folder.below("source"), settings)
      try Splitter(into: place.below("in")).split(folder.below("source"), settings)
      #expect(place.names == ["in"])
    }
  }
}
