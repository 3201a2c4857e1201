import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import _TestSupport

@Suite struct InspectorTests {
  /// Draws sketches as class folders: `cat/0.jpg`, `dog/0.jpg`, ….
  private func drawSketches(in folder: URL, perClass: Int, seed: UInt64 = 3, size: Int = 128) throws {
    let generator = try SketchGenerator(seed: seed, size: size)
    for animal in Animal.allCases {
      for index in 0..<perClass {
        try folder.writeJPEG(
          try generator.sketch(of: animal, index: index), to: "\(animal.rawValue)/\(index).jpg")
      }
    }
  }

  private func inspect(_ folder: URL) async throws -> Inspection { try await Inspector().inspect(folder) }

  // MARK: Duplicates

  @Test func everyPlantedCopyIsFound() async throws {
    try await withTemporaryFolder { folder in
      let data = folder.below("data")
      try drawSketches(in: data, perClass: 12)
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
      try drawSketches(in: folder, perClass: 2)
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
      for split in SplitName.allCases {
        try drawSketches(
          in: folder.below(split.rawValue), perClass: 3, seed: UInt64(split.rawValue.utf8.count))
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
      try drawSketches(in: folder, perClass: 2)
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
      #expect(inspection.sizes.bins.map { [$0.minimum, $0.count] } == [[1, 1], [32, 2], [128, 4]])
      #expect(inspection.sizes.smallest == [60, 80])
      #expect(inspection.sizes.largest == [128, 128])
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

      // A test that isn't labelled, a class that is missing, and folders that nothing looks into.
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
        split.warnings.contains(
          .otherClasses(split: .validation, expected: ["cat", "dog"], got: ["cat"])))
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
      let generator = try SketchGenerator(seed: 1, size: 64)
      for (number, name) in awkwardNames.enumerated() {
        let photo = try generator.sketch(of: .cat, index: number)
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
      try drawSketches(in: folder, perClass: 2)
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
  let isMirrored: Bool
  /// Nil for PNG.
  let quality: Int?
  var isGray = false

  /// Every size with and without a mirror, the qualities in turn.
  static let all: [Copy] =
    [0.5, 0.7, 1, 1.4, 2].flatMap { scale in
      [0.92, 1, 1.08].flatMap { stretch in
        [false, true].map { isMirrored in
          let qualities = [40, 60, 90, nil]
          let number = Int(scale * 10) + Int(stretch * 100) + (isMirrored ? 1 : 0)
          return Copy(
            scale: scale, stretch: stretch, isMirrored: isMirrored, quality: qualities[number % 4])
        }
      }
    } + [Copy(scale: 0.5, stretch: 1, isMirrored: true, quality: 40, isGray: true)]

  var ending: String { quality == nil ? "png" : "jpg" }

  func bytes(of photo: Photo) throws -> [UInt8] {
    var copy = photo.resized(
      height: Int(Double(photo.height) * scale), width: Int(Double(photo.width) * scale * stretch),
      interpolation: .bilinear)
    if isMirrored { copy = copy.mirrored }
    if isGray { copy = copy.gray }
    return try quality.map { try copy.encodedJPEG(quality: $0) } ?? copy.encodedPNG()
  }
}

extension Photo {
  /// The mirror image.
  var mirrored: Photo {
    var copy = self
    for row in 0..<height {
      for column in 0..<width {
        for channel in 0..<channels {
          copy.pixels[(row * width + column) * channels + channel] =
            pixels[(row * width + width - 1 - column) * channels + channel]
        }
      }
    }
    return copy
  }
}

extension URL {
  /// Writes a photo below this folder as JPEG of quality 90, with the folders that it needs.
  func writeJPEG(_ photo: Photo, to path: String) throws {
    try write(to: path)
    try photo.write(to: below(path))
  }
}
