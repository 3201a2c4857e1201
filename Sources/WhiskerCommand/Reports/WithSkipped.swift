import Whisker

/// A result of the library with what of the data wasn't used, as one object of JSON.
struct WithSkipped<Result: Encodable>: Encodable {
  private enum CodingKeys: CodingKey { case skipped }

  private let result: Result
  private let skipped: SkippedFiles?

  init(_ result: Result, _ skipped: SkippedFiles?) {
    self.result = result
    self.skipped = skipped
  }

  func encode(to encoder: any Encoder) throws {
    try result.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(skipped, forKey: .skipped)
  }
}
