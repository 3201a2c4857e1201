import ArgumentParser
import Foundation
import Whisker

struct ConvertCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Turn a model or weights into another format, by the names' endings.",
    discussion: """
      What can become what:

        model.safetensors, .keras, .h5 → .keras, .h5    for Keras, with the optimizer's state where there is one
        model.safetensors, .keras, .h5 → .onnx          for onnxruntime and others to run (opset 17, weights inside)
        model.safetensors, .keras, .h5 → .safetensors   for Whisker and whatever reads tensors
        weights.pth, .pt               → .safetensors   the tensors of a PyTorch state dict, as 32-bit floats

      Preprocessing and class names go along in the metadata. Another program's model doesn't say them; state them with \
      --rescale, --resize and --class-names, and the new file does, so that predict and evaluate need no telling. What the new format can't hold is named on standard \
      error. PyTorch files are read without running what they pickle. The new file appears whole or not at all.
      """)

  @Argument(help: "The file to read, such as RUN/best.safetensors.", completion: .weights)
  var model: String

  @Argument(help: "The file to write; its ending says the format.", completion: .converted)
  var out: String

  @Flag(help: "Replace a file that is there already.")
  var overwrite = false

  @Flag(help: "Print what was made as JSON.")
  var json = false

  @OptionGroup(title: "Models of other programs") var foreign: ForeignModelOptions

  func run() async throws {
    let conversion = try ModelConversion(
      from: URL(fileURLWithPath: model), to: URL(fileURLWithPath: out), overwrites: overwrite,
      stating: foreign.statement())
    let bar = ProgressBar("Converting")
    let outcome = try await conversion.run { done, total in bar.update(done, of: total) }
    Console.finishLine()
    for text in outcome.lost { Console.note("note: \(text.onOneLine)") }
    if outcome.lacksStatement { Console.note("note: state it with --rescale, --resize and --class-names") }
    if json {
      try Console.result(json: Result(outcome, out))
    } else {
      try Console.result("\(out.onOneLine): \(outcome.tensorCount) tensors")
    }
  }

  private struct Result: Encodable {
    let model: String
    let tensors: Int
    let lost: [String]

    init(_ outcome: ModelConversion.Outcome, _ model: String) {
      self.model = model
      tensors = outcome.tensorCount
      lost = outcome.lost
    }
  }
}
