/// Why training stopped.
public struct TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: Hashable, Sendable {
    /// The loss is infinite or not a number.
    case lossNotFinite
    /// A setting is out of its range.
    case invalidSetting
    /// A recipe can't be read or doesn't make sense.
    case badRecipe
    /// The data has other classes than the model.
    case classMismatch
    /// The output folder holds a run already.
    case runExists
    /// The output can't be written.
    case cannotWrite
    /// A file is no model of ours.
    case badModel
    /// A checkpoint can't be read.
    case badCheckpoint
    /// A table of what training measured can't be read.
    case badHistory
    /// A run is to be resumed with other settings than it began with.
    case runChanged
    /// A run is to be resumed with other photos than it began with.
    case dataChanged
    /// A file isn't there.
    case missingFile
  }

  /// The kind of fault.
  public let code: Code
  /// The file, setting or place at fault.
  public let place: String
  /// "expected …, got …".
  public let message: String

  /// An error at a place, with a message of the form "expected …, got …".
  public init(_ code: Code, _ place: String, _ message: String) {
    self.code = code
    self.place = place
    self.message = message
  }

  /// `place: message`.
  public var description: String { "\(place): \(message)" }
}
