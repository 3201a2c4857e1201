import Foundation
import Testing
import _TestSupport

@Suite("Manual page and completions")
struct ManualTests {
  /// The names of the subcommands, as the help lists them.
  private func commands(in folder: URL) async throws -> [String] {
    let help = try await whisker("--help", in: folder).output
    let list = try #require(help.components(separatedBy: "SUBCOMMANDS:").last)
    return list.split(separator: "\n").filter {
      $0.hasPrefix("  ") && !$0.hasPrefix("   ") && !$0.contains("'")
    }
    .compactMap { $0.split(separator: " ").first.map(String.init) }
  }

  @Test("The manual page has every command and every option of its help")
  func page() async throws {
    try await withTemporaryFolder { folder in
      let page = try await whisker("manual", in: folder)
      #expect(page.code == 0 && page.output.hasPrefix(".TH WHISKER 1 \"\" \"whisker "))
      #expect(page.output.utf8.allSatisfy { $0 < 128 })
      let lines = page.output.split(separator: "\n")
      let known = [".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".I", ".nf", ".fi"]
      for line in lines where line.hasPrefix(".") || line.hasPrefix("'") {
        #expect(known.contains(String(line.prefix { $0 != " " })), "\(line)")
      }
      let names = try await commands(in: folder)
      #expect(names.count >= 12)
      for name in names {
        let title = ".SS \\fBwhisker \(name.replacing("-", with: "\\-"))\\fR"
        let begin = try #require(lines.firstIndex { $0.hasPrefix(title) }, "\(name)")
        let section = lines[(begin + 1)...].prefix {
          !$0.hasPrefix(".SS \\fBwhisker ") || $0.contains(" \(name) ")
        }
        .joined(separator: "\n").replacing("\\-", with: "-")
        let help = try await whisker("help", name, in: folder).output
        for option in help.matches(of: /\n  (--[a-z0-9-]+)/).map(\.output.1) where option != "--version" {
          let isThere = section.contains("\\fB\(option)\\fR")
          #expect(isThere, "\(name) \(option)")
        }
      }
      #expect(try await whisker("manual", in: folder).output == page.output)
    }
  }

  @Test("Every command, option and argument has a help")
  func help() async throws {
    try await withTemporaryFolder { folder in
      func check(_ part: [String: Any], _ name: String) {
        #expect((part["abstract"] as? String)?.isEmpty == false, "\(name)")
        for argument in part["arguments"] as? [[String: Any]] ?? [] {
          let argumentName = argument["valueName"] as? String ?? "?"
          #expect((argument["abstract"] as? String)?.isEmpty == false, "\(name) \(argumentName)")
        }
        for command in part["subcommands"] as? [[String: Any]] ?? [] {
          let commandName = command["commandName"] as? String ?? "?"
          // The parser's own.
          if commandName != "help" { check(command, "\(name) \(commandName)") }
        }
      }
      let dump = try await whisker("--experimental-dump-help", in: folder)
      let tool = try #require(try json(dump.output) as? [String: Any])
      check(try #require(tool["command"] as? [String: Any]), "")
    }
  }

  @Test("Shells complete commands, options, recipes and model files")
  func completions() async throws {
    try await withTemporaryFolder { folder in
      for shell in ["bash", "zsh", "fish"] {
        let script = try await whisker("--generate-completion-script", shell, in: folder)
        #expect(script.code == 0 && script.output.contains("checkpoint-steps"))
        try script.output.write(to: folder.below("complete.\(shell)"), atomically: true, encoding: .utf8)
      }
      try Data().write(to: folder.below("mine.yaml"))
      try Data().write(to: folder.below("best.safetensors"))
      try Data().write(to: folder.below("notes.txt"))
      try FileManager.default.createSymbolicLink(
        at: folder.below("whisker"), withDestinationURL: URL(fileURLWithPath: Whisker.path))
      func completed(_ words: String...) async throws -> [String] {
        let line = (["whisker"] + words).joined(separator: " ")
        let script = """
          export PATH="$PWD:$PATH"
          source ./complete.bash
          COMP_LINE='\(line)' COMP_POINT=\(line.count) COMP_CWORD=\(words.count)
          COMP_WORDS=(whisker \(words.map { "'\($0)'" }.joined(separator: " ")))
          "$(complete -p whisker | sed 's/.*-F \\([^ ]*\\).*/\\1/')" whisker '\(words.last ?? "")' '\(words.dropLast().last ?? "whisker")'
          printf '%s\\n' "${COMPREPLY[@]}"
          """
        let outcome = try #require(try await run("/bin/bash", ["-c", script], in: folder))
        return outcome.output.split(separator: "\n").map(String.init)
      }
      #expect(try await completed("tr") == ["train"])
      #expect(try await completed("train", "--val").contains("--validation-split"))
      let recipes = Set(try await completed("train", "data", "--recipe", ""))
      #expect(recipes.isSuperset(of: ["augmented", "baseline", "mine.yaml"]), "\(recipes)")
      #expect(!recipes.contains("notes.txt"))
      #expect(try await completed("summary", "b") == ["best.safetensors"])
      try Data().write(to: folder.below("best.pth"))
      #expect(try await completed("summary", "best.p") == [])
      #expect(try await completed("convert", "best.p") == ["best.pth"])
      #expect(try await completed("convert", "best.pth", "best.") == ["best.safetensors"])
      try FileManager.default.createDirectory(at: folder.below("best"), withIntermediateDirectories: true)
      #expect(try await completed("bench", "decode", "b") == ["best"])
      #expect(try await completed("bench", "files", "--folder", "b") == ["best"])
      #expect(try await completed("evaluate", "m", "d", "--mistakes", "b") == ["best"])
      #expect(try await completed("bench", "step", "--recipe", "aug") == ["augmented"])
      #expect(try await completed("weights", "path", "vgg") == ["vgg16"])
      #expect(try await completed("predict", "--network", "res") == ["resnet50"])
      #expect(try await completed("predict", "m", "--tta", "c") == ["crops"])
      #expect(try await completed("ave") == ["average"])
      #expect(try await completed("average", "a", "b", "--output", "best.") == ["best.safetensors"])
    }
  }
}
