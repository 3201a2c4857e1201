import Whisker

/// A result of the library with what of the data wasn't used and what belongs together, as one object of JSON.
struct WithSkipped<Result: Encodable>: Encodable {
  private enum CodingKeys: CodingKey { case skipped, groups }

  private let result: Result
  private let skipped: SkippedFiles?
  private let groups: GroupReport?

  init(_ result: Result, _ skipped: SkippedFiles?, _ groups: GroupReport?) {
    self.result = result
    self.skipped = skipped
    self.groups = groups
  }

  func encode(to encoder: any Encoder) throws {
    try result.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(skipped, forKey: .skipped)
    try container.encodeIfPresent(groups, forKey: .groups)
  }
}
