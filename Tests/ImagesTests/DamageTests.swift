import Foundation
import Testing
import WhiskerImages
import WhiskerSystem
import WhiskerTensors

/// Damaged files give a photo or an ``WhiskerSystem/WhiskerError``: no crash, no hang, no flood of memory.
@Suite struct DamageTests {
  @Test(arguments: Fixtures.photos) func randomDamageIsSurvived(fixture: Fixtures.Expectation) throws {
    let original = try Fixtures.bytes(fixture.file)
    var random = RandomStream(RandomKey(seed: 11).derived(UInt64(original.count)))
    var decoder = PhotoDecoder()
    decoder.limits.maximumPixels = 1_000_000
    let decompressor = try JPEGDecompressor()
    let before = peakMemory()
    var refused = 0
    for round in 0..<300 {
      var bytes = original
      // Half of the damage goes to the first bytes, where the sizes and tables are.
      for _ in 0...random.integer(below: 4) {
        let reach = random.chance(0.5) ? min(64, bytes.count) : bytes.count
        let position = random.integer(below: reach)
        switch random.integer(below: 4) {
        case 0: bytes[position] = UInt8(random.integer(below: 256))
        case 1: bytes[position] ^= 1 << UInt8(random.integer(below: 8))
        case 2: bytes.remove(at: position)
        default: bytes.insert([0, 1, 0x7F, 0x80, 0xFF][random.integer(below: 5)], at: position)
        }
      }
      if round % 3 == 0 { bytes.removeLast(random.integer(below: bytes.count)) }
      do throws(WhiskerError) {
        let photo = try decoder.decode(bytes, reusing: decompressor)
        #expect(photo.height * photo.width <= decoder.limits.maximumPixels)
      } catch {
        refused += 1
        #expect(!error.message.isEmpty)
      }
    }
    #expect(refused > 0)
    #expect(peakMemory() - before < 256 << 20)
    // The decompressor still works after all that.
    #expect(try decoder.decode(original, reusing: decompressor).hash == fixture.rgb)
  }

  @Test func randomBytesBehindASignatureAreSurvived() {
    var random = RandomStream(RandomKey(seed: 12))
    let signatures: [[UInt8]] = [
      [0xFF, 0xD8, 0xFF], [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], Array("GIF89a".utf8),
      Array("RIFF\0\0\0\0WEBPVP8 ".utf8), Array("BM".utf8), [0x49, 0x49, 42, 0], [0x4D, 0x4D, 0, 43],
    ]
    for signature in signatures {
      for _ in 0..<200 {
        let noise = (0..<random.integer(below: 200)).map { _ in UInt8(random.integer(below: 256)) }
        #expect(throws: WhiskerError.self) { try PhotoDecoder().decode(signature + noise) }
      }
    }
  }
}
