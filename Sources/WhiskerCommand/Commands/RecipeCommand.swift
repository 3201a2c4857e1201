import ArgumentParser
import Whisker

struct RecipeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recipe",
    abstract: "Print a recipe: a YAML file to copy, change and train with.",
    discussion: "Without a name, lists the built-in recipes.")

  @Argument(
    help: "A built-in recipe's name, or the path of a recipe file to check.", completion: .recipe)
  var recipe: String?

  func run() async throws {
    guard let recipe else {
      for name in Recipe.builtInNames { try Console.result(name) }
      return
    }
    let checked = try Recipe(named: recipe)
    // Whether layers fit each other, and phases them, doesn't depend on how many classes there will be.
    if checked.from == nil { try checked.check(checked.readingBase().model(classes: 2, seed: 0).network()) }
    try Console.result(Recipe.builtInText(recipe) ?? checked.yaml())
  }
}
