import WhiskerSystem

/// A penalty on the size of a weight that joins the loss.
public enum Regularizer: Hashable, Sendable {
  /// `factor · Σw²`.
  case l2(Float)
}

extension Regularizer: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable { case l2 }

  /// Reads `{"l2": 0.001}`.
  public init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, CodingKeys.self)
    self = .l2(try decoder.container(keyedBy: CodingKeys.self).decode(Float.self, forKey: .l2))
  }

  /// Writes `{"l2": 0.001}`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .l2(let factor): try container.encode(factor, forKey: .l2)
    }
  }
}
