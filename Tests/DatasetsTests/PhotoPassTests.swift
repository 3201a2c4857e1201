import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import _TestSupport

@Suite("Photos that are measured on once")
struct PhotoPassTests {
  /// Eleven photos of two classes and two formats; some of them can't be read.
  private func write(to folder: URL, unreadable: Set<Int>) throws {
    for index in 0..<11 {
      let path = "\(index < 6 ? "a" : "b")/\(index).png"
      if unreadable.contains(index) {
        try folder.write("no photo", to: path)
      } else {
        try folder.writePhoto(path, value: index, height: 4 + index, width: 9)
      }
    }
  }

  @Test(
    "Batches are those of a dataset, bit for bit, whatever can't be read",
    arguments: [[], [0], [3, 4], [10], [0, 1, 2, 3, 7, 8, 9, 10]] as [Set<Int>], [0, 3])
  func batches(unreadable: Set<Int>, threads: Int) async throws {
    try await withTemporaryFolder { folder in
      try write(to: folder, unreadable: unreadable)
      var files = "file,class,weight\n"
      for index in 0..<11 { files += "\(index < 6 ? "a" : "b")/\(index).png,\(index % 3),\(index)\n" }
      try folder.write(files, to: "photos.csv")
      let preparation = PhotoPreparation(height: 4, width: 5, interpolation: .bilinear)
      // Without weights and with them, of two classes and of three.
      let folders = [
        try PhotoFolder(scanning: folder),
        try #require(try PhotoTable(contentsOf: folder.below("photos.csv")).photos(of: .train)),
      ]
      for photos in folders {
        for batchSize in [1, 4, 5, 11, 20] {
          let pass = try PhotoPass(
            photos, preparation: preparation, batchSize: batchSize, threads: threads)
          var batches: [Batch] = []
          for try await batch in pass { batches.append(batch) }
          guard let data = try? await PhotoDataset(photos, preparation: preparation, batchSize: batchSize)
          else {
            // A class without a photo is refused by both.
            let error = await datasetError { try pass.check(isStrict: false) }
            #expect(error?.code == .emptyClass)
            continue
          }
          var expected: [Batch] = []
          for try await batch in data.evaluationBatches() { expected.append(batch) }
          #expect(batches == expected)
          #expect(pass.outcome.readable == data.photos)
          #expect(pass.outcome.unreadable == data.unreadable)
          #expect(pass.outcome.unreadable.count == unreadable.count)
          try pass.check(isStrict: unreadable.isEmpty)
          guard !unreadable.isEmpty else { continue }
          #expect(await datasetError { try pass.check(isStrict: true) }?.code == .unreadablePhotos)
        }
      }
    }
  }

  @Test("What can't be is refused")
  func edges() async throws {
    try await withTemporaryFolder { folder in
      try write(to: folder, unreadable: [])
      let photos = try PhotoFolder(scanning: folder)
      let preparation = PhotoPreparation(height: 4, width: 5)
      let size = await datasetError { _ = try PhotoPass(photos, preparation: preparation, batchSize: 0) }
      #expect(size?.code == .invalidSetting)
      let wrong = await datasetError {
        _ = try PhotoPass(photos, preparation: PhotoPreparation(height: 0, width: 5))
      }
      #expect(wrong?.code == .invalidSetting)
    }
  }
}
