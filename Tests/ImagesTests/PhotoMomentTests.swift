import Testing
import WhiskerImages
import WhiskerTensors

/// When photos say that they were taken.
@Suite struct PhotoMomentTests {
  private func moment(_ name: String) throws -> PhotoMoment? {
    PhotoMoment(of: try Fixtures.bytes("moment-\(name).jpg"))
  }

  @Test func readsWhatPillowWrites() throws {
    let full = try #require(try moment("full"))
    let next = try #require(try moment("next-day"))
    // 23:59:58.75 on the 29th of February, and 0:00:01 on the first of March.
    #expect(abs(next.seconds - full.seconds - 2.25) < 1e-6)
    #expect(full.camera == "Whisker Box 2 0042")
    #expect(next.camera == "Whisker Box 2")
    let bare = try #require(try moment("bare"))
    #expect(bare.camera == nil && bare.seconds == next.seconds)
  }

  @Test(arguments: ["png", "webp", "heic"]) func otherFormatsSayItToo(ending: String) throws {
    let found = PhotoMoment(of: try Fixtures.bytes("moment-full.\(ending)"))
    #expect(try found == moment("full"))
  }

  @Test func knowsNothingWhereNothingIsSaid() throws {
    #expect(try moment("unset") == nil, "a clock that was never set")
    #expect(try moment("none") == nil)
    #expect(PhotoMoment(of: try Fixtures.bytes("rgb.png")) == nil)
    #expect(PhotoMoment(of: try Fixtures.bytes("turned-6.jpg")) == nil)
  }

  /// EXIF data come from strangers.
  @Test func damagedDataDoNoHarm() throws {
    var stream = RandomStream(RandomKey(seed: 8))
    for name in ["full.jpg", "bare.jpg", "full.heic", "full.webp", "full.png"] {
      let whole = try Fixtures.bytes("moment-\(name)")
      for length in 0..<whole.count { _ = PhotoMoment(of: Array(whole[..<length])) }
      var read = 0
      for _ in 0..<5000 {
        var bytes = whole
        for _ in 0...stream.integer(below: 4) {
          bytes[stream.integer(below: min(400, bytes.count))] = UInt8(stream.integer(below: 256))
        }
        if PhotoMoment(of: bytes) != nil { read += 1 }
      }
      #expect(read > 0)
    }
  }
}
