import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerInspection
import WhiskerSystem
import _TestSupport

/// What folders hold besides photos: every file is a photo, named, or counted by reason and ending.
@Suite struct SkippedFilesTests {
  private static let litter = [
    "@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg", "$RECYCLE.BIN/S-1-5/$R1.jpg", "System Volume Information/1.jpg",
    ".Trashes/501/1.jpg", "__MACOSX/cats/._1.jpg", "._1.jpg", "Thumbs.db", "thumbs.db", "Desktop.ini",
    ".DS_Store",
    ".ipynb_checkpoints/1-checkpoint.jpg", ".hidden/1.jpg", ".git/1.jpg", "lost+found/1.jpg",
    "#recycle/1.jpg",
    "__pycache__/a.pyc", "1.jpg:Zone.Identifier",
  ]

  private func writePhotos(_ paths: String..., to root: URL) throws {
    for (number, path) in paths.enumerated() {
      try root.writePhoto(path, value: number * 40, height: 40, width: 40)
    }
  }

  /// A photo of a format, small and whole.
  private static let fixtures: [PhotoFormat: String] = [
    .jpeg: "baseline-444.jpg", .png: "rgb.png", .gif: "palette.gif", .webp: "lossy.webp", .bmp: "rgb.bmp",
    .tiff: "rgb.tiff", .ppm: "p6.ppm", .heic: "420.heic", .avif: "420.avif",
  ]

  @Test func everyFormatHasAnExample() {
    #expect(Set(Self.fixtures.keys) == Set(PhotoFormat.allCases))
  }

  private func fixture(_ name: String) throws -> Data {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("ImagesTests/Fixtures")
    if let data = try? Data(contentsOf: folder.appendingPathComponent(name)) { return data }
    // The smaller ones are lines of one file: a name and the bytes.
    let lines = try String(contentsOf: folder.appendingPathComponent("grid-files.txt"), encoding: .utf8)
      .split(separator: "\n")
    let line = try #require(lines.first { $0.hasPrefix("\(name) ") }, "\(name)")
    return try #require(Data(base64Encoded: String(line.dropFirst(name.count + 1))))
  }

  @Test func photosAreKnownByTheirFirstBytesWhateverTheirNames() async throws {
    try await withTemporaryFolder { folder in
      var names: [String] = []
      for (format, fixture) in Self.fixtures {
        for ending in [
          "", ".txt", ".dat", ".x", ".jpg_large", ".jpg", ".png", ".JPE", ".jfif", ".HEIC", ".mp4",
        ] {
          names.append("\(format.rawValue) 1\(ending)")
          try folder.write(to: "a/\(names[names.count - 1])")
          try self.fixture(fixture).write(to: folder.below("a/\(names[names.count - 1])"))
        }
      }
      try writePhotos("b/1.png", to: folder)
      let found = try PhotoFolder(scanning: folder)
      #expect(
        found.photos.map(\.path)
          == names.map { "a/\($0)" }.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) } + [
            "b/1.png"
          ])
      #expect(found.skipped.counts.isEmpty && found.unreadable.isEmpty)
      // They can be decoded, too.
      let inspection = try await Inspector().inspect(folder)
      #expect(inspection.unreadable.isEmpty && inspection.count == names.count + 1)
    }
  }

  @Test func whatIsNoPhotoIsCountedByItsEnding() async throws {
    try await withTemporaryFolder { folder in
      try writePhotos("a/1.png", "a/2.png", "b/1.png", "b/2.png", to: folder)
      try folder.write("ftypisom", to: "a/film.MP4")
      try folder.write("ftypisom", to: "a/deep/film.mp4")
      // "BM" begins a bitmap, and a text; a raw file begins as a TIFF.
      try folder.write("BM is a dealer of cars, and this is text.", to: "b/notes.txt")
      try folder.write("P1 1st lap, P2 2nd lap", to: "b/laps.txt")
      try folder.write("II*\u{0}", to: "b/1.NEF")
      try folder.write("", to: "b/empty")
      try folder.write("x", to: "b/a sentence. with more to it")
      let found = try PhotoFolder(scanning: folder)
      #expect(found.countsByClass == [2, 2] && found.unreadable.isEmpty)
      #expect(found.skipped.counts == [.notAPhoto: [".mp4": 2, ".txt": 2, ".nef": 1, "none": 2]])
      #expect(found.skipped.count == 7)
      #expect("\(found.skipped)" == "7 skipped: 2 .mp4, 2 .txt, 2 without an ending, 1 .nef")
      // Of two parts of the photos only one counts them.
      let (train, validation) = try found.fold(1, of: 2, seed: 0)
      #expect(train.skipped == found.skipped && validation.skipped.counts.isEmpty)
    }
  }

  @Test func reasonsAreSaidWhereTheyDiffer() async throws {
    try await withTemporaryFolder { folder in
      try writePhotos("a/1.png", "b/1.png", "beside.png", to: folder)
      try folder.write("x", to: "a/notes.txt")
      try folder.write("<html>", to: "b/page.jpg")
      let inspection = try await Inspector().inspect(folder)
      #expect(
        inspection.skipped.counts == [
          .notAPhoto: [".txt": 1], .unreadable: [".jpg": 1], .outsideClasses: [".png": 1],
        ])
      #expect(
        "\(inspection.skipped)"
          == "3 skipped: 1 that is no photo (1 .txt), 1 that can't be read (1 .jpg), "
          + "1 next to the folders that are used (1 .png)")
      let data = try DataFolder(forTraining: folder)
      #expect(data.skipped.counts == [.notAPhoto: [".txt": 1], .outsideClasses: [".png": 1]])
      let encoded = try JSONEncoder().encode(data.skipped)
      #expect(
        try JSONDecoder().decode([String: [String: Int]].self, from: encoded)
          == ["notAPhoto": [".txt": 1], "outsideClasses": [".png": 1]])
    }
  }

  @Test func litterIsCountedAndStopsNothing() async throws {
    try await withTemporaryFolder { folder in
      let parts = ["train", "val", "train/cats", "train/dogs/deep", "val/cats", ""]
      for part in ["train", "val"] {
        try writePhotos("\(part)/cats/1.png", "\(part)/dogs/deep/1.png", to: folder)
      }
      let clean = try DataFolder(forTraining: folder)
      for part in parts {
        for path in Self.litter { try folder.write("x", to: part.isEmpty ? path : "\(part)/\(path)") }
      }
      let data = try DataFolder(forTraining: folder)
      #expect(data.train.photos == clean.train.photos && data.train.classNames == ["cats", "dogs"])
      #expect(data.validation?.photos == clean.validation?.photos && data.passedOver.isEmpty)
      #expect(data.skipped.count == 0 && "\(data.skipped)" == "none skipped")
      let counted = data.skipped.counts[.litter, default: [:]].values.reduce(0, +)
      #expect(counted == parts.count * Self.litter.count, "\(data.skipped.counts)")
      #expect(Array(data.skipped.counts.keys) == [.litter])

      let inspection = try await Inspector().inspect(folder)
      #expect(inspection.count == 4 && inspection.passedOver.isEmpty && inspection.unreadable.isEmpty)
      #expect(inspection.skipped == data.skipped)
      let list = try PhotoList([folder.path])
      #expect(list.paths.count == 4 && list.unreadable.isEmpty)
      let evaluated = try DataFolder.forEvaluation(folder.below("val"), expecting: ["cats", "dogs"])
      #expect(evaluated.photos.count == 2)
      let source = try SplitSource(scanning: folder.below("train"))
      #expect(source.classes.map(\.name) == ["cats", "dogs"])
    }
  }

  @Test func litterIsNoNeighbourOfAWrapper() async throws {
    try await withTemporaryFolder { folder in
      try writePhotos("data/PHOTOS/cats/1.png", "data/PHOTOS/dogs/1.png", to: folder)
      for path in Self.litter {
        try folder.write("x", to: "data/\(path)")
        try folder.write("x", to: "data/PHOTOS/\(path)")
      }
      let data = try DataFolder(forTraining: folder.below("data"))
      #expect(data.train.classNames == ["cats", "dogs"])
      #expect(
        data.skipped.counts[.litter, default: [:]].values.reduce(0, +) == 2 * Self.litter.count)
    }
  }

  @Test func whatCannotBeOpenedIsNamedAndNothingHangs() async throws {
    try await withTemporaryFolder { folder in
      try writePhotos("a/1.png", "b/1.png", to: folder)
      #expect(mkfifo(folder.below("a/pipe").path, 0o600) == 0)
      #expect(mkfifo(folder.below("a/pipe.jpg").path, 0o600) == 0)
      let manager = FileManager.default
      try manager.createSymbolicLink(atPath: folder.below("a/null").path, withDestinationPath: "/dev/null")
      try manager.createSymbolicLink(atPath: folder.below("a/gone").path, withDestinationPath: "nowhere")
      let found = try PhotoFolder(scanning: folder)
      #expect(found.photos.map(\.path) == ["a/1.png", "b/1.png"])
      #expect(found.skipped.counts == [.notAPhoto: ["none": 2]])
      let named = found.unreadable.map { "\($0.path): \($0.reason)" }
      #expect(
        Set(named) == [
          "a/pipe.jpg: expected a file, got a pipe, socket or device",
          "a/gone: can't be opened: No such file or directory",
        ])
      #expect(found.unreadable.filter(\.isOutOfReach).map(\.path) == ["a/gone"])
    }
  }

  @Test func messagesCountWhatIsThereInstead() async throws {
    try await withTemporaryFolder { folder in
      try writePhotos("a/1.png", to: folder)
      try folder.write("x", to: "b/1.txt")
      try folder.write("x", to: "b/2.txt")
      let error = await datasetError { _ = try PhotoFolder(scanning: folder) }
      #expect(error?.code == .emptyClass)
      #expect(
        error?.message
          == #"the class folder "b" holds no photo (2 skipped: 2 .txt); add some, or move the folder away"#)
      let none = await datasetError { _ = try PhotoList([folder.below("b").path]) }
      #expect(none?.message == "the folder holds no photo (2 skipped: 2 .txt)")
      let inspected = await datasetError { _ = try await Inspector().inspect(folder.below("b")) }
      #expect(inspected?.message == "the folder holds no photo (2 skipped: 2 .txt)")
    }
  }

  @Test func splittingCountsInBothLayouts() async throws {
    try await withTemporaryFolder { folder in
      try writePhotos("flat/cat.0.png", "flat/cat.1", "flat/dog.0.png", "flat/dog.1.jfif", to: folder)
      try folder.write("x", to: "flat/labels.csv")
      try folder.write("x", to: "flat/.DS_Store")
      let flat = try SplitSource(scanning: folder.below("flat"))
      #expect(flat.layout == .flat && flat.classes.map(\.paths.count) == [2, 2])
      #expect(flat.skipped.counts == [.notAPhoto: [".csv": 1], .litter: ["none": 1]])

      try writePhotos("packed/PHOTOS/cats/0.png", "packed/PHOTOS/dogs/0.png", to: folder)
      try folder.write("x", to: "packed/PHOTOS/cats/1.txt")
      let plan = try Splitter(into: folder.below("out")).plan(
        folder.below("packed"), SplitSettings(train: .fraction(1)))
      #expect(plan.moves.map(\.destination).sorted() == ["train/cats/0.png", "train/dogs/0.png"])
      #expect(plan.source.skipped.counts == [.notAPhoto: [".txt": 1]])
    }
  }

  /// A scan reads only the files whose names don't say what they are.
  @Test func manyFilesAreScanned() async throws {
    try await withTemporaryFolder { folder in
      try writePhotos("a/0.png", "b/0.png", to: folder)
      for index in 1..<2000 {
        try FileManager.default.linkItem(at: folder.below("a/0.png"), to: folder.below("a/\(index)"))
      }
      let found = try PhotoFolder(scanning: folder)
      #expect(found.countsByClass == [2000, 1])
    }
  }
}

@Suite struct PlaceholderTests {
  private func warnings(_ paths: [String]) async throws -> [DataWarning] {
    try await withTemporaryFolder { folder in
      for path in paths { try folder.write("x", to: path) }
      return QuickInspection(try DataFolder(forTraining: folder)).warnings
    }
  }

  private let photos = (0..<30).flatMap { ["train/cats/\($0).jpg", "train/dogs/\($0).jpg"] }

  @Test func theFewGIFsAreNamed() async throws {
    #expect(
      try await warnings(photos + ["train/cats/spinner.gif"]) == [.placeholders(["train/cats/spinner.gif"])])
    // Where many are GIFs, they are photos like others.
    #expect(try await warnings(photos + (0..<10).map { "train/cats/\($0).gif" }).isEmpty)
  }

  @Test(arguments: [
    "imageNotFound.jpg", "no-image.png", "NoImage_2.jpg", "placeholder.jpg", "photo unavailable.jpg",
    "image_not_available-1.jpg",
  ])
  func namesTell(name: String) async throws {
    #expect(try await warnings(photos + ["train/dogs/\(name)"]) == [.placeholders(["train/dogs/\(name)"])])
  }

  @Test(arguments: ["volcano photo.jpg", "piano_image.jpg", "casino-picture.jpg", "not.jpg", "found 1.jpg"])
  func otherNamesDoNot(name: String) async throws {
    #expect(try await warnings(photos + ["train/dogs/\(name)"]).isEmpty)
  }

  @Test func inspectionGoesByTheBytes() async throws {
    try await withTemporaryFolder { folder in
      for index in 0..<20 {
        try folder.writePhoto("cats/\(index).png", value: index * 11, height: 40, width: 40)
        try folder.writePhoto("dogs/\(index).png", value: 5 + index * 7, height: 40, width: 40)
      }
      let gif = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("ImagesTests/Fixtures/palette.gif")
      try FileManager.default.copyItem(at: gif, to: folder.below("cats/named.jpg"))
      let inspection = try await Inspector().inspect(folder)
      #expect(inspection.placeholders == ["cats/named.jpg"])
      #expect(inspection.warnings.contains(.placeholders(["cats/named.jpg"])))
    }
  }
}
