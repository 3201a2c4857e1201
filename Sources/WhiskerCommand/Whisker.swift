import ArgumentParser

@main
struct Whisker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "whisker", abstract: "Train image classifiers from small datasets.")
}
