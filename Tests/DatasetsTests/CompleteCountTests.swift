import Foundation
import Testing
import WhiskerDatasets
import WhiskerInspection
import WhiskerTensors
import _TestSupport

/// Nothing vanishes between a folder and training: every file is a photo, or is named.
@Suite struct CompleteCountTests {
  /// Everything in the parts of some data: the photos, and what is named besides them.
  private func counted(_ data: DataFolder) -> (photos: [String], named: [String]) {
    let parts = [data.train, data.validation, data.measured].compactMap(\.self)
    return (
      parts.flatMap { part in part.photos.map { part.url(of: $0).path } },
      parts.flatMap { part in part.unreadable.map(\.path) } + data.passedOver
    )
  }

  private func writePhotos(in folder: URL, classes: [String], perClass: Int, below path: String = "") throws {
    for (label, name) in classes.enumerated() {
      for index in 0..<perClass {
        try folder.writePhoto("\(path)\(name)/\(index).png", value: 100 * label + index)
      }
    }
  }

  @Test func splittingLosesNoPhoto() async throws {
    try await withTemporaryFolder { folder in
      try writePhotos(in: folder, classes: ["a", "b"], perClass: 9)
      try folder.writePhoto("stray.png", value: 1)
      let all = Set(try PhotoFolder(scanning: folder).photos.map { folder.below($0.path).path })
      let ways: [(share: Double?, part: DataPart?, choosing: Double?)] = [
        (0.3, nil, nil), (nil, .fold(number: 2, count: 3, seed: 5), nil),
        (nil, .fold(number: 2, count: 3, seed: 5), 0.2), (0.3, .sample(count: 14, seed: 1), 0.2),
      ]
      for way in ways {
        let data = try DataFolder(
          forTraining: folder, validationSplit: way.share, part: way.part, choosing: way.choosing)
        let (photos, named) = counted(data)
        #expect(Set(photos) == all && photos.count == all.count, "\(way)")
        #expect(named == ["stray.png"], "\(way)")
        #expect((data.measured != nil) == (way.choosing != nil))
        let parts = [data.train, data.validation, data.measured].compactMap(\.self)
        #expect(parts.allSatisfy { Set($0.photos.map(\.classIndex)) == [0, 1] }, "\(way)")
      }
    }
  }

  @Test func whatIsHeldBackIsAShareOfEachClass() async throws {
    try await withTemporaryFolder { folder in
      try writePhotos(in: folder, classes: ["a", "b"], perClass: 10)
      let plain = try DataFolder(forTraining: folder, part: .fold(number: 1, count: 2, seed: 3))
      let held = try DataFolder(
        forTraining: folder, part: .fold(number: 1, count: 2, seed: 3), choosing: 0.2)
      #expect(held.measured == plain.validation, "the fold stays what it is")
      #expect(held.validation?.countsByClass == [1, 1] && held.train.countsByClass == [4, 4])
      let again = try DataFolder(
        forTraining: folder, part: .fold(number: 1, count: 2, seed: 3), choosing: 0.2)
      #expect(again == held)
      // Two photos of a class give one; a single one can't.
      let few = try DataFolder(
        forTraining: folder, validationSplit: 0.5, part: .sample(count: 4, seed: 1), choosing: 0.2)
      #expect(few.validation?.countsByClass == [1, 1] && few.train.countsByClass == [1, 1])
      let error = await datasetError {
        _ = try DataFolder(
          forTraining: folder, validationSplit: 0.5, part: .sample(count: 2, seed: 1), choosing: 0.2)
      }
      #expect(error?.code == .tooFewPhotos)
      // Without a part nothing is held back.
      #expect(try DataFolder(forTraining: folder, validationSplit: 0.5, choosing: 0.2).measured == nil)
    }
  }

  @Test func whatLiesBesideTheFoldersIsNamed() async throws {
    try await withTemporaryFolder { folder in
      try writePhotos(in: folder, classes: ["a", "b"], perClass: 20, below: "train/")
      try writePhotos(in: folder, classes: ["a", "b"], perClass: 2, below: "more/")
      try folder.writePhoto("train/stray.png", value: 7)
      try folder.write("{}", to: "run/history.csv")
      try folder.writePhoto("run/curves.png", value: 7)
      let data = try DataFolder(forTraining: folder)
      #expect(data.passedOver == ["more", "train/stray.png"])
      let warnings = QuickInspection(data).warnings
      #expect(warnings == [.passedOver(["more", "train/stray.png"])])
      #expect(
        warnings[0].description.hasPrefix("ignored \"more\", \"train/stray.png\", next to the folders"))
    }
  }

  @Test func aClassWhoseNameIsNoTextIsNamed() async throws {
    try await withTemporaryFolder { folder in
      try writePhotos(in: folder, classes: ["a", "b"], perClass: 2)
      try folder.writePhoto("odd/1.png", value: 3)
      let odd = Array((folder.path + "/o").utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0]
      try #require(rename(folder.below("odd").path, odd) == 0)
      let found = try PhotoFolder(scanning: folder)
      #expect(found.photos.count == 4 && found.classNames == ["a", "b"])
      #expect(found.unreadable.map(\.reason) == ["a folder whose name isn't valid UTF-8"])
      // Nor is it lost where it is the only one, or where a class holds nothing else.
      for name in ["a", "b"] { try FileManager.default.removeItem(at: folder.below(name)) }
      let error = await datasetError { _ = try PhotoFolder(scanning: folder) }
      #expect(error?.message.contains("a folder whose name isn't valid UTF-8") == true)
    }
  }
}
