import Foundation
import Testing
import WhiskerDatasets
import _TestSupport

/// Folds and samples of a folder's photos.
@Suite struct PhotoFolderPartsTests {
  private func names(_ photos: PhotoFolder?) -> [String] { (photos?.photos ?? []).map(\.path) }

  /// Folders of so many photos: `a/0.jpg`, ….
  private func write(_ counts: [String: Int], to folder: URL) throws {
    for (path, count) in counts {
      for index in 0..<count { try folder.write(to: "\(path)/\(index).jpg") }
    }
  }

  private static let counts = [["a": 5, "b": 5], ["a": 7, "b": 23, "c": 11], ["a": 40, "b": 6]]

  @Test(arguments: counts)
  func foldsDivideTheFolder(counts: [String: Int]) async throws {
    try await withTemporaryFolder { folder in
      try write(counts, to: folder)
      let all = try PhotoFolder(scanning: folder)
      for count in 2...5 {
        let folds = try (1...count).map { try all.fold($0, of: count, seed: 3) }
        let held = folds.flatMap { names($0.validation) }
        #expect(held.count == all.photos.count && Set(held) == Set(names(all)), "each photo in one fold")
        for (number, fold) in folds.enumerated() {
          let kept = Set(names(fold.validation))
          #expect(names(fold.train) == names(all).filter { !kept.contains($0) })
          #expect(names(fold.validation) == names(all).filter(kept.contains), "in the folder's order")
          let again = try all.fold(number + 1, of: count, seed: 3)
          #expect(again.train == fold.train && again.validation == fold.validation)
        }
        for label in all.classNames.indices {
          let sizes = folds.map { $0.validation.countsByClass[label] }
          #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
        }
        let sizes = folds.map(\.validation.photos.count)
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
        let other = try all.fold(1, of: count, seed: 4)
        #expect(other.validation != folds[0].validation)
      }
    }
  }

  @Test(arguments: counts)
  func samplesAreBalancedAndHoldSmallerOnes(counts: [String: Int]) async throws {
    try await withTemporaryFolder { folder in
      try write(counts, to: folder)
      let all = try PhotoFolder(scanning: folder)
      let classes = all.classNames.count
      var smaller: Set<String> = []
      for count in classes...all.photos.count {
        let sample = try all.sample(count, seed: 1)
        let taken = Set(names(sample))
        #expect(sample.photos.count == count && taken.isSuperset(of: smaller))
        #expect(names(sample) == names(all).filter(taken.contains), "in the folder's order")
        for (own, whole) in zip(sample.countsByClass, all.countsByClass) {
          let share = Double(count * whole) / Double(all.photos.count)
          #expect(own >= 1 && abs(Double(own) - share) < Double(classes), "\(own) of \(share)")
        }
        smaller = taken
      }
      #expect(try all.sample(all.photos.count, seed: 2) == all)
      let few = classes + 2
      #expect(try all.sample(few, seed: 1) == all.sample(few, seed: 1))
      #expect(try all.sample(few, seed: 1) != all.sample(few, seed: 2))
    }
  }

  @Test func classesOfOneSizeTakeTurns() async throws {
    try await withTemporaryFolder { folder in
      try write(["a": 9, "b": 9, "c": 9], to: folder)
      let all = try PhotoFolder(scanning: folder)
      for count in 3...27 {
        let counts = try all.sample(count, seed: 5).countsByClass
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
      }
    }
  }

  @Test func refusesWhatCantBe() async throws {
    try await withTemporaryFolder { folder in
      try write(["a": 6, "b": 3], to: folder)
      let all = try PhotoFolder(scanning: folder)
      for (number, count) in [(1, 1), (0, 3), (4, 3), (1, -2), (1, 0)] {
        let error = await datasetError { _ = try all.fold(number, of: count, seed: 0) }
        #expect(error?.code == .invalidSetting)
      }
      let few = await datasetError { _ = try all.fold(1, of: 4, seed: 0) }
      #expect(few?.code == .tooFewPhotos)
      #expect(few?.message == "the class \"b\" has too few photos for 4 folds: 3")
      for count in [-1, 0, 1] {
        let error = await datasetError { _ = try all.sample(count, seed: 0) }
        #expect(error?.code == .invalidSetting)
      }
      let many = await datasetError { _ = try all.sample(10, seed: 0) }
      #expect(many?.code == .tooFewPhotos)
      #expect(many?.message == "expected at least 10 photos for a sample of 10, got 9")
    }
  }

  @Test func dataIsTakenInPart() async throws {
    try await withTemporaryFolder { folder in
      try write(
        ["split/train/a": 4, "split/train/b": 4, "split/validation/a": 1, "split/validation/b": 1], to: folder
      )
      try write(["bare/a": 4, "bare/b": 4], to: folder)
      let fold = DataPart.fold(number: 2, count: 2, seed: 0)
      for name in ["split", "bare"] {
        let data = try DataFolder(forTraining: folder.below(name), part: fold)
        #expect(data.train.countsByClass == [2, 2] && data.validation?.countsByClass == [2, 2])
        #expect(Set(names(data.train)).isDisjoint(with: names(data.validation)))
        #expect(data.unusedValidation?.photos.count == (name == "split" ? 2 : nil))
      }
      let sample = DataPart.sample(count: 4, seed: 0)
      let some = try DataFolder(forTraining: folder.below("split"), part: sample)
      #expect(some.train.countsByClass == [2, 2] && some.validation?.photos.count == 2)
      #expect(some.unusedValidation == nil)
      let held = try DataFolder(forTraining: folder.below("bare"), validationSplit: 0.5, part: sample)
      #expect(names(held.train) == ["a/2.jpg", "a/3.jpg", "b/2.jpg", "b/3.jpg"])
      let both = await datasetError {
        _ = try DataFolder(forTraining: folder.below("bare"), validationSplit: 0.5, part: fold)
      }
      #expect(both?.code == .invalidSetting)
      let bare = try DataFolder(forTraining: folder.below("bare"), part: sample)
      #expect(bare.train.countsByClass == [2, 2] && bare.validation == nil)
    }
  }
}
