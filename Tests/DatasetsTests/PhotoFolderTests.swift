import Foundation
import Testing
import WhiskerDatasets
import WhiskerSystem
import _TestSupport

@Suite struct PhotoFolderTests {
  @Test func ordersClassesFoldersAndNamesAsKerasDoes() async throws {
    try await withTemporaryFolder { folder in
      for path in [
        "dogs/dog.1.jpg", "cats/cat.2.jpg", "cats/cat.10.JPG", "cats/z.png", "cats/a/9.gif",
        "cats/a-b/1.webp",
        "cats/a/x/1.bmp", "Zebras/1.tiff",
      ] {
        try folder.write(to: path)
      }
      let found = try PhotoFolder(scanning: folder)
      #expect(found.classNames == ["Zebras", "cats", "dogs"])
      #expect(
        found.photos.map(\.path) == [
          "Zebras/1.tiff", "cats/cat.10.JPG", "cats/cat.2.jpg", "cats/z.png", "cats/a/9.gif",
          "cats/a-b/1.webp", "cats/a/x/1.bmp",
          "dogs/dog.1.jpg",
        ])
      #expect(found.photos.map(\.classIndex) == [0, 1, 1, 1, 1, 1, 1, 2])
      #expect(found.countsByClass == [1, 6, 1])
    }
  }

  @Test func passesOverLitter() async throws {
    try await withTemporaryFolder { folder in
      for path in [
        "a/1.jpg", "b/1.jpg", "b/._1.jpg", "b/.hidden/2.jpg", "b/Thumbs.db", "b/notes.txt", "b/jpg",
        ".ipynb_checkpoints/1.jpg", "__MACOSX/a/1.jpg", "README.md",
      ] {
        try folder.write(to: path)
      }
      let found = try PhotoFolder(scanning: folder)
      #expect(found.photos.map(\.path) == ["a/1.jpg", "b/1.jpg"])
    }
  }

  @Test func takesAnyNames() async throws {
    try await withTemporaryFolder { folder in
      for name in awkwardNames { try folder.write(name, to: "\(name)/\(name).jpg") }
      let found = try PhotoFolder(scanning: folder)
      #expect(Set(found.classNames) == Set(awkwardNames))
      #expect(
        found.classNames
          == found.classNames.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
      for photo in found.photos {
        #expect(
          try String(contentsOf: found.url(of: photo), encoding: .utf8) == found.classNames[photo.classIndex])
      }
    }
  }

  @Test func followsLinksWithoutRunningInCircles() async throws {
    try await withTemporaryFolder { folder in
      try folder.write(to: "elsewhere/1.jpg")
      try folder.write(to: "data/a/2.jpg")
      try folder.write(to: "data/b/3.jpg")
      let manager = FileManager.default
      try manager.createSymbolicLink(
        atPath: folder.below("data/a/more").path, withDestinationPath: "../../elsewhere")
      try manager.createSymbolicLink(atPath: folder.below("data/a/loop").path, withDestinationPath: "..")
      try manager.createSymbolicLink(atPath: folder.below("data/b/self").path, withDestinationPath: ".")
      try manager.createSymbolicLink(
        atPath: folder.below("data/b/gone.jpg").path, withDestinationPath: "nowhere")
      let found = try PhotoFolder(scanning: folder.below("data"))
      #expect(found.photos.filter { $0.classIndex == 1 }.map(\.path) == ["b/3.jpg", "b/gone.jpg"])
      #expect(Set(found.photos.map(\.path)).isSuperset(of: ["a/2.jpg", "a/more/1.jpg"]))
    }
  }

  @Test func setsAsideNamesThatAreNotText() async throws {
    try await withTemporaryFolder { folder in
      try folder.write(to: "a/1.jpg")
      try folder.write(to: "b/1.jpg")
      let bytes =
        Array((folder.path + "/b/x").utf8CString.dropLast()) + [CChar(bitPattern: 0xFF)]
        + Array(".jpg".utf8CString)
      let file = try #require(fopen(bytes, "w"))
      fclose(file)
      let found = try PhotoFolder(scanning: folder)
      #expect(found.photos.map(\.path) == ["a/1.jpg", "b/1.jpg"])
      #expect(found.unreadable.map(\.reason) == ["its name isn't valid UTF-8"])
    }
  }

  @Test func saysWhatIsWrong() async throws {
    try await withTemporaryFolder { folder in
      func check(_ path: String, _ code: WhiskerError.Code, _ kind: WhiskerError.Kind, _ words: String) async
      {
        let error = await datasetError { _ = try PhotoFolder(scanning: folder.below(path)) }
        #expect(error?.code == code)
        #expect(error?.code.kind == kind)
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        #expect(error?.place == folder.below(path).path)
      }
      await check("missing", .missingFolder, .missingInput, "no such folder")
      try folder.write(to: "file")
      await check("file", .notAFolder, .missingInput, "expected a folder, got a file")
      try FileManager.default.createDirectory(at: folder.below("empty"), withIntermediateDirectories: true)
      await check("empty", .emptyFolder, .badData, "empty")
      try folder.write(to: "text/notes.txt")
      await check("text", .emptyFolder, .badData, "neither class folders nor photos")
      try folder.write(to: "flat/cat.0.jpg")
      await check("flat", .flatFolder, .badData, "1 photos that lie directly in it")
      try folder.write(to: "one/고양이/1.jpg")
      await check("one", .oneClassOnly, .badData, "got 1: \"고양이\"")
      try folder.write(to: "hollow/a/1.jpg")
      try folder.write(to: "hollow/b c/notes.txt")
      await check("hollow", .emptyClass, .badData, "\"b c\" holds no photo")
      try folder.write(to: "twice/e\u{301}/1.jpg")
      try folder.write(to: "twice/\u{e9}/1.jpg")
      await check("twice", .ambiguousClasses, .badData, "NFC and NFD")
    }
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything")) func reportsForbiddenFolders() async throws
  {
    try await withTemporaryFolder { folder in
      try folder.write(to: "a/1.jpg")
      try folder.write(to: "b/secret/1.jpg")
      chmod(folder.below("b/secret").path, 0)
      defer { chmod(folder.below("b/secret").path, 0o700) }
      let error = await datasetError { _ = try PhotoFolder(scanning: folder) }
      #expect(error?.code == .cannotRead)
      #expect(error?.place == folder.below("b/secret").path)
    }
  }

  @Test func expectedClassesFixTheLabels() async throws {
    try await withTemporaryFolder { folder in
      let decomposed = "강아지".decomposedStringWithCanonicalMapping
      try folder.write(to: "\(decomposed)/1.jpg")
      try folder.write(to: "고양이/1.jpg")
      let found = try PhotoFolder(scanning: folder, expecting: ["고양이", "강아지"])
      #expect(found.classNames == ["고양이", "강아지"])
      #expect(found.photos.map(\.classIndex) == [0, 1])
      #expect(try Data(contentsOf: found.url(of: found.photos[1])).isEmpty)
      for expected in [["고양이"], ["고양이", "강아지", "새"], ["cats", "dogs"]] {
        let error = await datasetError { _ = try PhotoFolder(scanning: folder, expecting: expected) }
        #expect(error?.code == .classMismatch)
        #expect(error?.message.contains(expected[0]) == true)
      }
    }
  }

  @Test func messagesStayOnOneLine() {
    let error = WhiskerError(.emptyFolder, "two\nlines\u{2028}\u{7}", "empty")
    #expect(error.description == "two\\nlines\\u{2028}\\u{07}: empty")
  }
}

@Suite struct DataFolderTests {
  @Test func findsTheParts() async throws {
    try await withTemporaryFolder { folder in
      for part in ["train", "validation", "test"] {
        for name in ["dogs", "cats"] { try folder.write(to: "\(part)/\(name)/1.jpg") }
      }
      let data = try DataFolder(forTraining: folder)
      #expect(data.train.classNames == ["cats", "dogs"])
      #expect(data.validation?.photos.count == 2)
      let found = try DataFolder.forEvaluation(folder, expecting: ["cats", "dogs"])
      #expect(found.root.path == folder.below("test").path)
      let direct = try DataFolder.forEvaluation(folder.below("validation"), expecting: ["cats", "dogs"])
      #expect(direct.root.path == folder.below("validation").path)
    }
  }

  @Test func trainingAloneWillDo() async throws {
    try await withTemporaryFolder { folder in
      for name in ["dogs", "cats"] { try folder.write(to: "train/\(name)/1.jpg") }
      let data = try DataFolder(forTraining: folder)
      #expect(data.validation == nil)
      let error = await datasetError {
        _ = try DataFolder.forEvaluation(folder, expecting: ["cats", "dogs"])
      }
      #expect(error?.code == .missingFolder)
      #expect(error?.place == folder.below("test").path)
    }
  }

  @Test func validationMustHaveTheSameClasses() async throws {
    try await withTemporaryFolder { folder in
      for path in ["train/cats/1.jpg", "train/dogs/1.jpg", "validation/cats/1.jpg", "validation/dog/1.jpg"] {
        try folder.write(to: path)
      }
      let error = await datasetError { _ = try DataFolder(forTraining: folder) }
      #expect(error?.code == .classMismatch)
      #expect(error?.message == #"expected the class folders "cats", "dogs", got "cats", "dog""#)
    }
  }

  @Test func classesMayBeCalledLikeParts() async throws {
    try await withTemporaryFolder { folder in
      for path in ["train/1.jpg", "test/1.jpg"] { try folder.write(to: path) }
      let found = try DataFolder.forEvaluation(folder, expecting: ["test", "train"])
      #expect(found.root.path == folder.path)
      #expect(found.photos.count == 2)
    }
  }

  @Test func classFoldersAloneAreAllForTraining() async throws {
    try await withTemporaryFolder { folder in
      for path in ["cats/1.jpg", "dogs/1.jpg"] { try folder.write(to: path) }
      let data = try DataFolder(forTraining: folder)
      #expect(data.train.photos.count == 2 && data.validation == nil && data.test == nil)
      let missing = await datasetError { _ = try DataFolder(forTraining: folder.below("nowhere")) }
      #expect(missing?.code == .missingFolder)
    }
  }
}
