import Testing
import WhiskerFormats
import WhiskerTensors

@Suite struct JSONValueTests {
  @Test func `A document is read and written`() throws {
    let text = #"{"a":[1,2.5,true,null,"고양이 \"1\""],"b":{},"c":1e-07,"d":[]}"#
    let value = try JSONValue(Array(text.utf8), place: "test", file: "f")
    #expect(
      value == [
        "a": [1, .number(2.5), true, nil, "고양이 \"1\""], "b": [:], "c": .number(1e-7), "d": [],
      ])
    #expect(value.text == text)
  }

  @Test func `Single-precision numbers are written as their doubles`() {
    #expect(JSONValue(Float(0.001)).text == "0.0010000000474974513")
  }

  @Test(arguments: ["", "{", "[1", "{\"a\":}", "nul", "[1e999]", "\"\u{1}\""])
  func `What isn't JSON is an error with its place`(text: String) throws {
    let error = try formatError { _ = try JSONValue(Array(text.utf8), place: "config.json", file: "f") }
    #expect(error?.code == .corruptHeader)
    #expect(error?.message.hasPrefix("config.json: expected JSON, got: ") == true)
  }

  @Test(arguments: ["[", "{\"a\":"])
  func `Nesting without end is an error`(part: String) throws {
    let text = String(repeating: part, count: 100_000)
    let error = try formatError { _ = try JSONValue(Array(text.utf8), place: "config.json", file: "f") }
    #expect(error?.code == .corruptHeader)
  }

  @Test func `Deep nesting within the limit is read`() throws {
    let text = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
    #expect(try JSONValue(Array(text.utf8), place: "test", file: "f").text == text)
  }

  @Test func `A value is what it would be written as`() throws {
    struct Settings: Encodable {
      let name = "a/b", rate: Float = 0.001, losses: [Double] = [.nan, -.infinity, .infinity, 1], isOn = true
      let missing: Int? = nil
      let seed = UInt64.max
    }
    let value = try JSONValue(encoding: Settings())
    #expect(
      value == [
        "name": "a/b", "rate": .number(0.001), "losses": ["nan", "-inf", "inf", 1], "isOn": true,
        "seed": .number(0x1p64),
      ])
    #expect(JSONValue.array([.number(.nan), .number(.infinity)]).text == #"["nan","inf"]"#)
  }

  @Test func `Numbers are kept to the last bit`() throws {
    var stream = RandomStream(RandomKey(seed: 3))
    for _ in 0..<5000 {
      let number = Double(bitPattern: stream.next())
      guard number.isFinite else { continue }
      #expect(try JSONValue(encoding: number).number == number)
    }
  }
}
