import ArgumentParser
import Foundation
import Whisker

/// What the user states about a model that another program wrote; Whisker's own models contain it.
struct ForeignModelOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "For another program's model: what each byte of a photo is multiplied with, such as 1/255.")
  var rescale: String?

  @Option(
    help: "For another program's model: how photos are resized: nearest, bilinear or bicubic.",
    completion: .list(Interpolation.allCases.map(\.rawValue)))
  var resize: String?

  @Option(
    help:
      "For another program's model: the names of the classes in the order of its outputs, as in cats,dogs.")
  var classNames: String?

  @Flag(
    help:
      "For another program's model: its outputs are logits, and probabilities are their sigmoid or softmax.")
  var logits = false

  @Flag(
    help:
      "For another program's model: its outputs are probabilities, though the last layer has no activation.")
  var probabilities = false

  @OptionGroup var open: ModelChoiceOptions

  func validate() throws {
    if logits && probabilities {
      throw ValidationError("--logits and --probabilities: expected one of them, got both")
    }
  }

  /// Reads a model, and reports what had to be assumed about it.
  func model(_ path: String) throws -> SavedModel {
    let saved = try SavedModel(contentsOf: URL(fileURLWithPath: path), stating: statement())
    introduce(saved, path)
    return saved
  }

  /// Reports what had to be assumed about a model.
  func introduce(_ saved: SavedModel, _ path: String) {
    for remark in saved.remarks { Console.note("whisker: \(path.onOneLine): \(remark.onOneLine)") }
    guard !saved.assumptions.isEmpty else { return }
    let (height, width) = (saved.preparation.height, saved.preparation.width)
    let isLogits = saved.assumptions.contains { if case .logits = $0 { true } else { false } }
    let outputs = isLogits ? ", --probabilities" : ""
    let list = saved.assumptions.map { "\($0)".onOneLine }.joined(separator: "; ")
    Console.note(
      "whisker: \(path.onOneLine): made by another program, for photos of \(height) × \(width); assumed: \(list) (state "
        + "otherwise with --rescale, --resize, --class-names\(outputs))")
  }

  /// What is stated.
  func statement() throws -> ModelStatement {
    var statement = ModelStatement()
    if let rescale { statement.rescale = try ForeignModelOptions.factor(rescale) }
    statement.interpolation = try resize.map(ForeignModelOptions.interpolation)
    if let classNames {
      statement.classNames = classNames.listItems
    }
    if logits { statement.outputs = .logits }
    if probabilities { statement.outputs = .probabilities }
    statement.choices = try open.choices()
    return statement
  }

  /// A way to resize, by its name.
  static func interpolation(_ text: String) throws -> Interpolation {
    guard let interpolation = Interpolation(rawValue: text.trimmingCharacters(in: .whitespaces)) else {
      let all = Interpolation.allCases.map(\.rawValue).joined(separator: ", ")
      throw WhiskerError(.invalidSetting, "--resize", expected: "one of \(all)", got: "\"\(text)\"")
    }
    return interpolation
  }

  /// A number, or a quotient of two.
  static func factor(_ text: String) throws -> Float {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map {
      Float($0.trimmingCharacters(in: .whitespaces))
    }
    switch (parts.first ?? nil, parts.count > 1 ? parts[1] : 1) {
    case (let dividend?, let divisor?) where parts.count <= 2 && divisor != 0 && dividend != 0:
      return dividend / divisor
    default:
      throw WhiskerError(
        .invalidSetting, "--rescale", expected: "a number other than 0 or a quotient such as 1/255",
        got: "\"\(text)\"")
    }
  }
}
