import Foundation
import Testing
import WhiskerDatasets
import WhiskerInspection
import _TestSupport

@Suite struct QuickInspectionTests {
  private func warnings(train: [String: Int], change: (URL) throws -> Void = { _ in }) async throws
    -> [DataWarning]
  {
    try await withTemporaryFolder { folder in
      var value = 0
      for (split, counts) in [("train", train), ("validation", train.mapValues { _ in 2 })] {
        for (name, count) in counts {
          for index in 0..<count {
            try folder.writePhoto("\(split)/\(name)/\(index).png", value: value)
            value += 1
          }
        }
      }
      try change(folder)
      return QuickInspection(try DataFolder(forTraining: folder)).warnings
    }
  }

  @Test func soundDataGivesNoWarning() async throws {
    #expect(try await warnings(train: ["a": 20, "b": 60]) == [])
  }

  @Test func numbersAreWeighed() async throws {
    #expect(
      try await warnings(train: ["a": 20, "b": 61]) == [
        .imbalance(
          split: .train, most: ClassCount(name: "b", count: 61), least: ClassCount(name: "a", count: 20))
      ])
    let text = try #require(try await warnings(train: ["a": 20, "b": 61]).first).description
    // The least that it may have is what balanced accuracy goes by, too.
    #expect(ClassBalance([20, 61]).isUneven && !ClassBalance([20, 60]).isUneven)
    #expect(text.contains("class_weight: balanced") && text.contains("sampling: balanced"))
    #expect(!text.contains("out."), "no photo is to be thrown away")
    #expect(
      try await warnings(train: ["a": 19, "b": 25]) == [
        .fewPhotos(split: .train, ClassCount(name: "a", count: 19))
      ])
  }

  @Test func filesOfBothPartsAreFound() async throws {
    let found = try await warnings(train: ["a": 20, "b": 20]) { folder in
      try FileManager.default.copyItem(
        at: folder.below("train/b/3.png"), to: folder.below("validation/a/copy.png"))
      // Twice in train is no matter between the parts.
      try FileManager.default.copyItem(
        at: folder.below("train/a/1.png"), to: folder.below("train/a/copy.png"))
    }
    #expect(
      found == [
        .sharedPhotos(
          count: 1, train: "train/b/3.png", other: "validation/a/copy.png", split: .validation)
      ])
    #expect(found[0].description.contains("1 photo of validation is in train too"))
  }

  @Test func sameSizeIsNotSameFile() async throws {
    let found = try await warnings(train: ["a": 20, "b": 20]) { folder in
      // Equal at both ends and in the middle, and different in between.
      for (path, byte) in [("train/a/x.png", UInt8(1)), ("validation/a/x.png", UInt8(2))] {
        var bytes = Data(count: 9000)
        bytes[2000] = byte
        try bytes.write(to: folder.below(path))
      }
    }
    #expect(found == [])
  }
}
