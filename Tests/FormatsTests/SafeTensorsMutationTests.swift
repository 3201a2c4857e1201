import Foundation
import Testing
import WhiskerFormats
import WhiskerTensors
import _TestSupport

@Suite struct SafeTensorsMutationTests {
  /// One way to damage a file.
  enum Damage: CaseIterable {
    case cut, flip, overwrite, insert, remove, changeLength, repeatPart, changeDigit
  }

  @Test(arguments: 0..<8)
  func `A damaged file gives an error or tensors of the shapes it states`(round: Int) async throws {
    let original = [UInt8](try Data(contentsOf: Fixtures.url("python.safetensors")))
    var random = RandomStream(RandomKey(seed: 11).derived(UInt64(round)))
    var refused = 0
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("damaged")
      for _ in 0..<500 {
        var bytes = original
        for _ in 0...random.integer(below: 3) { damage(&bytes, &random) }
        try Data(bytes).write(to: url)
        do {
          let file = try SafeTensorsFile(contentsOf: url)
          for name in file.tensorNames {
            var tensor: Tensor?
            let error = try formatError { tensor = try file.tensor(name) }
            #expect(tensor == nil ? error?.code == .unsupportedType : tensor?.shape == file.shape(of: name))
          }
        } catch is FormatError {
          refused += 1
        }
      }
    }
    // Flips in the elements leave a file valid; most other damage must be noticed.
    #expect((100..<500).contains(refused))
  }

  private func damage(_ bytes: inout [UInt8], _ random: inout RandomStream) {
    guard bytes.count > 16 else { return }
    let place = random.integer(below: bytes.count)
    switch Damage.allCases[random.integer(below: Damage.allCases.count)] {
    case .cut: bytes.removeLast(random.integer(below: bytes.count))
    case .flip: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
    case .overwrite: bytes[place] = UInt8(truncatingIfNeeded: random.nextWord())
    case .insert: bytes.insert(UInt8(truncatingIfNeeded: random.nextWord()), at: place)
    case .remove: bytes.remove(at: place)
    case .changeLength: bytes[random.integer(below: 8)] = UInt8(truncatingIfNeeded: random.nextWord())
    case .repeatPart:
      let end = min(bytes.count, place + 1 + random.integer(below: 100))
      bytes.insert(contentsOf: bytes[place..<end], at: place)
    case .changeDigit:
      let digits = bytes.indices.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[$0]) }
      guard !digits.isEmpty else { return }
      bytes[digits[random.integer(below: digits.count)]] =
        UInt8(ascii: "0") + UInt8(random.integer(below: 10))
    }
  }
}
