import Testing
import WhiskerFormats

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
}
