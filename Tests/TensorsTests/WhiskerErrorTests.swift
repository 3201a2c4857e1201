import Testing
import WhiskerSystem

/// The one error type.
@Suite struct WhiskerErrorTests {
  private struct Cause: Error {}

  @Test func whatWasExpectedAndGotAreFieldsAndText() {
    let error = WhiskerError(.shapeMismatch, "dense", expected: "[3]", got: "[4]", note: "turn it round")
    #expect(error.expected == "[3]" && error.got == "[4]")
    #expect(error.message == "expected [3], got [4]: turn it round")
    #expect("\(error)" == "dense: expected [3], got [4]: turn it round")
    let plain = WhiskerError(.cannotWrite, "", "the disk is full")
    #expect(plain.expected == nil && "\(plain)" == "the disk is full")
  }

  @Test func aPlaceStaysOnItsLine() {
    #expect("\(WhiskerError(.missingFile, "a\nb", "gone"))" == "a\\nb: gone")
  }

  @Test func anotherPlaceOrCodeKeepsTheFieldsAndTheCause() {
    let inner = WhiskerError(.invalidSetting, "rate", expected: "more than 0", got: "0")
    let outer = inner.inside("my.yaml: optimizer").with(.cannotRead)
    #expect(outer.place == "my.yaml: optimizer: rate" && outer.code == .cannotRead)
    #expect(outer.expected == "more than 0" && outer.got == "0")
    #expect(outer.cause is WhiskerError)
    #expect(WhiskerError(.truncated, "", "short").inside("file").place == "file")
  }

  @Test func equalErrorsSayTheSameWhateverLedToThem() {
    let first = WhiskerError(.cannotRead, "x", "no", cause: Cause())
    #expect(first == WhiskerError(.cannotRead, "x", "no") && first.hashValue == first.with().hashValue)
    #expect(first != WhiskerError(.cannotRead, "y", "no") && first != WhiskerError(.truncated, "x", "no"))
  }

  @Test func aSettingIsCheckedOnlyWhereItIsWrong() throws {
    try requireSetting(true, "x", expected: "1", got: 2)
    let error = #expect(throws: WhiskerError.self) {
      try requireSetting(false, "epochs", expected: "at least 1", got: 0)
    }
    #expect(error == WhiskerError(.invalidSetting, "epochs", expected: "at least 1", got: "0"))
  }
}
