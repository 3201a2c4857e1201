import Foundation
import Testing
import WhiskerFormats
import WhiskerTensors
import _TestSupport

@Suite struct SafeTensorsWritingTests {
  private let tensors = [
    "dense/kernel": Tensor(shape: [3, 4], values: (0..<12).map { Float($0) * 0.5 - 3 }),
    "dense/bias": Tensor(shape: [4], values: [0.1, -.infinity, .greatestFiniteMagnitude, 0x1p-149]),
    "scalar": Tensor(7.25),
    "empty": Tensor(shape: [0, 3], values: []),
    "고양이 \"1\"": Tensor(shape: [1], values: [1.5]),
  ]
  private let metadata = [
    "format": "np", "note": "quote \" backslash \\ newline \n tab \t 고양이 🐈",
  ]

  @Test func `What is written is read back`() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("고양이 \"1\".safetensors")
      try SafeTensorsFile.write(tensors, metadata: metadata, to: url)
      let file = try SafeTensorsFile(contentsOf: url)
      #expect(try file.tensors() == tensors)
      #expect(file.metadata == metadata)
      try SafeTensorsFile.write([:], to: url)
      #expect(try SafeTensorsFile(contentsOf: url).tensorNames.isEmpty)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
    }
  }

  /// `Tools/reference/safetensors_fixtures.py check` shows that the Python package reads the committed file.
  @Test func `The bytes are those that the Python package has read`() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("written")
      try SafeTensorsFile.write(tensors, metadata: metadata, to: url)
      #expect(try Data(contentsOf: url) == Data(contentsOf: Fixtures.url("whisker.safetensors")))
    }
  }

  @Test(arguments: 0..<50)
  func `Any tensors survive, bit for bit, and begin at a multiple of 8 bytes`(round: Int) async throws {
    var random = RandomStream(RandomKey(seed: 12).derived(UInt64(round)))
    var tensors: [String: Tensor] = [:]
    for _ in 0..<random.integer(below: 6) {
      let shape = Shape((0..<random.integer(below: 4)).map { _ in random.integer(below: 5) })
      let values = (0..<shape.count).map { _ in Float(bitPattern: random.nextWord()) }
      tensors[text(&random)] = Tensor(shape: shape, values: values)
    }
    let metadata = [text(&random): text(&random)]
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("file")
      try SafeTensorsFile.write(tensors, metadata: metadata, to: url)
      let file = try SafeTensorsFile(contentsOf: url)
      #expect(file.metadata == metadata)
      #expect(file.tensorNames == tensors.keys.sorted())
      for (name, tensor) in tensors {
        let values = try file.tensor(name, shape: tensor.shape).values
        #expect(values.map(\.bitPattern) == tensor.values.map(\.bitPattern))
      }
      let dataSize = tensors.values.reduce(0) { $0 + 4 * $1.values.count }
      #expect((try Data(contentsOf: url).count - dataSize) % 8 == 0)
    }
  }

  @Test func `The name reserved for the metadata is refused`() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("file")
      let error = try formatError { try SafeTensorsFile.write(["__metadata__": Tensor(1)], to: url) }
      #expect(error?.code == .cannotWrite)
      #expect(!FileManager.default.fileExists(atPath: url.path))
    }
  }

  /// A few characters of all kinds.
  private func text(_ random: inout RandomStream) -> String {
    var text = ""
    for _ in 0...random.integer(below: 12) {
      let bound = [0x20, 0x80, 0x800, 0x11_0000][random.integer(below: 4)]
      if let scalar = Unicode.Scalar(UInt32(random.integer(below: bound))) {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
