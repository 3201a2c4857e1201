public import ArgumentParser
import Whisker

/// What is done about classes of uneven sizes.
struct ClassOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: """
      How much each class counts in the training loss: balanced, all the same however many photos they have, or numbers such \
      as cats=1,dogs=20, 1 for a class that isn't named. Metrics and validation are as without it.
      """)
  var classWeight: String?

  @Option(
    help: """
      How training photos are drawn: natural, each once in every pass, or balanced, every class equally often, so that the \
      photos of smaller classes come again sooner.
      """)
  var sampling: ClassSampling?

  /// Replaces what a recipe does.
  func apply(to recipe: inout Recipe) throws {
    recipe.training.classWeight = try classWeights() ?? recipe.training.classWeight
    recipe.training.sampling = sampling ?? recipe.training.sampling
  }

  private func classWeights() throws -> ClassWeight? {
    try classWeight.map { text in
      guard let weight = ClassWeight(text: text) else {
        throw WhiskerError(
          .invalidSetting, "--class-weight",
          expected: "balanced, or a number for each class such as cats=1,dogs=20", got: text.quoted)
      }
      return weight
    }
  }
}

extension ClassSampling: ExpressibleByArgument {}
