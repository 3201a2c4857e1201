import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerSketches
import WhiskerSystem
import _TestSupport

@Suite struct SketchFolderTests {
  private let generator: SketchGenerator

  init() throws { generator = try SketchGenerator(seed: 1, size: 24) }

  @Test func filesAreNamedAsKaggleNamesThem() async throws {
    try await withTemporaryFolder { root in
      let folder = root.appendingPathComponent("스케치 'of' animals/new")
      var steps: [Int] = []
      let manifest = try await SketchFolder(folder).write(generator, perClass: 3) { done, total in
        #expect(total == 6)
        steps.append(done)
      }
      #expect(steps == [1, 2, 3, 4, 5, 6])
      let expected =
        [".whisker-sketches.json"]
        + ["cat", "dog"].flatMap { name in
          (0..<3).map { "\(name).\($0).jpg" }
        }
      #expect(try folder.fileNames == expected)
      #expect(try folder.deletingLastPathComponent().fileNames == ["new"], "nothing is left beside it")
      #expect(try SketchManifest(in: folder) == manifest)
      #expect(manifest.seed == 1 && manifest.size == 24 && manifest.perClass == 3)
      let bytes = try Data(contentsOf: folder.appendingPathComponent("dog.2.jpg"))
      let expectedBytes = try generator.sketch(of: .dog, index: 2).encodedJPEG(quality: 90)
      #expect([UInt8](bytes) == expectedBytes)
    }
  }

  @Test func threadsWriteTheSameBytes() async throws {
    try await withTemporaryFolder { root in
      let folders = [1, 4].map { root.appendingPathComponent("\($0)") }
      try await SketchFolder(folders[0]).write(generator, perClass: 10, threads: 1)
      try await SketchFolder(folders[1]).write(generator, perClass: 10, threads: 4)
      #expect(try contents(of: folders[0]) == contents(of: folders[1]))
      #expect(try contents(of: folders[0]).count == 21)
    }
  }

  @Test func writingAgainReplaces() async throws {
    try await withTemporaryFolder { root in
      let folder = root.appendingPathComponent("sketches")
      try await SketchFolder(folder).write(generator, perClass: 4)
      let first = try contents(of: folder)
      try await SketchFolder(folder).write(SketchGenerator(seed: 2, size: 24), perClass: 2)
      let second = try contents(of: folder)
      #expect(second.count == 5)
      #expect(second["cat.0.jpg"] != first["cat.0.jpg"])
      try await SketchFolder(folder).write(generator, perClass: 4)
      #expect(try contents(of: folder) == first)
      #expect(try root.fileNames == ["sketches"])
    }
  }

  @Test(arguments: ["holiday.jpg", "cat.9.jpg", "cat.00.jpg", ".hidden", "cat.1.jpg.bak"])
  func foldersOfOthersAreRefused(stranger: String) async throws {
    try await withTemporaryFolder { root in
      let folder = root.appendingPathComponent("mine")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data("dear".utf8).write(to: folder.appendingPathComponent(stranger))
      await expect(.notOurs) { try await SketchFolder(folder).write(generator, perClass: 2) }

      // The same file among our own sketches.
      let ours = root.appendingPathComponent("ours")
      try await SketchFolder(ours).write(generator, perClass: 2)
      try Data("dear".utf8).write(to: ours.appendingPathComponent(stranger))
      let before = try contents(of: ours)
      let error = await expect(.notOurs) { try await SketchFolder(ours).write(generator, perClass: 2) }
      #expect(error?.message.contains(stranger) == true)
      #expect(try contents(of: ours) == before)
      #expect(try root.fileNames == ["mine", "ours"])
    }
  }

  @Test(arguments: ["", "{", "{\"format\": \"other\"}"]) func damagedManifestsAreRefused(text: String)
    async throws
  {
    try await withTemporaryFolder { root in
      let folder = root.appendingPathComponent("sketches")
      try await SketchFolder(folder).write(generator, perClass: 1)
      try Data(text.utf8).write(to: folder.appendingPathComponent(SketchManifest.fileName))
      await expect(.notOurs) { try await SketchFolder(folder).write(generator, perClass: 1) }
    }
  }

  @Test func emptyFoldersAreUsed() async throws {
    try await withTemporaryFolder { root in
      try await SketchFolder(root).write(generator, perClass: 1)
      #expect(try root.fileNames == [".whisker-sketches.json", "cat.0.jpg", "dog.0.jpg"])
    }
  }

  @Test func filesInTheWayAreReported() async throws {
    try await withTemporaryFolder { root in
      let file = root.appendingPathComponent("file")
      try Data("dear".utf8).write(to: file)
      await expect(.cannotWrite) { try await SketchFolder(file).write(generator, perClass: 1) }
      let below = file.appendingPathComponent("below")
      await expect(.cannotWrite) { try await SketchFolder(below).write(generator, perClass: 1) }
      #expect(try Data(contentsOf: file) == Data("dear".utf8))
    }
  }

  @Test(arguments: [0, -1, 1_000_001]) func absurdCountsAreRefused(count: Int) async throws {
    try await withTemporaryFolder { root in
      let folder = root.appendingPathComponent("sketches")
      await expect(.invalidSetting) { try await SketchFolder(folder).write(generator, perClass: count) }
      let left = try root.fileNames
      #expect(left.isEmpty)
    }
  }

  @Test func cancellationLeavesTheOldSketches() async throws {
    try await withTemporaryFolder { root in
      let folder = root.appendingPathComponent("sketches")
      try await SketchFolder(folder).write(generator, perClass: 2)
      let before = try contents(of: folder)
      let other = try SketchGenerator(seed: 9, size: 24)
      let work = Task {
        try await SketchFolder(folder).write(other, perClass: 500) { done, _ in
          if done == 3 { withUnsafeCurrentTask { $0?.cancel() } }
        }
      }
      await #expect(throws: CancellationError.self) { try await work.value }
      #expect(try contents(of: folder) == before)
      #expect(try root.fileNames == ["sketches"])
    }
  }

  @discardableResult
  private func expect(_ code: WhiskerError.Code, _ body: () async throws -> Void) async -> WhiskerError? {
    let error = await #expect(throws: WhiskerError.self) { try await body() }
    #expect(error?.code == code)
    return error
  }

  private func contents(of folder: URL) throws -> [String: Data] {
    try folder.fileNames.reduce(into: [:]) { files, name in
      files[name] = try Data(contentsOf: folder.appendingPathComponent(name))
    }
  }
}
