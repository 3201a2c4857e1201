import Foundation
import Testing
import WhiskerFormats
import WhiskerTensors
import _TestSupport

@Suite struct HDF5WritingTests {
  /// A tree with everything that can be written, which `Tools/reference/hdf5_fixtures.py check` knows.
  static let tree: HDF5Group = {
    var root = HDF5Group(attributes: [
      "text": HDF5Value("고양이 🐈"), "empty": HDF5Value(""), "number": HDF5Value(0.1), "count": HDF5Value(-3),
      "truth": HDF5Value(true), "long": HDF5Value(String(repeating: "x", count: 70_000)),
      "names": HDF5Value(["conv2d", "", "고양이"]), "no names": HDF5Value([String]()),
      "numbers": HDF5Value(shape: [2, 2], elements: .floats([1.5, 2.5, 3.5, 4.5])),
    ])
    let kernel = Tensor(shape: [3, 4], values: (0..<12).map { Float($0) / 4 - 1 })
    root.set(HDF5Dataset(kernel, attributes: ["note": HDF5Value("kernel")]), at: "model_weights/dense/kernel")
    root.set(
      HDF5Dataset(Tensor(shape: [3], values: [0.1, .infinity, -0x1p-149])), at: "model_weights/dense/bias")
    root.set(HDF5Dataset(Tensor(7.25)), at: "scalar")
    root.set(HDF5Dataset(Tensor(shape: [0, 3])), at: "empty")
    root.set(HDF5Dataset(HDF5Value(1 << 53 + 1)), at: "optimizer/iteration")
    root.set(HDF5Dataset(HDF5Value(["a", "고양이"])), at: "texts")
    root.set(HDF5Dataset(HDF5Value(shape: [2], elements: .booleans([true, false]))), at: "flags")
    for index in 0..<40 { root.set(HDF5Group(), at: "layer \(index)") }
    return root
  }()

  @Test func `What is written is read back`() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("고양이 \"1\".h5")
      try HDF5File.write(Self.tree, to: url)
      try expectSame(HDF5File(contentsOf: url).root, Self.tree)
      try HDF5File.write(HDF5Group(), to: url)
      #expect(try HDF5File(contentsOf: url).root.names.isEmpty)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
    }
  }

  @Test func `What is read can be written again`() async throws {
    for name in ["keras", "keras.weights", "chunks"] {
      let root = try HDF5File(contentsOf: Fixtures.url("HDF5/\(name).h5")).root
      try expectSame(HDF5File(bytes: HDF5File.bytes(of: root, name: "copy"), name: "copy").root, root)
    }
  }

  /// `Tools/reference/hdf5_fixtures.py check` shows that h5py reads the committed file.
  @Test func `The bytes are those that h5py has read, in a file and in memory`() async throws {
    let expected = try Data(contentsOf: Fixtures.url("HDF5/whisker.h5"))
    #expect(try Data(HDF5File.bytes(of: Self.tree, name: "memory")) == expected)
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("written.h5")
      try HDF5File.write(Self.tree, to: url)
      #expect(try Data(contentsOf: url) == expected)
    }
  }

  @Test(arguments: 0..<30)
  func `Any tree survives, bit for bit`(round: Int) throws {
    var random = RandomStream(RandomKey(seed: 22).derived(UInt64(round)))
    var root = HDF5Group()
    for _ in 0..<random.integer(below: 20) {
      let path = (0...random.integer(below: 3)).map { _ in "\(random.integer(below: 4))" }.joined(
        separator: "/")
      let shape = Shape((0..<random.integer(below: 4)).map { _ in random.integer(below: 5) })
      let tensor = Tensor(
        shape: shape, values: (0..<shape.count).map { _ in Float(random.integer(below: 99)) })
      root.set(HDF5Dataset(tensor, attributes: ["place": HDF5Value(path)]), at: path)
    }
    try expectSame(HDF5File(bytes: HDF5File.bytes(of: root, name: "file"), name: "file").root, root)
  }

  @Test func `Writers don't disturb each other`() async throws {
    let expected = try HDF5File.bytes(of: Self.tree, name: "file")
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<8 { group.addTask { try HDF5File.bytes(of: Self.tree, name: "file") } }
      for try await bytes in group { #expect(bytes == expected) }
    }
  }

  @Test func `What the format can't hold is refused, and nothing is written`() async throws {
    let texts = [String](repeating: String(repeating: "n", count: 1008), count: 65)
    var nested = HDF5Group()
    nested.set(HDF5Group(attributes: ["layer_names": HDF5Value(texts)]), at: "model_weights")
    let refusals: [(HDF5Group, String)] = [
      (nested, "'/model_weights@layer_names': expected an attribute of at most 64512 bytes, got 65520"),
      (HDF5Group(attributes: ["text": HDF5Value("a\0b")]), "text without zeros"),
      (HDF5Group(attributes: ["a\0b": HDF5Value(1)]), "text without zeros"),
      (HDF5Group(attributes: ["a": HDF5Value(shape: [], elements: .unread("times"))]), "got times"),
    ]
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("file.h5")
      for (root, reason) in refusals {
        let error = try #require(try formatError { try HDF5File.write(root, to: url) })
        #expect(error.code == .cannotWrite)
        #expect(error.message.contains(reason), "\(error)")
      }
      // A list just small enough is written, and after a refusal the library works on.
      let fitting = HDF5Group(attributes: ["layer_names": HDF5Value(Array(texts.prefix(64)))])
      try HDF5File.write(fitting, to: url)
      #expect(try HDF5File(contentsOf: url).root.attributes == fitting.attributes)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file.h5"])
    }
  }

  @Test(.enabled("needs the right to mount a file system") { await SmallDisk.canBeMade })
  func `A full disk leaves the old file and nothing else`() async throws {
    try await withTemporaryFolder { folder in
      let disk = try SmallDisk(at: folder)
      defer { disk.unmount() }
      let url = folder.appendingPathComponent("file.h5")
      try HDF5File.write(Self.tree, to: url)
      var large = Self.tree
      large.set(HDF5Dataset(Tensor(shape: [SmallDisk.size / 4])), at: "large")
      let error = try formatError { try HDF5File.write(large, to: url) }
      #expect(error?.code == .cannotWrite)
      #expect(error?.message == "can't be written: No space left on device")
      try expectSame(HDF5File(contentsOf: url).root, Self.tree)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file.h5"])
    }
  }

  private func expectSame(_ found: HDF5Group, _ expected: HDF5Group, _ path: String = "") throws {
    #expect(found.names == expected.names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }, "\(path)")
    expectSame(found.attributes, expected.attributes, path)
    for (name, node) in expected.children {
      let path = path + "/" + name
      switch (node, found[name]) {
      case (.group(let expected), .group(let found)): try expectSame(found, expected, path)
      case (.dataset(let expected), .dataset(let found)):
        expectSame(found.attributes, expected.attributes, path)
        #expect(try found.value() == expected.value(), "\(path)")
      default: Issue.record("expected a node of the same kind at \(path)")
      }
    }
  }

  private func expectSame(_ found: [String: HDF5Value], _ expected: [String: HDF5Value], _ path: String) {
    #expect(Set(found.keys) == Set(expected.keys), "\(path)")
    for (name, value) in expected { #expect(found[name] == value, "\(path)@\(name)") }
  }
}
