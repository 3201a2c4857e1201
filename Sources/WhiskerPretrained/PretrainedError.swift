/// Why a published network or its weights can't be had: what kind of trouble, of which network or file, what was
/// expected.
public struct PretrainedError: Error, Hashable, Sendable {
  /// The kinds of trouble.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// No network of that name.
    case unknownNetwork
    /// The weights aren't on this machine, and weren't to be fetched.
    case missingWeights
    /// The weights couldn't be fetched.
    case fetchFailed
    /// The file isn't the one that was published.
    case wrongChecksum
    /// A weight that the network needs is missing, unknown or of another shape.
    case weightMismatch
    /// A number or name that can't be.
    case invalidSetting
    /// The file can't be written; what stood in its place, if anything, is unharmed.
    case cannotWrite
  }

  /// The kind of trouble.
  public let code: Code
  /// The network, file or setting.
  public let place: String
  /// What is wrong: "expected …, got …" where there is something to compare.
  public let message: String

  /// An error of the given kind.
  public init(_ code: Code, _ place: String, _ message: String) {
    self.code = code
    self.place = place
    self.message = message
  }
}

extension PretrainedError: CustomStringConvertible {
  /// The place, a colon and the message.
  public var description: String { "\(place): \(message)" }
}
