import Testing
import WhiskerFormats

/// The standard's own examples (FIPS 180-4, and NIST's example values), and lengths around a block.
@Suite struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func knownValues(text: String, expected: String) {
    #expect(SHA256.text(of: Array(text.utf8)) == expected)
  }

  @Test func aMillionLettersInPieces() {
    var hash = SHA256()
    let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    var start = 0
    for size in [0, 1, 63, 64, 65, 127, 1000, 500_000] {
      bytes[start..<start + size].withUnsafeBytes { hash.add($0) }
      start += size
    }
    bytes[start...].withUnsafeBytes { hash.add($0) }
    #expect(hash.finish() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}
