import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerInspection
import _TestSupport

@Suite struct SetAsideTests {
  /// A split with every kind of problem in it, as `data/` in a temporary folder.
  private func withTroubles(_ body: (URL) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      let data = folder.below("data")
      for (number, split) in SplitName.allCases.enumerated() {
        try SketchPool.write(to: data.below(split.rawValue), perAnimal: 4, from: 4 * number)
      }
      for (original, copy) in [
        ("train/cat/0.jpg", "train/cat/again.jpg"), ("train/cat/1.jpg", "test/cat/leak.jpg"),
        ("validation/dog/1.jpg", "train/dog/leak.jpg"), ("train/dog/2.jpg", "train/cat/conflict \"1\".jpg"),
      ] {
        try FileManager.default.copyItem(at: data.below(original), to: data.below(copy))
      }
      try data.write("", to: "test/dog/빈 파일\n.png")
      let gray = Photo(height: 40, width: 40, pixels: [UInt8](repeating: 9, count: 40 * 40 * 3))
      try data.writeJPEG(gray, to: "train/dog/gray.jpg")
      try await body(data)
    }
  }

  private func contents(of folder: URL) throws -> [Data: Int] {
    try folder.allFiles.filter { !$0.hasSuffix(SetAside.manifestName) }.reduce(into: [:]) { counts, path in
      counts[try Data(contentsOf: folder.below(path)), default: 0] += 1
    }
  }

  private func fix(_ data: URL) async throws -> SetAsidePlan {
    let plan = try SetAsidePlan(for: try await Inspector().inspect(data))
    try SetAside(plan).carryOut()
    return plan
  }

  @Test func theRightFilesMove() async throws {
    try await withTroubles { data in
      let plan = try await fix(data)
      let moves = plan.moves.map { "\($0.file): \($0.reason)" }
      #expect(
        Set(moves) == [
          "test/dog/빈 파일\n.png: unreadable", "train/dog/gray.jpg: constant", "train/cat/again.jpg: duplicate",
          "train/cat/1.jpg: leak", "train/dog/leak.jpg: leak",
        ])
      #expect(plan.moves.allSatisfy { $0.file == $0.movedTo && !$0.detail.isEmpty })
      #expect(plan.folder.path.hasSuffix("/data.set-aside"))
      #expect(plan.folder.allFiles == Set(plan.moves.map(\.movedTo) + [SetAside.manifestName]))
      // Only a person can say which label is wrong.
      let after = try await Inspector().inspect(data)
      #expect(after.duplicates.map(\.isLabelConflict) == [true])
      #expect(after.leaks.isEmpty && after.unreadable.isEmpty && after.constant.isEmpty)
    }
  }

  @Test func noByteIsLostAndASecondRunDoesNothing() async throws {
    try await withTroubles { data in
      let parent = data.deletingLastPathComponent()
      let before = try contents(of: parent)
      let plan = try await fix(data)
      #expect(plan.moves.count == 5)
      #expect(try contents(of: parent) == before)
      let files = parent.allFiles
      let manifest = try Data(contentsOf: plan.folder.below(SetAside.manifestName))
      #expect(try await fix(data).moves.isEmpty)
      #expect(parent.allFiles == files)
      #expect(try Data(contentsOf: plan.folder.below(SetAside.manifestName)) == manifest)
    }
  }

  @Test func theManifestSaysWhatAndWhy() async throws {
    try await withTroubles { data in
      let plan = try await fix(data)
      let text = try String(contentsOf: plan.folder.below(SetAside.manifestName), encoding: .utf8)
      let lines = try text.split(separator: "\n").map {
        try JSONDecoder().decode(SetAsidePlan.Move.self, from: Data($0.utf8))
      }
      #expect(lines == plan.moves)
    }
  }

  @Test func nothingIsOverwritten() async throws {
    try await withTroubles { data in
      let parent = data.deletingLastPathComponent()
      try parent.write("older", to: "data.set-aside/train/cat/again.jpg")
      try parent.write("older", to: "data.set-aside/train/cat/again (2).jpg")
      let before = try contents(of: parent)
      let plan = try await fix(data)
      #expect(
        plan.moves.first { $0.file == "train/cat/again.jpg" }?.movedTo == "train/cat/again (3).jpg")
      #expect(try contents(of: parent) == before)
    }
  }

  /// A file that turns up after planning stays as well.
  @Test func whatAppearsInBetweenStays() async throws {
    try await withTroubles { data in
      let plan = try SetAsidePlan(for: try await Inspector().inspect(data))
      let parent = data.deletingLastPathComponent()
      try parent.write("new", to: "data.set-aside/train/cat/again.jpg")
      let before = try contents(of: parent)
      let error = await datasetError { try SetAside(plan).carryOut() }
      #expect(error?.code == .cannotWrite)
      #expect(error?.place.hasSuffix("data.set-aside/train/cat/again.jpg") == true)
      #expect(try contents(of: parent) == before)
    }
  }

  @Test func anInterruptedRunIsFinishedByTheNext() async throws {
    try await withTroubles { data in
      let parent = data.deletingLastPathComponent()
      let before = try contents(of: parent)
      let plan = try SetAsidePlan(for: try await Inspector().inspect(data))
      let task = Task {
        try SetAside(plan).carryOut { done, _ in
          if done == 2 { withUnsafeCurrentTask { $0?.cancel() } }
        }
      }
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(try contents(of: parent) == before)
      #expect(try await fix(data).moves.count == 3)
      #expect(try contents(of: parent) == before)
      let text = try String(contentsOf: plan.folder.below(SetAside.manifestName), encoding: .utf8)
      #expect(text.split(separator: "\n").count == 5, "the lines were written before the first move")
    }
  }

  /// Where test is train itself, through a link, what leaves the one would leave the other.
  @Test func filesSeenTwiceThroughALinkStay() async throws {
    try await withTroubles { data in
      try FileManager.default.removeItem(at: data.below("test"))
      try FileManager.default.createSymbolicLink(
        at: data.below("test"), withDestinationURL: data.below("train"))
      let plan = try SetAsidePlan(for: try await Inspector().inspect(data))
      let moves = plan.moves.map { "\($0.file): \($0.reason)" }
      #expect(
        Set(moves) == [
          "train/dog/gray.jpg: constant", "train/cat/again.jpg: duplicate", "validation/dog/1.jpg: leak",
        ])
    }
  }

  @Test func aClassNeverLosesItsLastPhoto() async throws {
    try await withTroubles { data in
      try FileManager.default.removeItem(at: data.below("test/cat"))
      try FileManager.default.copyItem(at: data.below("train/cat"), to: data.below("test/cat"))
      let before = data.deletingLastPathComponent().allFiles
      let error = await datasetError { _ = try await fix(data) }
      #expect(error?.code == .emptyClass)
      #expect(error?.message.contains("\"train/cat\"") == true)
      #expect(data.deletingLastPathComponent().allFiles == before)
    }
  }
}
