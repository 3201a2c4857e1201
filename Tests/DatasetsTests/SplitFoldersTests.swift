import Foundation
import Testing
import WhiskerDatasets
import WhiskerInspection
import _TestSupport

@Suite struct SplitFoldersTests {
  private func write(_ folders: [String], _ classes: [String] = ["cats", "dogs"], to root: URL) throws {
    for folder in folders {
      for name in classes { try root.write(to: "\(folder)/\(name)/1.jpg") }
    }
  }

  private func named(_ data: URL) throws -> [String] {
    try DataFolder.parts(of: data).map { "\($0.split) \($0.name)" }
  }

  @Test(arguments: [
    ("train", "validation", "test"), ("training", "val", "testing"), ("training_set", "valid", "test_set"),
    ("Train", "DEV", "Test"), ("TRAINING", "eval", "TEST"), ("train_set", "validation_set", "Testing_Set"),
  ])
  func partsGoByTheirCommonNames(train: String, validation: String, test: String) async throws {
    try await withTemporaryFolder { folder in
      try write([train, validation, test], to: folder)
      let data = try DataFolder(forTraining: folder)
      #expect(data.train.root.path == folder.below(train).path)
      #expect(data.validation?.root.path == folder.below(validation).path)
      #expect(data.test?.root.path == folder.below(test).path)
      #expect(data.passedOver.isEmpty)
      let measured = try DataFolder.forEvaluation(folder, expecting: ["cats", "dogs"])
      #expect(measured.root.path == folder.below(test).path)
      #expect(try named(folder) == ["train \(train)", "validation \(validation)", "test \(test)"])
      #expect(
        try DataFolder.parts(of: folder).map(\.isRenamed) == Array(repeating: train != "train", count: 3))
    }
  }

  @Test func otherNamesAreNoParts() {
    for name in ["", "trains", "set", "_set", "train_set_set", "evaluation", "tests", "cats", "val 2"] {
      #expect(SplitName(commonName: name) == nil, "\(name)")
    }
  }

  @Test(arguments: [("val", "validation"), ("Train", "train"), ("test", "test_set")])
  func twoOfOneMeaningAreRefused(first: String, second: String) async throws {
    try await withTemporaryFolder { folder in
      try write(["train", first, second], to: folder)
      let errors = [
        await datasetError { _ = try DataFolder(forTraining: folder) },
        await datasetError { _ = try DataFolder.forEvaluation(folder, expecting: ["cats", "dogs"]) },
        await datasetError { _ = try await Inspector().inspect(folder) },
      ]
      for error in errors {
        #expect(error?.code == .ambiguousParts)
        #expect(
          error?.message.hasSuffix(#", got 2: "\#(first)", "\#(second)""#) == true, "\(error?.message ?? "")")
      }
    }
  }

  @Test func aWrapperMayLieAroundThePartsAndWithinEach() async throws {
    try await withTemporaryFolder { folder in
      try write(["archive/training_set/training_set", "archive/test_set/test_set"], to: folder)
      // What an archive leaves behind isn't a second thing.
      for litter in [
        "__MACOSX/archive/._a.jpg", ".git/x.jpg", "archive/training_set/.DS_Store", "README.txt",
      ] {
        try folder.write(to: litter)
      }
      let train = folder.below("archive/training_set/training_set").path
      for data in [folder, folder.below("archive")] {
        let found = try DataFolder(forTraining: data)
        #expect(found.train.root.path == train && found.train.classNames == ["cats", "dogs"])
        #expect(found.test?.photos.count == 2 && found.passedOver.isEmpty)
        let measured = try DataFolder.forEvaluation(data, expecting: ["cats", "dogs"])
        #expect(measured.root.path == folder.below("archive/test_set/test_set").path)
      }
      #expect(
        try named(folder)
          == ["train archive/training_set/training_set", "test archive/test_set/test_set"])
      let direct = try DataFolder.forEvaluation(
        folder.below("archive/test_set"), expecting: ["cats", "dogs"])
      #expect(direct.photos.count == 2)
    }
  }

  @Test func aSecondThingBesideItIsNoWrapper() async throws {
    for second in ["photo.jpg", "others/1.jpg"] {
      try await withTemporaryFolder { folder in
        try write(["archive/train", "archive/val"], to: folder)
        try folder.write(to: second)
        #expect(try named(folder).isEmpty)
      }
    }
  }

  @Test func theFoldersOfASingleClassAreNoClasses() async throws {
    try await withTemporaryFolder { folder in
      try folder.write(to: "train/cats/monday/1.jpg")
      #expect(try named(folder) == ["train train"])
      let error = await datasetError { _ = try DataFolder(forTraining: folder) }
      #expect(error?.code == .oneClassOnly)
      // With photos of its own it is a class, whatever else is in it.
      for path in ["monday/2.jpg", "tuesday/1.jpg", "3.jpg"] { try folder.write(to: "train/cats/\(path)") }
      #expect(try named(folder) == ["train train"])
    }
  }

  @Test func classesMayHaveNamesOfParts() async throws {
    try await withTemporaryFolder { folder in
      for name in ["racing", "training", "resting"] { try folder.write(to: "\(name)/1.jpg") }
      #expect(try named(folder).isEmpty)
      #expect(try DataFolder(forTraining: folder).train.classNames == ["racing", "resting", "training"])
    }
  }

  @Test func partsNextToClassesAreRefused() async throws {
    try await withTemporaryFolder { folder in
      try write([""], to: folder)
      try write(["val"], to: folder)
      let error = await datasetError { _ = try DataFolder(forTraining: folder) }
      #expect(error?.code == .noTrainFolder)
      #expect(
        error?.message
          == #"expected a folder "train" with one folder per class in it, got "cats", "dogs", "val""#)
    }
  }

  @Test func withoutATestThereIsSomethingElseToName() async throws {
    try await withTemporaryFolder { folder in
      try write(["Training", "Val"], to: folder)
      let error = await datasetError {
        _ = try DataFolder.forEvaluation(folder, expecting: ["cats", "dogs"])
      }
      #expect(error?.code == .missingFolder)
      #expect(error?.message.hasSuffix("such as \(folder.below("Training").path)") == true)
    }
  }

  @Test func outputMustNotChangeWhatTheFoldersMean() async throws {
    try await withTemporaryFolder { folder in
      try write(["split/training_set/training_set", "split/test_set"], to: folder)
      try write(["wrapped/archive/train", "wrapped/archive/val", "alone/training"], to: folder)
      for (data, output, isFine) in [
        ("split", "split/run", true), ("split", "split/training_set/run", false),
        ("split", "split/test_set/cats/run", false), ("split", "split/val", false),
        ("split", "split2/val", true), ("wrapped", "wrapped/run", false),
        ("wrapped", "wrapped/archive/run", false), ("wrapped/archive", "wrapped/archive/run", true),
        ("alone", "alone/run", false), ("alone", "run", true),
      ] {
        let check = { try DataFolder.check(output: folder.below(output), for: folder.below(data)) }
        guard !isFine else {
          try check()
          continue
        }
        let error = await datasetError { try check() }
        #expect(error?.code == .overlappingFolders, "\(output)")
      }
    }
  }

  @Test func inspectionSharesTheNames() async throws {
    try await withTemporaryFolder { folder in
      for (index, part) in ["training_set/training_set", "test_set/test_set"].enumerated() {
        for (number, name) in ["cats", "dogs"].enumerated() {
          try folder.writePhoto(
            "data/\(part)/\(name)/1.png", value: index * 2 + number, height: 40, width: 40)
        }
      }
      try folder.writePhoto("data/other/cats/1.png", value: 9)
      let inspection = try await Inspector().inspect(folder.below("data"))
      #expect(inspection.parts.map(\.split) == [.train, .test])
      #expect(inspection.count == 4 && inspection.passedOver == ["other"])
    }
  }

  @Test func tablesShareTheNames() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.below("photos.csv")
      try folder.write(
        "file,class,split\na,x,Training\nb,y,training\nc,x,VAL\nd,y,test_set\n", to: "photos.csv")
      let data = try DataFolder(forTraining: file)
      #expect(data.train.photos.count == 2 && data.validation?.photos.count == 1)
      #expect(data.test?.photos.count == 1)
      #expect(try named(file) == ["train Training", "validation VAL", "test test_set"])
      try folder.write("file,class,split\na,x,train\nb,y,train\nc,x,eval\nd,y,dev\n", to: "photos.csv")
      let error = await datasetError { _ = try DataFolder(forTraining: file) }
      #expect(error?.code == .ambiguousParts)
      #expect(error?.message == #"expected one name for the split validation, got 2: "dev", "eval""#)
      try folder.write("file,class\na,x\nb,y\n", to: "photos.csv")
      #expect(try named(file).isEmpty)
    }
  }
}
