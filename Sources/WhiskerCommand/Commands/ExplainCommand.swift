import ArgumentParser
import Foundation
import Whisker

struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show where a model looks on a photo (Grad-CAM).",
    discussion: """
      Writes the photo with the evidence for the likeliest class, or the one named, laid over it: red for much, blue for \
      little, nothing where nothing does. Prints a line: the photo's path, the likeliest class and its probability, \
      then the class that was explained and its probability, separated by tabs.
      """)

  @Argument(
    help: "A model file: .safetensors, .keras or .h5, such as RUN/best.safetensors.", completion: .model)
  var model: String

  @Argument(help: "The photo.", completion: .file())
  var photo: String

  @Option(
    help: "The picture to write: a file ending in .png, .jpg or .jpeg.",
    completion: .picture)
  var output: String

  @Option(name: .customLong("class"), help: "The class to explain; the likeliest by default.")
  var className: String?

  @Option(
    help:
      "The layer to look at, of those that whisker summary lists with rows and columns; the last convolution by default."
  )
  var layer: String?

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup(title: "Models of other programs") var foreign: ForeignModelOptions
  @OptionGroup(title: "Computing") var engine: EngineOptions

  func run() async throws {
    let file = try PictureFile(output, unlike: photo)
    let engine = try engine.makeEngine()
    let saved = try foreign.model(model)
    try saved.compile(engine: engine)
    let explanation = try await saved.explanation(
      ofPhotoAt: URL(fileURLWithPath: photo), className: className.map { trimmed($0, in: saved) },
      layerName: layer)
    try explanation.overlay.write(to: file.url)
    let result = Result(photo, explanation, saved.classNames, output)
    if json {
      try Console.result(json: result)
    } else {
      let numbers = [result.probability, result.probabilityOfClass].map { String(format: "%.4f", $0) }
      try Console.result(
        [photo.onOneLine, result.label.onOneLine, numbers[0], result.`class`.onOneLine, numbers[1]]
          .joined(separator: "\t"))
    }
    let note = explanation.map.isEmpty ? ": there is no evidence for this class on it" : ""
    Console.note(
      "Wrote what \(explanation.layerName) sees of \(result.`class`) in \(output)\(note)".onOneLine)
  }

  /// A class's name without spaces around it, unless a class is called so.
  private func trimmed(_ name: String, in saved: SavedModel) -> String {
    saved.classNames.contains(name) ? name : name.trimmingCharacters(in: .whitespaces)
  }

  private struct Result: Encodable {
    let file: String
    let label: String
    let probability: Float
    let `class`: String
    let probabilityOfClass: Float
    let layer: String
    let output: String

    init(
      _ file: String, _ explanation: SavedModel.Explanation, _ classNames: [String], _ output: String
    ) {
      func number(of name: String) -> Float {
        classNames.firstIndex(of: name).map { explanation.probabilities[$0] } ?? 0
      }
      self.file = file
      label = explanation.label
      probability = number(of: explanation.label)
      `class` = explanation.className
      probabilityOfClass = number(of: explanation.className)
      layer = explanation.layerName
      self.output = output
    }
  }
}
