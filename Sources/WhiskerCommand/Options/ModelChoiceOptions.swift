import ArgumentParser
import Whisker

/// What another program's model may leave open.
struct ModelChoiceOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: """
      For another program's model that leaves the size of photos open: rows and columns, 1 to 4096, as in 224 or \
      150x200.
      """)
  var imageSize: String?

  @Option(
    parsing: .unconditional,
    help: "For another program's model that gives several results: the name of the one to read.")
  var outputLayer: String?

  /// What was chosen.
  func choices() throws -> ModelChoices {
    ModelChoices(imageSize: try imageSize.map { try Self.size(of: $0) }, output: outputLayer)
  }

  /// One number for a square, or two.
  static func size(of text: String) throws -> Size2D {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    let sides = parts.compactMap(\.self)
    guard sides.count == parts.count, 1...2 ~= sides.count, sides.allSatisfy({ 1...4096 ~= $0 }) else {
      throw WhiskerError(
        .invalidSetting, "--image-size", expected: "1 to 4096, or rows and columns as in 150x200",
        got: "\"\(text)\"")
    }
    return Size2D(height: sides[0], width: sides[sides.count - 1])
  }
}
