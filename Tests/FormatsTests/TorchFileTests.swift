import Foundation
import Testing
import WhiskerFormats
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// Files of the real PyTorch, made by `Tools/reference/torch_fixtures.py`.
@Suite struct TorchFileTests {
  @Test(arguments: ["torch-zip.pth", "torch-stream.pth"])
  func `Tensors of every type and every layout are read`(name: String) throws {
    let file = try TorchFile(contentsOf: Fixtures.url(name))
    #expect(file.tensorNames.count == 16)
    #expect(file.notes.isEmpty)
    func expect(_ name: String, _ tensor: Tensor) throws {
      #expect(file.shape(of: name) == tensor.shape)
      #expect(try file.tensor(name) == tensor, "\(name)")
    }
    try expect("conv.weight", Formula.uniform("conv.weight", [4, 3, 2, 2]))
    try expect("conv.bias", Formula.uniform("conv.bias", [4]))
    // Stored with the channels innermost.
    try expect("channels_last", Formula.uniform("channels_last", [2, 3, 4, 5]))
    let matrix = Formula.uniform("transposed", [3, 5]).values
    try expect(
      "transposed", Tensor(shape: [5, 3], values: (0..<15).map { matrix[$0 % 3 * 5 + $0 / 3] }))
    let shared = Formula.uniform("shared", [24]).values
    try expect("shared.first", Tensor(shape: [3, 4], values: Array(shared[..<12])))
    try expect("shared.odd", Tensor(shape: [12], values: (0..<12).map { shared[2 * $0 + 1] }))
    try expect(
      "half", Tensor(shape: [7], values: Formula.uniform("half", [7]).values.map { Float(Float16($0)) }))
    try expect("double", Formula.uniform("double", [3]))
    try expect("steps", Tensor(1_234_567))
    try expect("integers", Tensor(shape: [3], values: [-3, 0, 7]))
    try expect("shorts", Tensor(shape: [2], values: [-300, 300]))
    try expect("signed", Tensor(shape: [2], values: [-128, 127]))
    try expect("bytes", Tensor(shape: [2], values: [0, 255]))
    try expect("flags", Tensor(shape: [3], values: [1, 0, 1]))
    try expect("empty", Tensor(shape: [0, 3]))
    for (found, exact) in zip(try file.tensor("brain").values, Formula.uniform("brain", [7]).values) {
      #expect(abs(found - exact) <= abs(exact) / 256 && found.bitPattern & 0xFFFF == 0)
    }
  }

  @Test func `A checkpoint's dictionaries are walked, and numbers beside the tensors are noted`() throws {
    let file = try TorchFile(contentsOf: Fixtures.url("torch-checkpoint.pth"))
    #expect(file.tensorNames == ["optimizer.state.0.momentum_buffer", "state_dict.fc.weight"])
    #expect(try file.tensor("state_dict.fc.weight") == Formula.uniform("fc.weight", [2, 3]))
    #expect(
      file.notes == [
        "epoch": "3", "lr": "0.125", "arch": "tiny", "done": "False", "history.0": "0.5",
        "history.1": "0.25", "size.0": "3", "size.1": "4", "optimizer.param_groups.0.params.0": "0",
      ])
  }

  @Test func `A missing tensor is named`() throws {
    let file = try TorchFile(contentsOf: Fixtures.url("torch-zip.pth"))
    let error = try #require(try formatError { _ = try file.tensor("absent") })
    #expect(error.code == .missingTensor)
    #expect(error.message == "expected a tensor 'absent', got none")
    #expect(file.shape(of: "absent") == nil)
  }

  @Test func `A file that shrinks after it was opened is truncated`() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("shrinking")
      try FileManager.default.copyItem(at: Fixtures.url("torch-zip.pth"), to: url)
      let file = try TorchFile(contentsOf: url)
      #expect(truncate(url.path, 500) == 0)
      #expect(try formatError { _ = try file.tensor("conv.weight") }?.code == .truncated)
      #expect(try formatError { _ = try file.tensor("transposed") }?.code == .truncated)
    }
  }

  @Test func `Other files are told apart`() async throws {
    #expect(try await open(Array("neither".utf8))?.code == .notThisFormat)
    #expect(try await open([])?.code == .notThisFormat)
    var tar = [UInt8](repeating: 0, count: 512)
    tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
    let error = try #require(try await open(tar))
    #expect(error.code == .notThisFormat)
    #expect(error.message.contains("tar archive"))
    // An empty archive.
    let archive = [0x50, 0x4B, 0x05, 0x06] + [UInt8](repeating: 0, count: 18)
    #expect(try await open(Array("PK\u{3}\u{4}".utf8) + archive)?.code == .notThisFormat)
  }

  /// The error that opening a file of these bytes throws; nil if it opens.
  private func open(_ bytes: [UInt8]) async throws -> WhiskerError? {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("file")
      try Data(bytes).write(to: url)
      return try formatError { _ = try TorchFile(contentsOf: url) }
    }
  }
}
