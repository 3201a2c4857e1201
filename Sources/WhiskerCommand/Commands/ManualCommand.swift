import ArgumentParser

struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual",
    abstract: "Print the manual page, for man.",
    discussion: """
      whisker manual | man -l - shows it; make man writes it to .build/whisker.1, to be copied where man looks for pages, \
      such as ~/.local/share/man/man1.
      """)

  func run() throws {
    let page = try ManualPage(WhiskerCommand.self, version: WhiskerCommand.configuration.version)
    try Console.result(page.text, terminator: "")
  }
}
