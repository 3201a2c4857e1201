import Foundation
import Testing
import WhiskerFormats
import WhiskerSystem
import WhiskerTensors
import _TestSupport

@Suite struct SafeTensorsReadingTests {
  private func pythonFile() throws -> SafeTensorsFile {
    try SafeTensorsFile(contentsOf: Fixtures.url("python.safetensors"))
  }

  @Test func `A file of the Python package opens with its names, shapes and metadata`() throws {
    let file = try pythonFile()
    #expect(
      Set(file.tensorNames) == [
        "float32", "float64", "float16", "bfloat16", "scalar", "empty", "고양이/kernel", "steps", "flags",
      ])
    #expect(file.tensorNames == file.tensorNames.sorted())
    #expect(
      file.metadata == [
        "format": "np", "note": "quote \" backslash \\ newline \n tab \t 고양이 🐈",
      ])
    #expect(file.shape(of: "float32") == [2, 3])
    #expect(file.shape(of: "scalar") == [])
    #expect(file.shape(of: "empty") == [0, 3])
    #expect(file.shape(of: "absent") == nil)
  }

  @Test func `Floats of every width are read as 32-bit ones`() throws {
    let file = try pythonFile()
    #expect(
      try file.tensor("float32") == Tensor(shape: [2, 3], values: [-1, -0.75, -0.5, -0.25, 0, 0.25]))
    #expect(try file.tensor("float64").values == [0.1, -.infinity, 0, 2.5])
    #expect(
      try file.tensor("float16")
        == Tensor(shape: [2, 2, 2], values: [0, -0.0, 1, -2.5, 0x1p-24, 65504, .infinity, -.infinity]))
    #expect(
      try file.tensor("bfloat16").values
        == [0, -0.0, 1, -2.5, 0x1p-133, 0x1.FEp127, .infinity, -.infinity])
    #expect(try file.tensor("bfloat16").values[1].sign == .minus)
    #expect(try file.tensor("scalar") == Tensor(7.25))
    #expect(try file.tensor("empty") == Tensor(shape: [0, 3], values: []))
    #expect(try file.tensor("고양이/kernel", shape: [1]).values == [1.5])
  }

  @Test func `Whole numbers of every width and truth values become floats`() async throws {
    let file = try pythonFile()
    #expect(try file.tensor("steps").values == [2000])
    #expect(try file.tensor("flags").values == [1, 0, 1])
    func read(_ type: String, _ bytes: [UInt8]) async throws -> [Float] {
      let header = #"{"a":{"dtype":"\#(type)","shape":[1],"data_offsets":[0,\#(bytes.count)]}}"#
      return try await withTemporaryFolder { folder in
        let url = folder.appendingPathComponent("file")
        try Data(Fixtures.safetensors(header, data: bytes)).write(to: url)
        return try SafeTensorsFile(contentsOf: url).tensor("a").values
      }
    }
    for (type, size) in [("8", 1), ("16", 2), ("32", 4), ("64", 8)] {
      let negative = [0xFE] + Array(repeating: UInt8(0xFF), count: size - 1)
      #expect(try await read("I" + type, negative) == [-2])
      #expect(try await read("U" + type, negative) == [Float(UInt64.max >> UInt64(64 - 8 * size) - 1)])
    }
    let error = await #expect(throws: WhiskerError.self) { try await read("F8_E4M3", [1]) }
    #expect(error?.code == .unsupportedType)
    #expect(error?.message.contains("'a', got F8_E4M3") == true)
  }

  @Test func `A large tensor is read whole, and in memory once`() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("large")
      let tensor = Formula.uniform("large", [1_000_003])
      try SafeTensorsFile.write(["large": tensor], to: url)
      let (read, effort) = try Effort.of { try SafeTensorsFile(contentsOf: url).tensor("large") }
      #expect(read == tensor)
      if let peak = effort.peakBytes { #expect((4_000_012..<4_100_000).contains(peak)) }
    }
  }

  @Test func `A missing tensor and one of another shape are named`() throws {
    let file = try pythonFile()
    let missing = try #require(try formatError { _ = try file.tensor("absent", shape: [1]) })
    #expect(missing.code == .missingTensor)
    #expect(missing.message == "expected a tensor 'absent', got none")
    let misshapen = try #require(try formatError { _ = try file.tensor("float32", shape: [3, 2]) })
    #expect(misshapen.code == .shapeMismatch)
    #expect(misshapen.message == "expected (3, 2) for 'float32', got (2, 3)")
    #expect(misshapen.file.hasSuffix("python.safetensors"))
    #expect(misshapen.description == "\(misshapen.file): \(misshapen.message)")
  }

  @Test func `A path that holds no readable file is told apart`() async throws {
    try await withTemporaryFolder { folder in
      func code(_ name: String) throws -> WhiskerError.Code? {
        try formatError { _ = try SafeTensorsFile(contentsOf: folder.appendingPathComponent(name)) }?.code
      }
      try Data().write(to: folder.appendingPathComponent("empty"))
      #expect(mkfifo(folder.appendingPathComponent("pipe").path, 0o600) == 0)
      #expect(try code("absent") == .missingFile)
      #expect(try code("empty/below a file") == .missingFile)
      #expect(try code("empty") == .truncated)
      #expect(try code("pipe") == .cannotRead)
      #expect(try code(".") == .cannotRead)
    }
  }

  @Test func `A file that shrinks after it was opened is truncated`() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("shrinking")
      try SafeTensorsFile.write(["a": Tensor(shape: [1000])], to: url)
      let file = try SafeTensorsFile(contentsOf: url)
      #expect(truncate(url.path, 500) == 0)
      #expect(try formatError { _ = try file.tensor("a") }?.code == .truncated)
    }
  }
}
