import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerInspection
import WhiskerSystem
import _TestSupport

/// Parts whose classes aren't quite those of training: spelled in another case, or without photos.
@Suite struct PartialClassesTests {
  private func write(_ paths: String..., to root: URL) throws {
    for (number, path) in paths.enumerated() {
      path.hasSuffix("/")
        ? try FileManager.default.createDirectory(at: root.below(path), withIntermediateDirectories: true)
        : try root.writePhoto(path, value: number * 31, height: 40, width: 40)
    }
  }

  @Test func onlyTheCaseDiffers() async throws {
    try await withTemporaryFolder { folder in
      try write(
        "train/Cats/1.png", "train/Dogs/1.png", "val/cats/1.png", "val/DOGS/1.png", "test/Cats/1.png",
        "test/dogs/1.png", to: folder)
      let data = try DataFolder(forTraining: folder)
      #expect(data.train.classNames == ["Cats", "Dogs"] && data.validation?.classNames == ["Cats", "Dogs"])
      #expect(
        data.validation?.photos.map { "\($0.path) \($0.classIndex)" } == ["cats/1.png 0", "DOGS/1.png 1"])
      #expect(
        data.validation?.respelled.map { "\($0.name) \($0.className)" } == ["DOGS Dogs", "cats Cats"])
      #expect(
        DataWarning.classes(of: data).map(\.description) == [
          #"validation: read "DOGS" as the class "Dogs", "cats" as the class "Cats", from which only the case of the "#
            + "letters differs.",
          #"test: read "dogs" as the class "Dogs", from which only the case of the letters differs."#,
        ])
      let measured = try DataFolder.forEvaluation(folder, expecting: ["Dogs", "Cats"])
      #expect(measured.photos.map(\.classIndex) == [0, 1] && measured.respelled.map(\.name) == ["dogs"])
      let inspection = try await Inspector().inspect(folder)
      #expect(
        inspection.parts.map { $0.classes.map(\.name).sorted { $0 ?? "" < $1 ?? "" } }.allSatisfy {
          $0 == ["Cats", "Dogs"]
        })
      #expect(inspection.warnings.map(\.description).contains { $0.hasPrefix(#"test: read "dogs" as"#) })
    }
  }

  @Test func twoOfOnePartAreTwoClasses() async throws {
    try await withTemporaryFolder { folder in
      try write(
        "train/A/1.png", "train/a/1.png", "train/b/1.png", "val/a/1.png", "val/A/1.png", "val/b/1.png",
        to: folder)
      let data = try DataFolder(forTraining: folder)
      #expect(data.train.classNames == ["A", "a", "b"])
      #expect(data.validation?.photos.map(\.path) == ["A/1.png", "a/1.png", "b/1.png"])
      #expect(DataWarning.classes(of: data) == [.similarClasses([["A", "a"]])])
      // One that could be either is neither.
      try write("train/cat/1.png", "train/Cat/1.png", "val/CAT/1.png", to: folder)
      let error = await datasetError { _ = try DataFolder(forTraining: folder) }
      #expect(error?.code == .classMismatch && error?.message.contains("\"CAT\"") == true)
    }
  }

  @Test func twoSpellingsOfOneClassInAPartAreRefused() async throws {
    try await withTemporaryFolder { folder in
      try write(
        "train/Cats/1.png", "train/dogs/1.png", "val/Cats/1.png", "val/cats/1.png", "val/dogs/1.png",
        to: folder)
      let error = await datasetError { _ = try DataFolder(forTraining: folder) }
      #expect(error?.code == .classMismatch)
      #expect(
        error?.message == #"expected the class folders "Cats", "dogs", got "Cats", "cats", "dogs""#)
    }
  }

  @Test func aClassMayHaveNoPhotosToMeasureOn() async throws {
    try await withTemporaryFolder { folder in
      try write(
        "train/a/1.png", "train/b/1.png", "train/c/1.png", "val/a/1.png", "val/b/", "test/c/1.png",
        "val/other/",
        to: folder)
      try folder.write("x", to: "val/b/notes.txt")
      let data = try DataFolder(forTraining: folder)
      #expect(data.validation?.countsByClass == [1, 0, 0] && data.validation?.emptyClasses == ["b", "c"])
      #expect(data.test?.countsByClass == [0, 0, 1])
      #expect(data.validation?.passedOver == ["other"] && data.passedOver == ["val/other"])
      #expect(
        DataWarning.classes(of: data) == [
          .emptyClasses(split: .validation, ["b", "c"]), .emptyClasses(split: .test, ["a", "b"]),
        ])
      #expect(
        DataWarning.emptyClasses(split: .validation, ["b"]).description
          == #"validation: no photo of "b" that can be read: nothing is measured on it."#)
      // Training and measuring go on with what is there.
      let preparation = PhotoPreparation(height: 4, width: 4)
      let read = try await PhotoDataset(try #require(data.validation), preparation: preparation)
      #expect(read.count == 1 && read.classNames == ["a", "b", "c"])
      let inspection = try await Inspector().inspect(folder)
      #expect(inspection.warnings.contains(.emptyClasses(split: .validation, ["b", "c"])))
      #expect(!inspection.warnings.contains { if case .otherClasses = $0 { true } else { false } })
    }
  }

  @Test func trainingNeedsPhotosOfEveryClass() async throws {
    try await withTemporaryFolder { folder in
      try write("train/a/1.png", "train/b/1.png", "train/c/", "val/c/1.png", to: folder)
      let error = await datasetError { _ = try DataFolder(forTraining: folder) }
      #expect(error?.code == .emptyClass)
      #expect(error?.message == #"the class folder "c" holds no photo; add some, or move the folder away"#)
      let inspection = try await Inspector().inspect(folder)
      #expect(inspection.warnings.contains(.emptyClasses(split: .train, ["c"])))
    }
  }

  @Test func aPartWithoutAnyPhotoIsRefused() async throws {
    try await withTemporaryFolder { folder in
      try write("train/a/1.png", "train/b/1.png", "val/a/", "val/b/", to: folder)
      let error = await datasetError { _ = try DataFolder(forTraining: folder) }
      #expect(error?.code == .emptyClass)
      #expect(error?.message == #"none of the class folders "a", "b" holds a photo"#)
    }
  }

  @Test func someOfAModelsClassesAreMeasured() async throws {
    try await withTemporaryFolder { folder in
      try write("photos/dogs/1.png", "photos/owls/1.png", to: folder)
      let found = try DataFolder.forEvaluation(folder.below("photos"), expecting: ["cats", "dogs", "owls"])
      #expect(found.classNames == ["cats", "dogs", "owls"] && found.countsByClass == [0, 1, 1])
      let other = await datasetError {
        _ = try DataFolder.forEvaluation(folder.below("photos"), expecting: ["cats", "dogs"])
      }
      #expect(other?.code == .classMismatch && other?.message.contains("\"owls\"") == true)
      let none = await datasetError {
        _ = try DataFolder.forEvaluation(folder.below("photos"), expecting: ["cats", "mice"])
      }
      #expect(none?.code == .classMismatch)
      // A single class, whatever it is called, is no wrapper around its own folders.
      try write("one/test/monday/1.png", "one/test/tuesday/1.png", to: folder)
      let one = try DataFolder.forEvaluation(folder.below("one"), expecting: ["other", "Test"])
      #expect(one.countsByClass == [0, 2])
    }
  }

  @Test func aWrapperMayLieAroundClassFolders() async throws {
    try await withTemporaryFolder { folder in
      try write("PHOTOS/PHOTOS/cats/1.png", "PHOTOS/PHOTOS/dogs/1.png", to: folder)
      let data = folder.below("PHOTOS")
      let found = try DataFolder(forTraining: data)
      #expect(
        found.train.root.path == data.below("PHOTOS").path && found.train.classNames == ["cats", "dogs"])
      #expect(try DataFolder.readings(of: data) == [#"the folders in "PHOTOS" as classes"#])
      #expect(try DataFolder.readings(of: data.below("PHOTOS")).isEmpty)
      #expect(try DataFolder.root(of: .train, in: data).path == data.below("PHOTOS").path)
      #expect(try DataFolder.forEvaluation(data, expecting: ["cats", "dogs"]).photos.count == 2)
      let inspection = try await Inspector().inspect(data)
      #expect(inspection.parts[0].classes.map(\.name) == ["cats", "dogs"])
      // Two wrappers are one too many, and a folder of one class is none.
      #expect(await datasetError { _ = try DataFolder(forTraining: folder) }?.code == .oneClassOnly)
      try write("one/cats/monday/1.png", to: folder)
      #expect(
        await datasetError { _ = try DataFolder(forTraining: folder.below("one")) }?.code == .oneClassOnly)
    }
  }
}
