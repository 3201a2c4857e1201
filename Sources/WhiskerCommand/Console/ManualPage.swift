import ArgumentParser
import Foundation

/// The manual page of a command and all its subcommands, in the language of `man` (roff), made from their help.
struct ManualPage {
  /// The page.
  private(set) var text = ""

  init(_ command: any ParsableCommand.Type, version: String) throws {
    let tool = try JSONDecoder().decode(Tool.self, from: Data(command._dumpHelp().utf8)).command
    // No date: the same program gives the same page.
    add(".TH \(tool.commandName.uppercased()) 1 \"\" \"\(tool.commandName) \(version)\" \"User Commands\"")
    add(".SH NAME")
    addText("\(tool.commandName) - \(tool.abstract ?? "")")
    add(".SH SYNOPSIS")
    add(".B \(Self.escaped(tool.commandName))\n.I command\n[\\fIarguments\\fR]")
    add(".SH DESCRIPTION")
    addParagraphs(tool.discussion)
    add(".SH COMMANDS")
    for subcommand in tool.shownSubcommands { addCommand(subcommand, of: tool.commandName) }
    add(".SH OPTIONS")
    for argument in tool.shownArguments { addArgument(argument) }
    for (name, kind) in [("help", "-h, --help"), ("version", "--version")]
    where !tool.shownArguments.contains(where: { $0.valueName == name }) {
      add(".TP\n.B \(Self.escaped(kind))")
      addText(name == "help" ? "Show the help of a command." : "Show the version.")
    }
  }

  // MARK: Commands and arguments

  private mutating func addCommand(_ command: Command, of path: String) {
    let path = "\(path) \(command.commandName)"
    let positional = command.shownArguments.filter { $0.kind == "positional" }.map { argument in
      let name =
        "\\fI\(Self.escaped(argument.valueName ?? "value"))\\fR" + (argument.isRepeating ? " ..." : "")
      return argument.isOptional ? "[\(name)]" : name
    }
    add(
      ".SS " + (["\\fB\(Self.escaped(path))\\fR"] + positional + ["[\\fIoptions\\fR]"]).joined(separator: " ")
    )
    addText(command.abstract ?? "")
    if command.discussion != nil { add(".PP") }
    addParagraphs(command.discussion)
    for argument in command.shownArguments { addArgument(argument) }
    for subcommand in command.shownSubcommands { addCommand(subcommand, of: path) }
  }

  private mutating func addArgument(_ argument: Argument) {
    let value = argument.valueName.map { "\\fI\(Self.escaped($0))\\fR" } ?? ""
    let names = (argument.names ?? []).map { "\\fB\(Self.escaped($0.text))\\fR" }.joined(separator: ", ")
    add(".TP")
    switch argument.kind {
    case "positional": add(value)
    case "option": add("\(names) \(value)")
    default: add(names)
    }
    let values = argument.defaultValue.map { " (default: \($0))" } ?? ""
    addText((argument.abstract ?? "") + values)
    if let discussion = argument.discussion, !discussion.isEmpty { addText(discussion) }
  }

  // MARK: Text

  private mutating func add(_ line: String) { text += line + "\n" }

  private mutating func addText(_ line: String) {
    guard !line.isEmpty else { return }
    add(Self.escaped(line))
  }

  /// Adds paragraphs; lines that are set in stand as they are.
  private mutating func addParagraphs(_ text: String?) {
    var isFirst = true
    for paragraph in (text ?? "").components(separatedBy: "\n\n") where !paragraph.isEmpty {
      if !isFirst { add(".PP") }
      isFirst = false
      let lines = paragraph.split(separator: "\n")
      let isSetIn = lines.allSatisfy { $0.hasPrefix(" ") }
      if isSetIn { add(".nf") }
      for line in lines { addText(String(line)) }
      if isSetIn { add(".fi") }
    }
  }

  /// A line in ASCII in which nothing is a command to the formatter.
  private static func escaped(_ line: String) -> String {
    let text = line.unicodeScalars.map { scalar in
      switch scalar {
      case "\\": "\\e"
      case "-": "\\-"
      case _ where scalar.isASCII: String(scalar)
      default: String(format: "\\[u%04X]", scalar.value)
      }
    }.joined()
    return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }
}

// MARK: What the parser tells of commands

private struct Tool: Decodable {
  let command: Command
}

private struct Command: Decodable {
  let commandName: String
  let shouldDisplay: Bool?
  let abstract: String?
  let discussion: String?
  let subcommands: [Command]?
  let arguments: [Argument]?

  var shownSubcommands: [Command] {
    (subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
  }
  var shownArguments: [Argument] {
    (arguments ?? []).filter { $0.shouldDisplay && !["help", "version"].contains($0.valueName) }
  }
}

private struct Argument: Decodable {
  struct Name: Decodable {
    let kind: String
    let name: String

    var text: String { (kind == "long" ? "--" : "-") + name }
  }

  let kind: String
  let shouldDisplay: Bool
  let isOptional: Bool
  let isRepeating: Bool
  let names: [Name]?
  let valueName: String?
  let defaultValue: String?
  let abstract: String?
  let discussion: String?
}
