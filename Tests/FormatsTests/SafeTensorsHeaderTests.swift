import Foundation
import Testing
import WhiskerFormats
import WhiskerSystem
import WhiskerTensors
import _TestSupport

@Suite struct SafeTensorsHeaderTests {
  /// A header that must be refused.
  struct Refusal: Sendable, CustomTestStringConvertible {
    let header: String
    var dataSize = 8
    let code: WhiskerError.Code
    var testDescription: String { String(header.prefix(80)) }
  }

  static let refusals: [Refusal] = [
    // Other formats and JSON that isn't a safetensors header.
    Refusal(header: " {}", dataSize: 0, code: .notThisFormat),
    Refusal(header: "[]", dataSize: 0, code: .notThisFormat),
    Refusal(header: "{ ", dataSize: 0, code: .corruptHeader),
    Refusal(header: "{} x", dataSize: 0, code: .corruptHeader),
    Refusal(header: "{}\u{0}", dataSize: 0, code: .corruptHeader),
    Refusal(header: #"{"a":1}"#, code: .corruptHeader),
    Refusal(header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},}"#, code: .corruptHeader),
    Refusal(header: #"{"a" {"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, code: .corruptHeader),
    Refusal(header: #"{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, code: .corruptHeader),
    Refusal(header: #"{"\x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, code: .corruptHeader),
    Refusal(header: #"{"__metadata__":{"a":1}}"#, dataSize: 0, code: .corruptHeader),
    Refusal(header: #"{"__metadata__":{"a":"1","a":"1"}}"#, dataSize: 0, code: .corruptHeader),
    Refusal(header: #"{"__metadata__":{},"__metadata__":{}}"#, dataSize: 0, code: .corruptHeader),
    // Members.
    Refusal(header: #"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, code: .corruptHeader),
    Refusal(header: #"{"a":{"dtype":"F32","data_offsets":[0,8]}}"#, code: .corruptHeader),
    Refusal(header: #"{"a":{"dtype":"F32","shape":[2]}}"#, code: .corruptHeader),
    Refusal(
      header: #"{"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}"#, code: .corruptHeader),
    Refusal(header: #"{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}"#, code: .unsupportedType),
    Refusal(header: #"{"a":{"dtype":"f32","shape":[2],"data_offsets":[0,8]}}"#, code: .unsupportedType),
    Refusal(header: #"{"a":{"dtype":32,"shape":[2],"data_offsets":[0,8]}}"#, code: .corruptHeader),
    // Numbers.
    Refusal(header: #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, code: .corruptHeader),
    Refusal(header: #"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#, code: .corruptHeader),
    Refusal(header: #"{"a":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}"#, code: .corruptHeader),
    Refusal(header: #"{"a":{"dtype":"F32","shape":[2,],"data_offsets":[0,8]}}"#, code: .corruptHeader),
    Refusal(header: #"{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}"#, code: .corruptHeader),
    Refusal(
      header: #"{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]}}"#,
      code: .corruptHeader),
    Refusal(
      header: #"{"a":{"dtype":"F32","shape":[4611686018427387904,2],"data_offsets":[0,8]}}"#,
      code: .corruptHeader),
    Refusal(
      header: #"{"a":{"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}"#, dataSize: 0,
      code: .corruptHeader),
    Refusal(
      header: #"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}"#, dataSize: 1, code: .corruptHeader),
    // Ranges.
    Refusal(header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, code: .corruptHeader),
    Refusal(header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}"#, code: .corruptHeader),
    Refusal(header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, code: .corruptHeader),
    Refusal(header: #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, code: .corruptHeader),
    Refusal(
      header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, dataSize: 7, code: .truncated),
    Refusal(
      header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, dataSize: 9, code: .corruptHeader),
    Refusal(
      header:
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
      dataSize: 4, code: .corruptHeader),
    Refusal(
      header:
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
      dataSize: 12, code: .corruptHeader),
    Refusal(
      header:
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      code: .corruptHeader),
    Refusal(
      header:
        #"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#,
      dataSize: 0, code: .corruptHeader),
    // Nesting that would exhaust the stack of a parser that recurses.
    Refusal(header: #"{"a":"# + String(repeating: "[", count: 100_000), dataSize: 0, code: .corruptHeader),
    Refusal(header: String(repeating: #"{"a":"#, count: 100_000), dataSize: 0, code: .corruptHeader),
  ]

  @Test(arguments: refusals)
  func `A header that breaks a rule is refused`(refusal: Refusal) async throws {
    let data = [UInt8](repeating: 0, count: refusal.dataSize)
    let error = try await open(Fixtures.safetensors(refusal.header, data: data))
    #expect(error?.code == refusal.code, "\(error?.message ?? "opened")")
  }

  @Test func `A header that isn't UTF-8 is refused`() async throws {
    let header = Array(#"{"__metadata__":{"a":""#.utf8) + [0xC3, 0x28] + Array(#""}}"#.utf8)
    #expect(try await open(Fixtures.safetensors(header))?.code == .corruptHeader)
  }

  @Test(arguments: [
    (UInt64.max, WhiskerError.Code.notThisFormat), (1 << 63, .notThisFormat), (100_000_001, .notThisFormat),
    (100_000_000, .truncated), (3, .truncated), (1, .notThisFormat), (0, .notThisFormat),
  ])
  func `A hostile header length is refused`(length: UInt64, code: WhiskerError.Code) async throws {
    let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{}".utf8)
    #expect(try await open(bytes)?.code == code)
  }

  @Test func `Blanks, escapes and any order of members and tensors are read`() async throws {
    let header = """
      { "b\\u00e9\\ud83d\\udc08\\/" : {"data_offsets":[4 , 8], "shape":[] ,"dtype":"F32"} ,\t
      "a":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]}}   \u{20}
      """
    let bytes = Fixtures.safetensors(header, data: [1, 2, 3, 4, 0, 0, 0x80, 0x3F])
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("file")
      try Data(bytes).write(to: url)
      let file = try SafeTensorsFile(contentsOf: url)
      #expect(file.tensorNames == ["a", "bé🐈/"])
      #expect(try file.tensor("bé🐈/") == Tensor(1))
      #expect(file.metadata.isEmpty)
    }
  }

  /// The error that opening a file of these bytes throws; nil if it opens.
  private func open(_ bytes: [UInt8]) async throws -> WhiskerError? {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("file")
      try Data(bytes).write(to: url)
      return try formatError { _ = try SafeTensorsFile(contentsOf: url) }
    }
  }
}
