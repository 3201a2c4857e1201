import Foundation
import Testing
import _TestSupport

@Suite("Names of files and classes")
struct NamesTests {
  /// Korean, spaces and quotes; the second is spelled in NFD on disk.
  private let classes = ["검은 고양이", "it's a \"dog\", or so"]

  @Test("Folders and classes may be Korean and hold spaces, quotes and commas")
  func awkwardNames() async throws {
    try await withTemporaryFolder { outer in
      let folder = outer.below("사진 \"1\"")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try TinyData.write(into: folder, classes: classes)
      let train = try await whisker(
        "train", "data", "--recipe", "tiny.yaml", "--output", "모델 'x'", in: folder)
      #expect(train.code == 0, "\(train.errors)")
      // The same class in the other Unicode form is the same class.
      try FileManager.default.moveItem(
        at: folder.below("data/test/\(classes[0])"), to: folder.below("data/test/moved"))
      try FileManager.default.moveItem(
        at: folder.below("data/test/moved"),
        to: folder.below("data/test/\(classes[0].decomposedStringWithCanonicalMapping)"))
      let evaluation = try await whisker("evaluate", "모델 'x'/model.safetensors", "data", "--json", in: folder)
      #expect(evaluation.code == 0, "\(evaluation.errors)")
      let score = try #require(try json(evaluation.output) as? [String: Any])
      #expect(Set(try #require(score["classes"] as? [String: Any]).keys) == Set(classes))

      let csv = try await whisker(
        "predict", "모델 'x'/model.safetensors", "data/test/it's*/photo.0.jpg", "--csv", in: folder)
      let header = "file,label,probability,\"it's a \"\"dog\"\", or so\",검은 고양이\n"
      #expect(csv.output.hasPrefix(header))
      #expect(
        csv.output.dropFirst(header.count).hasPrefix("\"data/test/it's a \"\"dog\"\", or so/photo.0.jpg\","))
      let split = try await whisker("split", "data/train", "새 폴더", "--train", "0.5", "--json", in: folder)
      let counts = try #require(try json(split.output) as? [String: Any])
      #expect(Set(try #require(counts["classes"] as? [String: Any]).keys) == Set(classes))
    }
  }

  @Test("Patterns find what matches; a file whose name looks like a pattern is itself")
  func patterns() async throws {
    try await withTemporaryFolder { folder in
      try await TinyData.writeModel(to: folder.below("model.safetensors"))
      let photo = TinyData.photo(of: 0, index: 0)
      for name in ["cat.10.jpg", "cat.2.jpg", "dog.1.jpg", "a[1].jpg", "a1.jpg", "b*.jpg", "bc.jpg", "새.jpg"]
      {
        try photo.write(to: folder.below(name))
      }
      func found(_ paths: String...) async throws -> [String] {
        let outcome = try await Whisker(["predict", "model.safetensors"] + paths, in: folder).outcome()
        #expect(outcome.code == 0, "\(outcome.errors)")
        return outcome.output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
      }
      #expect(try await found("cat.*") == ["cat.2.jpg", "cat.10.jpg"])
      #expect(try await found("dog.1.jpg", "cat.2.jpg") == ["dog.1.jpg", "cat.2.jpg"])
      #expect(try await found("a[1].jpg", "b*.jpg") == ["a[1].jpg", "b*.jpg"])
      #expect(try await found("[ab][1c].jpg") == ["a1.jpg", "bc.jpg"])
      #expect(try await found("?.jpg".decomposedStringWithCanonicalMapping) == ["새.jpg"])
      #expect(try await found("새*".decomposedStringWithCanonicalMapping) == ["새.jpg"])
    }
  }

  @Test("Line breaks in names stay within their line and their cell")
  func lineBreaks() async throws {
    try await withTemporaryFolder { folder in
      try await TinyData.writeModel(to: folder.below("model.safetensors"))
      let name = "two\nlines, \"q\".jpg"
      try TinyData.photo(of: 0, index: 0).write(to: folder.below(name))
      let lines = try await whisker("predict", "model.safetensors", name, in: folder)
      #expect(lines.output.hasPrefix("two\\nlines, \"q\".jpg\t"))
      #expect(lines.output.split(separator: "\n").count == 1)
      let csv = try await whisker("predict", "model.safetensors", name, "--csv", in: folder)
      #expect(csv.output.contains("\n\"two\nlines, \"\"q\"\".jpg\","))
      let list = try await whisker("predict", "model.safetensors", name, "--json", in: folder)
      #expect((try json(list.output) as? [[String: Any]])?.first?["file"] as? String == name)
    }
  }
}
