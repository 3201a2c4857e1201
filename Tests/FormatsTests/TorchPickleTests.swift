import Foundation
import Testing
import WhiskerFormats
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// Hand-made pickles in the streamed form: what they must not do.
@Suite struct TorchPickleTests {
  /// A pickle that must be refused, and a part of the message.
  struct Refusal: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let pickle: [UInt8]
    var code = WhiskerError.Code.corruptHeader
    var message = "expected"
  }

  static let refusals: [Refusal] = [
    Refusal(
      testDescription: "a function to run", pickle: ascii("cposix\nsystem\n(X\u{4}\0\0\0ruintR."),
      code: .refused, message: "posix.system"),
    Refusal(
      testDescription: "a function named on the stack",
      pickle: ascii("X\u{2}\0\0\0osX\u{6}\0\0\0system") + [0x93] + ascii("."),
      code: .refused, message: "os.system"),
    Refusal(
      testDescription: "a whole model", pickle: ascii("ctorch.nn.modules.linear\nLinear\n."), code: .refused,
      message: "torch.nn.modules.linear.Linear"),
    Refusal(
      testDescription: "a storage to be made anew", pickle: ascii("ctorch\nFloatStorage\n)R."),
      message: "a storage kept in the file"),
    Refusal(
      testDescription: "an opcode that makes objects", pickle: ascii("}") + [0x81] + ascii("."),
      code: .refused,
      message: "opcode 129"),
    Refusal(testDescription: "a text of protocol 0", pickle: ascii("S'a'\n."), code: .refused),
    Refusal(testDescription: "nothing to end with", pickle: ascii("."), message: "a value"),
    Refusal(testDescription: "an end before the mark", pickle: ascii("}(."), message: "a value"),
    Refusal(
      testDescription: "a key without a value", pickle: ascii("}(K\u{1}u."), message: "a key without one"),
    Refusal(testDescription: "items of a list", pickle: ascii("](K\u{1}K\u{2}u."), message: "a dictionary"),
    Refusal(testDescription: "a value never kept", pickle: ascii("h\u{7}."), message: "number 7"),
    Refusal(testDescription: "a key that is a dictionary", pickle: ascii("}}}s."), message: "names for keys"),
    Refusal(testDescription: "a number", pickle: ascii("K\u{1}."), code: .notThisFormat),
    Refusal(
      testDescription: "a string longer than the file", pickle: ascii("X") + [255, 255, 255, 255],
      code: .truncated),
    Refusal(
      testDescription: "a string of 2⁶³ bytes", pickle: [0x8D, 0, 0, 0, 0, 0, 0, 0, 0x80], code: .truncated),
    Refusal(testDescription: "a negative length", pickle: [0x8B, 0, 0, 0, 0x80], code: .truncated),
    Refusal(
      testDescription: "a dictionary in itself", pickle: ascii("}q\u{0}X\u{1}\0\0\0ah\u{0}s."),
      message: "without end"),
    Refusal(
      testDescription: "dictionaries that double at each level", pickle: doubling, message: "without end"),
    Refusal(
      testDescription: "a hundred thousand lists in each other", pickle: nested, message: "without end"),
    Refusal(
      testDescription: "more steps than the file's size allows",
      pickle: Array(repeating: ascii("N0"), count: 1 << 18).flatMap { $0 },
      message: "far more steps"),
    // Tensors: storage "0" of 4 numbers, offset, sizes, strides.
    Refusal(
      testDescription: "a tensor beyond its storage", pickle: tensor(offset: 1, sizes: [4], strides: [1]),
      message: "within the 4 numbers"),
    Refusal(
      testDescription: "strides beyond the storage",
      pickle: tensor(offset: 0, sizes: [2, 2], strides: [3, 1]), message: "within the 4 numbers"),
    Refusal(
      testDescription: "strides that overflow",
      pickle: tensor(offset: 0, sizes: [0x7FFF_FFFF, 0x7FFF_FFFF, 0x7FFF_FFFF], strides: [0, 0, 0]),
      message: "within the 4 numbers"),
    Refusal(
      testDescription: "a negative stride", pickle: tensor(offset: 3, sizes: [4], strides: [-1]),
      message: "within the 4 numbers"),
    Refusal(
      testDescription: "a negative size", pickle: tensor(offset: 0, sizes: [-1], strides: [1]),
      message: "within the 4 numbers"),
    Refusal(
      testDescription: "a number repeated two thousand million times",
      pickle: tensor(offset: 0, sizes: [0x7FFF_FFFF], strides: [0]), message: "repeat them"),
    Refusal(
      testDescription: "more sizes than strides", pickle: tensor(offset: 0, sizes: [2, 2], strides: [1]),
      message: "within the 4 numbers"),
  ]

  @Test(arguments: refusals)
  func `A pickle that does what a state dict needn't is refused`(refusal: Refusal) async throws {
    let (error, _) = try await open(refusal.pickle)
    #expect(error?.code == refusal.code, "\(error?.message ?? "opened")")
    #expect(error?.message.contains(refusal.message) == true, "\(error?.message ?? "opened")")
  }

  @Test func `The same tensor in the same place is read`() async throws {
    let (error, file) = try await open(Self.tensor(offset: 1, sizes: [2, 1], strides: [2, 7]))
    #expect(error == nil)
    #expect(try file?.tensor("t") == Tensor(shape: [2, 1], values: [2, 4]))
  }

  private static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

  private static var doubling: [UInt8] {
    var bytes = ascii("}q\u{0}")
    for _ in 0..<30 { bytes += ascii("}(X\u{1}\0\0\0ah\u{0}X\u{1}\0\0\0bh\u{0}uq\u{0}") }
    return bytes + ascii(".")
  }

  private static var nested: [UInt8] {
    ascii("]q\u{0}") + Array(repeating: ascii("]q\u{1}h\u{0}ah\u{1}q\u{0}"), count: 40_000).flatMap { $0 }
      + ascii(".")
  }

  /// `{"t": a tensor}`.
  private static func tensor(offset: Int32, sizes: [Int32], strides: [Int32]) -> [UInt8] {
    func integer(_ number: Int32) -> [UInt8] {
      ascii("J") + withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
    func tuple(_ numbers: [Int32]) -> [UInt8] { ascii("(") + numbers.flatMap(integer) + ascii("t") }
    let storage =
      ascii("(X\u{7}\0\0\0storagectorch\nFloatStorage\nX\u{1}\0\0\00X\u{3}\0\0\0cpu") + integer(4)
      + ascii("NtQ")
    return ascii("}X\u{1}\0\0\0tctorch._utils\n_rebuild_tensor_v2\n(") + storage + integer(offset)
      + tuple(sizes)
      + tuple(strides) + [0x89] + ascii("}tRs.")
  }

  /// A file whose dictionary is this pickle, with four numbers 1, 2, 3, 4 under the key "0".
  private func open(_ pickle: [UInt8]) async throws -> (WhiskerError?, TorchFile?) {
    let magic: [UInt8] = [0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    let begin: [UInt8] = [0x80, 2]
    var bytes = begin + magic + Self.ascii(".")
    bytes += begin + Self.ascii("M") + [0xE9, 0x03] + Self.ascii(".")
    bytes += begin + Self.ascii("}.")
    bytes += begin + pickle
    bytes += begin + Self.ascii("]X\u{1}\0\0\00a.")
    bytes += withUnsafeBytes(of: Int64(4).littleEndian) { Array($0) }
    for number in [1, 2, 3, 4] as [Float] { bytes += withUnsafeBytes(of: number) { Array($0) } }
    return try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("file")
      try Data(bytes).write(to: url)
      var file: TorchFile?
      let (error, effort) = try Effort.of { try formatError { file = try TorchFile(contentsOf: url) } }
      #expect(effort.peakBytes ?? 0 <= 4 * bytes.count + 64 << 20)
      return (error, file)
    }
  }
}
