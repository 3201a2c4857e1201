import Foundation
import Testing
import WhiskerDatasets
import _TestSupport

@Suite struct ValidationSplitTests {
  private func names(_ photos: PhotoFolder?) -> [String] { (photos?.photos ?? []).map(\.path) }

  private func write(_ counts: [String: Int], to folder: URL) throws {
    for (path, count) in counts {
      for index in 0..<count { try folder.write(to: "\(path)/\(index).jpg") }
    }
  }

  /// As Keras has it: int(share · n) of each class, its first ones.
  @Test func takesTheFirstOfEachClass() async throws {
    try await withTemporaryFolder { folder in
      try write(["a": 5, "b": 9], to: folder)
      let all = try PhotoFolder(scanning: folder)
      let parts = try all.split(validation: 0.25)
      #expect(names(parts.validation) == ["a/0.jpg", "b/0.jpg", "b/1.jpg"])
      #expect(
        names(parts.train) == ["a/1.jpg", "a/2.jpg", "a/3.jpg", "a/4.jpg"] + (2..<9).map { "b/\($0).jpg" })
      for share in [0.2, 0.3, 0.55, 0.6, 0.99] {
        let parts = try all.split(validation: share)
        #expect(parts.validation.countsByClass == [Int(share * 5), Int(share * 9)])
        #expect(Set(names(parts.train) + names(parts.validation)) == Set(names(all)))
        #expect(parts.train.photos.count + parts.validation.photos.count == 14)
      }
    }
  }

  @Test func refusesWhatLeavesAClassWithout() async throws {
    try await withTemporaryFolder { folder in
      try write(["a": 5, "b": 3], to: folder)
      let all = try PhotoFolder(scanning: folder)
      for share in [0, 1, -0.5, 1.5, .nan] {
        // The call stands alone: inside the macro it crashes Swift 6.3's compiler.
        let error = await datasetError { _ = try all.split(validation: share) }
        #expect(error?.code == .invalidSetting)
      }
      let few = await datasetError { _ = try all.split(validation: 0.2) }
      #expect(few?.code == .tooFewForValidation)
      #expect(few?.message == "the class \"b\" has too few photos for a validation split of 0.2: 3")
    }
  }

  @Test func servesWhereThereIsNoValidationFolder() async throws {
    try await withTemporaryFolder { folder in
      try write(["split/train/a": 4, "split/train/b": 4, "bare/a": 4, "bare/b": 4], to: folder)
      for name in ["split", "bare"] {
        let data = try DataFolder(forTraining: folder.below(name), validationSplit: 0.5)
        #expect(names(data.validation) == ["a/0.jpg", "a/1.jpg", "b/0.jpg", "b/1.jpg"])
        #expect(names(data.train) == ["a/2.jpg", "a/3.jpg", "b/2.jpg", "b/3.jpg"])
      }
      let bare = try DataFolder(forTraining: folder.below("bare"))
      #expect(bare.train.photos.count == 8 && bare.validation == nil, "nothing is held back unasked")
      try write(["heldOut/validation/a": 4, "heldOut/test/a": 4], to: folder)
      let heldOut = folder.below("heldOut")
      let partsAlone = await datasetError { _ = try DataFolder(forTraining: heldOut, validationSplit: 0.5) }
      #expect(partsAlone?.code == .noTrainFolder, "parts of a split aren't classes")
      #expect(
        partsAlone?.message
          == #"expected a folder "train" with one folder per class in it, got "validation", "test""#)
      try write(["split/validation/a": 1, "split/validation/b": 1], to: folder)
      let two = await datasetError {
        _ = try DataFolder(forTraining: folder.below("split"), validationSplit: 0.5)
      }
      #expect(two?.code == .invalidSetting)
    }
  }

  @Test func aFifthIsUsualWhereThereAreNoValidationPhotos() async throws {
    try await withTemporaryFolder { folder in
      try write(
        ["bare/a": 1, "bare/b": 1, "split/train/a": 1, "split/dev/a": 1, "kaggle/test/a": 1], to: folder)
      try write(["kaggle/train/a": 1], to: folder)
      try folder.write("file,class\na,x\nb,y\n", to: "plain.csv")
      try folder.write("file,class,split\na,x,train\nb,y,val\n", to: "split.csv")
      for (name, share) in [
        ("bare", 0.2), ("kaggle", 0.2), ("split", nil), ("plain.csv", 0.2), ("split.csv", nil),
      ] {
        let parts = try DataFolder.parts(of: folder.below(name))
        #expect(DataFolder.usualValidationSplit(with: parts) == share, "\(name)")
      }
    }
  }
}
