import Foundation
import Synchronization
import Testing
import WhiskerDatasets
import WhiskerInspection
import _TestSupport

@Suite struct SplitterTests {
  private let settings = SplitSettings(
    train: .count(3), validation: .count(2), test: .count(1), renames: ["cat": "cats", "dog": "dogs"])

  /// Six cats and six dogs in `source`, each file holding its own name.
  private func withPhotos(_ body: (_ folder: URL, _ source: URL, _ target: URL) async throws -> Void)
    async throws
  {
    try await withTemporaryFolder { folder in
      for index in 0..<6 {
        for name in ["cat", "dog"] { try folder.write("\(name).\(index)", to: "source/\(name).\(index).jpg") }
      }
      try await body(folder, folder.below("source"), folder.below("target"))
    }
  }

  @Test(arguments: SplitSettings.Placement.allCases) func putsEveryPhotoInItsPlace(
    _ placement: SplitSettings.Placement
  ) async throws {
    try await withPhotos { folder, source, target in
      var settings = settings
      settings.placement = placement
      var reports: [Int] = []
      let manifest = try Splitter(into: target).split(source, settings) { done, total in
        reports.append(done)
        #expect(total == 12)
      }
      #expect(reports == Array(1...12))
      #expect(manifest.table.totals == [6, 4, 2])
      #expect(manifest.files["validation/dogs/dog.4.jpg"] == "dog.4.jpg")
      #expect(try SplitManifest(in: target) == manifest)
      #expect(target.allFiles == Set(manifest.files.keys).union([".whisker-split.json"]))
      for (copy, original) in manifest.files {
        #expect(try String(contentsOf: target.below(copy), encoding: .utf8) + ".jpg" == original)
        let attributes = try FileManager.default.attributesOfItem(atPath: target.below(copy).path)
        #expect(
          (attributes[.type] as? FileAttributeType == .typeSymbolicLink) == (placement == .symbolicLink))
        #expect((attributes[.referenceCount] as? Int == 2) == (placement == .hardLink))
      }
      #expect(try DataFolder(forTraining: target).train.classNames == ["cats", "dogs"])
      #expect(
        folder.names == ["source", "target"])
      #expect(source.allFiles.count == 12)
    }
  }

  @Test func splitsFoldersOfClassesWithAwkwardNames() async throws {
    try await withTemporaryFolder { folder in
      for name in awkwardNames {
        for index in 0..<3 { try folder.write(to: "source/\(name)/\(name) \(index).jpg") }
      }
      let manifest = try Splitter(into: folder.below("새 폴더")).split(
        folder.below("source"), SplitSettings(train: .fraction(0.5), test: .count(1)))
      #expect(manifest.layout == .classFolders)
      let train = try PhotoFolder(scanning: folder.below("새 폴더/train"))
      #expect(train.classNames.map { Array($0.utf8) } == manifest.table.rows.map { Array($0.className.utf8) })
      #expect(train.countsByClass == Array(repeating: 2, count: awkwardNames.count))
    }
  }

  @Test func linksAreCopiedAsFiles() async throws {
    try await withPhotos { folder, source, target in
      try folder.write("far away", to: "elsewhere.jpg")
      try FileManager.default.createSymbolicLink(
        atPath: source.below("cat.00.jpg").path, withDestinationPath: "../elsewhere.jpg")
      for placement in [SplitSettings.Placement.copy, .hardLink] {
        var settings = settings
        settings.placement = placement
        try Splitter(into: target).split(source, settings)
        let copy = target.below("train/cats/cat.00.jpg")
        #expect(try String(contentsOf: copy, encoding: .utf8) == "far away")
        let attributes = try FileManager.default.attributesOfItem(atPath: copy.path)
        #expect(attributes[.type] as? FileAttributeType == .typeRegular)
      }
    }
  }

  @Test func replacesWhatItMade() async throws {
    try await withPhotos { folder, source, target in
      try Splitter(into: target).split(source, settings)
      try FileManager.default.removeItem(at: target.below("test/cats/cat.5.jpg"))
      try target.write(to: "train/.DS_Store")
      let manifest = try Splitter(into: target).split(source, SplitSettings(train: .count(1)))
      #expect(target.allFiles == ["train/cat/cat.0.jpg", "train/dog/dog.0.jpg", ".whisker-split.json"])
      #expect(try SplitManifest(in: target) == manifest)
      #expect(
        folder.names == ["source", "target"])
    }
  }

  @Test func leavesAloneWhatItDidNotMake() async throws {
    try await withPhotos { folder, source, target in
      try target.write(to: "thesis.txt")
      let stranger = await datasetError { try Splitter(into: target).split(source, settings) }
      #expect(stranger?.code == .notOurs)
      #expect(stranger?.message.contains("\"thesis.txt\"") == true)
      #expect(target.allFiles == ["thesis.txt"])

      try FileManager.default.removeItem(at: target)
      try Splitter(into: target).split(source, settings)
      try target.write(to: "train/cats/mine.jpg")
      try target.write(to: "models/best.safetensors")
      let before = target.allFiles
      let added = await datasetError { try Splitter(into: target).split(source, settings) }
      #expect(added?.code == .notOurs)
      #expect(added?.message.contains(#""models", "train/cats/mine.jpg""#) == true)
      #expect(target.allFiles == before)

      try target.write("{}", to: ".whisker-split.json")
      let damaged = await datasetError { try Splitter(into: target).split(source, settings) }
      #expect(damaged?.code == .notOurs)
      #expect(damaged?.code.kind == .cannotWrite)
    }
  }

  @Test func refusesFoldersWithinEachOther() async throws {
    try await withPhotos { folder, source, target in
      try FileManager.default.createSymbolicLink(at: folder.below("link"), withDestinationURL: source)
      for place in [
        source, source.below("inside/deep"), folder, folder.below("link"), folder.below("source/../source"),
      ] {
        let error = await datasetError { try Splitter(into: place).split(source, settings) }
        #expect(error?.code == .overlappingFolders, "\(place.path)")
        #expect(error?.code.kind == .wrongUsage)
      }
      #expect(source.allFiles.count == 12)
      // A name that merely begins alike is another folder.
      try Splitter(into: folder.below("source2")).split(source, settings)
    }
  }

  @Test func anEmptyFolderOrALinkToOneWillDo() async throws {
    try await withPhotos { folder, source, target in
      try FileManager.default.createDirectory(at: folder.below("real"), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(at: target, withDestinationURL: folder.below("real"))
      try Splitter(into: target).split(source, settings)
      #expect(folder.below("real").allFiles.count == 13)
      try Splitter(into: target).split(source, settings)
      #expect(
        folder.names == [
          "real", "source", "target",
        ])
    }
  }

  @Test func cannotWriteBelowAFile() async throws {
    try await withPhotos { folder, source, target in
      try folder.write(to: "file")
      for place in ["file", "file/target", "file/deeper/target"] {
        let error = await datasetError { try Splitter(into: folder.below(place)).split(source, settings) }
        #expect(error?.code == .cannotWrite, "\(String(describing: error))")
      }
      #expect(
        folder.names == ["file", "source"])
    }
  }

  @Test func tooFewPhotosWriteNothing() async throws {
    try await withPhotos { folder, source, target in
      let error = await datasetError {
        try Splitter(into: folder.below("new/target")).split(source, SplitSettings(train: .count(7)))
      }
      #expect(error?.code == .tooFewPhotos)
      #expect(error?.message.contains(#"class "cat" has 6, 7 are needed: 1 missing"#) == true)
      #expect(folder.names == ["source"])
    }
  }

  @Test func anInterruptionLeavesNothing() async throws {
    try await withPhotos { folder, source, target in
      let splitter = Splitter(into: folder.below("new/deep/target"))
      let settings = settings
      let reports = Mutex(0)
      let task = Task {
        try splitter.split(source, settings) { done, _ in
          reports.withLock { $0 = done }
          if done == 5 { withUnsafeCurrentTask { $0?.cancel() } }
        }
      }
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(reports.withLock { $0 } == 5)
      #expect(folder.names == ["source"])
    }
  }

  @Test func aFailureKeepsTheOldSplit() async throws {
    try await withPhotos { folder, source, target in
      let old = try Splitter(into: target).split(source, settings)
      try FileManager.default.createSymbolicLink(
        atPath: source.below("dog.00.jpg").path, withDestinationPath: "nowhere")
      let error = await datasetError { try Splitter(into: target).split(source, settings) }
      #expect(error?.code == .cannotRead)
      #expect(error?.place.hasSuffix("dog.00.jpg") == true)
      #expect(try SplitManifest(in: target) == old)
      #expect(target.allFiles.count == 13)
      #expect(
        folder.names == ["source", "target"])
    }
  }

  /// A class's name that is too long for the disk can't be written, and the message names the final path.
  @Test func errorsNameTheDestination() async throws {
    try await withPhotos { folder, source, target in
      let name = String(repeating: "x", count: 300)
      let error = await datasetError {
        try Splitter(into: target).split(source, SplitSettings(train: .count(1), renames: ["cat": name]))
      }
      #expect(error?.code == .cannotWrite)
      #expect(error?.place == target.below("train/\(name)").path)
      #expect(folder.names == ["source"])
    }
  }

  @Test func recognisesTheLayout() async throws {
    try await withTemporaryFolder { folder in
      func source(_ name: String, _ paths: [String]) throws -> URL {
        for path in paths { try folder.write(to: "\(name)/\(path)") }
        return folder.below(name)
      }
      let flat = try SplitSource(
        scanning: source("flat", ["cat.1.jpg", "cat.2.jpg", "dog.1.jpg", "README.txt"]))
      #expect(flat.layout == .flat)
      #expect(flat.classes.map(\.name) == ["cat", "dog"])
      let nested = try SplitSource(scanning: source("nested", ["a/1.jpg", "b/x/2.jpg", "notes.txt"]))
      #expect(nested.layout == .classFolders)
      #expect(nested.classes.map(\.paths) == [["a/1.jpg"], ["b/x/2.jpg"]])

      let mixed = try source("mixed", ["cat.1.jpg", "cat.2.jpg", "dogs/1.jpg"])
      #expect(await datasetError { _ = try SplitSource(scanning: mixed) }?.code == .mixedFolder)
      let nameless = try source("nameless", ["IMG_1.jpg", "IMG_2.jpg"])
      #expect(await datasetError { _ = try SplitSource(scanning: nameless) }?.code == .noClassFolders)
      let text = try source("text", ["notes.txt"])
      #expect(await datasetError { _ = try SplitSource(scanning: text) }?.code == .emptyFolder)
      let missing = folder.below("missing")
      #expect(await datasetError { _ = try SplitSource(scanning: missing) }?.code == .missingFolder)
    }
  }
}
