import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import _TestSupport

@Suite("Photos without labels")
struct PhotoStreamTests {
  private let preparation = PhotoPreparation(height: 4, width: 5)

  @Test("A list keeps the order given, and natural order within folders")
  func list() async throws {
    try await withTemporaryFolder { folder in
      for name in ["b/p.10.png", "b/p.2.png", "b/c/p.1.png", "a.png"] {
        try folder.writePhoto(name, value: 1)
      }
      try folder.write("no photo", to: "b/notes.txt")
      let list = try PhotoList([
        folder.below("b").path + "/", folder.below("a.png").path, folder.below("b/n*").path,
      ])
      let expected = ["b/c/p.1.png", "b/p.2.png", "b/p.10.png", "a.png", "b/notes.txt"]
      #expect(list.paths == expected.map { "\(folder.path)/\($0)" })
      let patterns = try PhotoList([folder.below("*/p.?.png").path, folder.below("[a]*").path])
      #expect(patterns.paths == ["b/p.2.png", "a.png"].map { "\(folder.path)/\($0)" })
    }
  }

  @Test("A name that stands for nothing is an error, and so is a folder without photos")
  func missing() async throws {
    try await withTemporaryFolder { folder in
      try folder.write("no photo", to: "notes/notes.txt")
      let missing = await datasetError { _ = try PhotoList([folder.below("notes/x*").path]) }
      #expect(missing?.code == .missingFile && missing?.code.kind == .missingInput)
      let empty = await datasetError { _ = try PhotoList([folder.below("notes").path]) }
      #expect(empty?.code == .emptyFolder)
    }
  }

  @Test(
    "Batches hold every photo in order, whatever their size and the number of threads", arguments: [0, 1, 3])
  func batches(threads: Int) async throws {
    try await withTemporaryFolder { folder in
      for index in 0..<11 { try folder.writePhoto("\(index).png", value: index) }
      try folder.write("", to: "4.png")
      let paths = (0..<11).map { folder.below("\($0).png").path }
      for batchSize in [1, 4, 11, 20] {
        let stream = try PhotoStream(paths, preparation: preparation, batchSize: batchSize, threads: threads)
        var seen = 0
        for try await batch in stream {
          #expect(batch.indices.lowerBound == seen)
          #expect(batch.images.shape == [batch.indices.count, 4, 5, 3])
          #expect(Set(batch.failures.keys) == Set(batch.indices.filter { $0 == 4 }))
          #expect(batch.failures.values.allSatisfy { $0.place == paths[4] && $0.code == .emptyFile })
          for (row, index) in batch.indices.enumerated() {
            let values = batch.images.values[row * 60..<(row + 1) * 60]
            let expected =
              index == 4 ? Array(repeating: 0, count: 60) : photoPixels(index).map { Float($0) * (1 / 255) }
            #expect(Array(values) == expected)
          }
          seen = batch.indices.upperBound
        }
        #expect(seen == 11)
      }
    }
  }

  @Test("No photos, no batches; settings out of range are errors")
  func edges() async throws {
    for try await _ in try PhotoStream([], preparation: preparation) { Issue.record("expected no batch") }
    let batchSize = await datasetError { _ = try PhotoStream([], preparation: preparation, batchSize: 0) }
    #expect(batchSize?.code == .invalidSetting)
    let threads = await datasetError { _ = try PhotoStream([], preparation: preparation, threads: -1) }
    #expect(threads?.code == .invalidSetting)
  }
}
