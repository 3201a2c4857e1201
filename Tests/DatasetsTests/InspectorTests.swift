import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerInspection
import _TestSupport

@Suite struct InspectorTests {
  private func inspect(_ folder: URL) async throws -> Inspection { try await Inspector().inspect(folder) }

  // MARK: Duplicates

  @Test func everyPlantedCopyIsFound() async throws {
    try await withTemporaryFolder { folder in
      let data = folder.below("data")
      try SketchPool.write(to: data, perAnimal: SketchPool.perAnimal)
      #expect(try await inspect(data).duplicates == [], "different sketches are no duplicates")

      var expected: [String: String] = [:]
      for (number, copy) in Copy.all.enumerated() {
        let original = number.isMultiple(of: 2) ? "cat/\(number / 2 % 12).jpg" : "dog/\(number / 2 % 12).jpg"
        let name = String(original.prefix(3)) + "/copy.\(number).\(copy.ending)"
        let photo = try PhotoDecoder().decode(contentsOf: data.below(original))
        try copy.bytes(of: photo).withUnsafeBytes { try Data($0).write(to: data.below(name)) }
        expected[name] = original
      }
      let found = try await inspect(data).duplicates
      let groups = found.map { Set($0.paths) }
      for (name, original) in expected {
        let group = groups.filter { $0.contains(name) }
        #expect(group.count == 1 && group[0].contains(original), "\(name) of \(original)")
      }
      // And no group holds two different sketches.
      for group in groups {
        #expect(Set(group.map { expected[$0] ?? $0 }).count == 1, "\(group)")
      }
      #expect(found.allSatisfy { !$0.isExact })
    }
  }

  @Test func equalBytesAreExact() async throws {
    try await withTemporaryFolder { folder in
      try SketchPool.write(to: folder, perAnimal: 2)
      for copy in ["cat/9.jpg", "cat/a b.jpg"] {
        try FileManager.default.copyItem(at: folder.below("cat/1.jpg"), to: folder.below(copy))
      }
      let groups = try await inspect(folder).duplicates
      #expect(groups.map(\.paths) == [["cat/1.jpg", "cat/9.jpg", "cat/a b.jpg"]])
      #expect(groups.map(\.isExact) == [true])
      #expect(groups.map(\.isLeak) == [false])
    }
  }

  @Test func leaksAndConflictsAreTold() async throws {
    try await withTemporaryFolder { folder in
      for (number, split) in SplitName.allCases.enumerated() {
        try SketchPool.write(to: folder.below(split.rawValue), perAnimal: 3, from: 3 * number)
      }
      try FileManager.default.copyItem(
        at: folder.below("train/cat/0.jpg"), to: folder.below("test/cat/leak.jpg"))
      try FileManager.default.copyItem(
        at: folder.below("train/dog/0.jpg"), to: folder.below("validation/cat/leak.jpg"))
      try FileManager.default.copyItem(
        at: folder.below("train/dog/2.jpg"), to: folder.below("train/cat/conflict.jpg"))
      let inspection = try await inspect(folder)
      #expect(
        Set(inspection.leaks.map(\.paths)) == [
          ["test/cat/leak.jpg", "train/cat/0.jpg"], ["validation/cat/leak.jpg", "train/dog/0.jpg"],
        ])
      #expect(
        Set(inspection.labelConflicts.map(\.paths)) == [
          ["validation/cat/leak.jpg", "train/dog/0.jpg"], ["train/cat/conflict.jpg", "train/dog/2.jpg"],
        ])
      #expect(inspection.duplicates.count == 3)
      #expect(inspection.parts.map(\.split) == [.train, .validation, .test])
      #expect(inspection.parts.map { $0.classes.map(\.count) } == [[4, 3], [4, 3], [4, 3]])
    }
  }

  /// The real photos, where they are at hand: two pairs of them are the same picture, seen by eye.
  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: realPhotos.path), "needs ../shared/data/dogs-vs-cats")
  )
  func realPhotosRaiseNoFalseAlarm() async throws {
    let inspection = try await inspect(Self.realPhotos)
    #expect(inspection.count == 4000)
    #expect(inspection.duplicates.map(\.photos.count) == [2, 2])
    #expect(inspection.duplicates.allSatisfy { !$0.isExact && !$0.isLabelConflict })
    #expect(inspection.constant.isEmpty && inspection.tiny.isEmpty && inspection.unreadable.isEmpty)
  }

  private static let realPhotos = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../shared/data/dogs-vs-cats/train").standardizedFileURL

  // MARK: Single photos

  @Test func oddPhotosAreNamed() async throws {
    try await withTemporaryFolder { folder in
      try SketchPool.write(to: folder, perAnimal: 2)
      let whole = try Data(contentsOf: folder.below("cat/0.jpg"))
      try whole.prefix(whole.count / 2).write(to: folder.below("cat/cut.jpg"))
      try folder.write("", to: "dog/empty \"1\"\n.png")
      try folder.write("<html>", to: "dog/page.gif")
      try folder.write("no photo", to: "dog/notes.txt")
      let gray = Photo(height: 60, width: 80, pixels: [UInt8](repeating: 130, count: 60 * 80 * 3))
      try folder.writeJPEG(gray, to: "cat/gray.jpg")
      // A fine pattern is gray from afar only.
      var pattern = gray
      for place in pattern.pixels.indices { pattern.pixels[place] = place / 3 % 2 == 0 ? 90 : 170 }
      try pattern.write(to: folder.below("cat/pattern.png"))
      try folder.writePhoto("dog/tiny.png", value: 3, height: 20, width: 300)

      let inspection = try await inspect(folder)
      #expect(
        Set(inspection.unreadable.map(\.path)) == ["cat/cut.jpg", "dog/empty \"1\"\n.png", "dog/page.gif"])
      #expect(inspection.unreadable.allSatisfy { $0.reason.contains("expected") })
      #expect(inspection.constant == ["cat/gray.jpg"])
      #expect(inspection.tiny.map { "\($0.path) \($0.height) \($0.width)" } == ["dog/tiny.png 20 300"])
      #expect(inspection.formats == [.jpeg: 5, .png: 2])
      #expect(inspection.sizes.bins.map { [$0.minimum, $0.count] } == [[1, 1], [32, 2], [64, 4]])
      #expect(inspection.sizes.smallest == [60, 80])
      #expect(inspection.sizes.largest == [96, 96])
      #expect(inspection.count == 7)
      #expect(inspection.duplicates == [])
    }
  }

  @Test func everyLayoutIsRead() async throws {
    try await withTemporaryFolder { folder in
      for name in ["cat.0.png", "cat.1.png", "dog.0.png"] { try folder.writePhoto("flat/\(name)", value: 1) }
      let flat = try await inspect(folder.below("flat"))
      #expect(flat.parts.map(\.split) == [nil])
      #expect(
        flat.parts[0].classes == [ClassCount(name: "cat", count: 2), ClassCount(name: "dog", count: 1)])

      for name in ["a.png", "b.png"] { try folder.writePhoto("plain/\(name)", value: 1) }
      let plain = try await inspect(folder.below("plain"))
      #expect(plain.parts.map(\.classes) == [[ClassCount(name: nil, count: 2)]])

      // A test that isn't labelled, a class that is missing, and folders that aren't used.
      for path in [
        "train/cat/0.png", "train/dog/deep/0.png", "test/1.png", "test/2.png", "validation/cat/0.png",
      ] {
        try folder.writePhoto("split/\(path)", value: 1)
      }
      try folder.writePhoto("split/train/beside.png", value: 2)
      try folder.writePhoto("split/others/0.png", value: 2)
      let split = try await inspect(folder.below("split"))
      #expect(split.passedOver == ["others", "train/beside.png"])
      #expect(split.parts.map { $0.classes.map(\.name) } == [["cat", "dog"], ["cat"], [nil]])
      #expect(
        split.warnings.contains(.emptyClasses(split: .validation, ["dog"])))
    }
  }

  /// Two photos of a table in two parts of the split are a leak, wherever they are; bad rows are reported.
  @Test func tablesAreRead() async throws {
    try await withTemporaryFolder { folder in
      try SketchPool.write(to: folder.below("photos"), perAnimal: 3)
      let elsewhere = folder.below("elsewhere/copy.jpg")
      try folder.write(to: "elsewhere/copy.jpg")
      try Data(contentsOf: folder.below("photos/cat/0.jpg")).write(to: elsewhere)
      try folder.write(
        """
        file,class,split
        photos/cat/0.jpg,cat,train
        photos/cat/1.jpg,cat,train
        photos/dog/0.jpg,dog,train
        photos/dog/1.jpg,dog,test
        photos/dog/gone.jpg,dog,train
        \(elsewhere.path),cat,test
        photos/dog/2.jpg,dog,tomorrow
        """, to: "table.csv")
      let found = try await inspect(folder.below("table.csv"))
      #expect(found.parts.map(\.split) == [.train, .test])
      #expect(found.parts[0].classes.map(\.count) == [2, 1])
      #expect(found.leaks.map(\.paths) == [[elsewhere.path, "photos/cat/0.jpg"]])
      #expect(Set(found.unreadable.map(\.path)) == ["photos/dog/gone.jpg", "table.csv:8"])

      try folder.write("filename\nphotos/cat/0.jpg\nphotos/cat/1.jpg\n", to: "bare.CSV")
      let bare = try await inspect(folder.below("bare.CSV"))
      #expect(bare.parts.map(\.split) == [nil] && bare.count == 2)
      let missing = await datasetError { _ = try await inspect(folder.below("none.csv")) }
      #expect(missing?.code == .missingFile)
    }
  }

  @Test func foldersWithoutPhotosAreRefused() async throws {
    try await withTemporaryFolder { folder in
      try folder.write("x", to: "text/notes.txt")
      #expect(await datasetError { _ = try await inspect(folder.below("none")) }?.code == .missingFolder)
      #expect(await datasetError { _ = try await inspect(folder.below("text")) }?.code == .emptyFolder)
      #expect(
        await datasetError { _ = try await inspect(folder.below("text/notes.txt")) }?.code == .notAFolder)
    }
  }

  @Test func namesMayBeAwkward() async throws {
    try await withTemporaryFolder { folder in
      for (number, name) in awkwardNames.enumerated() {
        let photo = SketchPool.all[number]
        try folder.writeJPEG(photo, to: "\(name)/\(name).jpg")
        if number == 2 { try folder.writeJPEG(photo, to: "\(name)/again\n\(name).jpg") }
      }
      let inspection = try await inspect(folder)
      #expect(inspection.count == awkwardNames.count + 1)
      let name = awkwardNames[2]
      #expect(inspection.duplicates.map(\.paths) == [["\(name)/again\n\(name).jpg", "\(name)/\(name).jpg"]])
    }
  }

  @Test func cancellationEndsIt() async throws {
    try await withTemporaryFolder { folder in
      try SketchPool.write(to: folder, perAnimal: 2)
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await Inspector().inspect(folder)
      }
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }
}

/// One way to make another file of the same picture.
private struct Copy {
  let scale: Double
  let stretch: Double
  let flip: Flip
  /// Nil for PNG.
  let quality: Int?
  var isGray = false
  /// The shares that are cut off at the top, the left, the bottom and the right.
  var crop: [Double] = [0, 0, 0, 0]

  /// Cut off 5 % in all, at one side or at several.
  private static let crops = [
    [0.025, 0.025, 0.025, 0.025], [0.05, 0.05, 0, 0], [0, 0, 0.05, 0.05], [0, 0.05, 0, 0], [0.05, 0, 0, 0],
    [0.05, 0, 0, 0.05], [0.02, 0, 0.03, 0.05],
  ]

  /// Every size and every flip, the qualities in turn.
  static let all: [Copy] =
    [0.5, 0.7, 1, 1.4, 2].flatMap { scale in
      [0.92, 1, 1.08].flatMap { stretch in
        Flip.allCases.map { flip in
          let qualities = [40, 60, 90, nil]
          let number = Int(scale * 10) + Int(stretch * 100) + flip.rawValue
          return Copy(scale: scale, stretch: stretch, flip: flip, quality: qualities[number % 4])
        }
      }
    } + [Copy(scale: 0.5, stretch: 1, flip: .horizontal, quality: 40, isGray: true)]
    + crops.enumerated().map { number, crop in
      Copy(
        scale: [0.7, 1, 1.4][number % 3], stretch: 1, flip: Flip.allCases[number],
        quality: [nil, 80][number % 2],
        crop: crop)
    }

  var ending: String { quality == nil ? "png" : "jpg" }

  func bytes(of photo: Photo) throws -> [UInt8] {
    var copy = photo.cropped(top: crop[0], left: crop[1], bottom: crop[2], right: crop[3])
    copy = copy.resized(
      height: Int(Double(copy.height) * scale), width: Int(Double(copy.width) * scale * stretch),
      interpolation: .bilinear)
    copy = copy.flipped(flip)
    if isGray { copy = copy.gray }
    return try quality.map { try copy.encodedJPEG(quality: $0) } ?? copy.encodedPNG()
  }
}
