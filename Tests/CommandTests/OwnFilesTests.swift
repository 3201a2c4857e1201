import Foundation
import Testing
import WhiskerInspection
import WhiskerTensors
import _TestSupport

/// Whisker removes or replaces only what it provably wrote: every command, among foreign files, links and
/// read-only parts, whether it succeeds or is refused.
@Suite("What isn't Whisker's", .serialized)
struct OwnFilesTests {
  /// How a command is called, with random places for what it writes.
  private typealias Call = @Sendable (inout Places) -> [String]

  /// Random places for files and folders to write.
  private struct Places {
    var stream: RandomStream
    private var count = 0

    init(_ stream: RandomStream) { self.stream = stream }

    /// A file that isn't there: in folders of others, behind links, where nobody may write, below a file.
    mutating func file(_ ending: String) -> String {
      count += 1
      let folders = [
        "", "", "others/", "linked/", "others/locked/", "others/notes.txt/", "dangling/", "loop/", "run/",
      ]
      return "\(folders[stream.integer(below: folders.count)])new-\(count).\(ending)"
    }

    /// A folder that may be there or not.
    mutating func folder() -> String {
      count += 1
      let folders = [
        "new-\(count)", "new-\(count)", "others/new-\(count)", "others", "others/empty", "others/deep",
        "linked", "run",
        "linked-run", "others/locked", "others/locked/new", "others/notes.txt", "dangling", "loop", "pipe",
        ".",
        "linked.txt",
      ]
      return folders[stream.integer(below: folders.count)]
    }

    /// One of the words, or none.
    mutating func flag(_ words: String...) -> [String] {
      let choice = stream.integer(below: words.count + 1)
      return choice == words.count ? [] : [words[choice]]
    }
  }

  private static let brief = ["--rounds", "1", "--seconds", "0.001"]
  private static let train = ["train", "data", "--recipe", "tiny.yaml", "--threads", "1"]

  /// Every command by its name; ``everyCommandIsHere()`` checks that this table is complete.
  private static let calls: [String: Call] = [
    "split": { ["split", "data/train", $0.folder()] + $0.flag("--link=hard", "--link=symbolic") },
    "sketches": { ["sketches", $0.folder(), "--per-class", "2", "--size", "32"] },
    "inspect": { ["inspect", "data", "--json"] + $0.flag("--fix", "--fix") },
    "train": {
      train + ["--output", $0.folder()] + $0.flag("--overwrite", "--resume") + $0.flag("--folds=2")
    },
    "curve": {
      [
        "curve", "data", "--recipe", "tiny.yaml", "--sizes", "4", "--repeats", "1", "--threads", "1",
        "--output",
      ]
        + [$0.folder()] + $0.flag("--overwrite", "--resume")
    },
    "lr-find": {
      [
        "lr-find", "data", "--recipe", "tiny.yaml", "--steps", "10", "--threads", "1", "--output",
        $0.file("png"),
      ]
    },
    "plot": { ["plot", "run"] + ($0.stream.integer(below: 2) == 0 ? [] : ["--output", $0.file("png")]) },
    "evaluate": {
      ["evaluate", "model.safetensors", "data", "--confusion", $0.file("png"), "--mistakes", $0.folder()]
    },
    "predict": { ["predict", "model.safetensors", "data/test"] + $0.flag("--csv", "--json") },
    "average": { places in
      let isForeign = places.stream.integer(below: 2) == 0
      let target = isForeign ? "others/best.safetensors" : places.file("safetensors")
      return ["average", "run", "model.safetensors", "--keep", "--threads", "1", "--output", target]
    },
    "summary": { ["summary", "model.safetensors"] + $0.flag("--graph") },
    "explain": {
      ["explain", "model.safetensors", "data/test/cats/photo.0.jpg", "--output", $0.file("png")]
    },
    "report": {
      ["report", "run"] + ($0.stream.integer(below: 2) == 0 ? [] : ["--output", $0.file("html")])
    },
    "recipe": { ["recipe"] + $0.flag("tiny.yaml", "baseline") },
    "preview": { ["preview", "data/test/cats/photo.0.jpg", "--count", "2", "--output", $0.file("png")] },
    "convert": { places in
      let endings = ["keras", "h5", "onnx", "safetensors"]
      let targets = ["others/model.keras", "others/best.safetensors", "others/notes.txt", "linked/model.h5"]
      let isForeign = places.stream.integer(below: 2) == 0
      let target =
        isForeign
        ? targets[places.stream.integer(below: 4)] : places.file(endings[places.stream.integer(below: 4)])
      return ["convert", "model.safetensors", target]
    },
    "weights list": { _ in ["weights", "list"] },
    "weights fetch": { _ in ["weights", "fetch", "efficientnet-lite0"] },
    "weights path": { _ in ["weights", "path", "efficientnet-lite0"] },
    "bench step": { _ in ["bench", "step", "--recipe", "tiny.yaml", "--batch-size", "2"] + brief },
    "bench infer": { _ in ["bench", "infer", "--recipe", "tiny.yaml", "--batch-size", "2"] + brief },
    "bench decode": { _ in ["bench", "decode", "data/test", "--batch-size", "2"] + brief },
    "bench augment": { _ in
      ["bench", "augment", "data/train", "--batch-size", "2", "--recipe", "augmented"] + brief
    },
    "bench files": { ["bench", "files", "--recipe", "tiny.yaml", "--rounds", "1", "--folder", $0.folder()] },
    "manual": { _ in ["manual"] },
  ]

  @Test("Every command is tried")
  func everyCommandIsHere() async throws {
    try await withTemporaryFolder { folder in
      let dump = try await whisker("--experimental-dump-help", in: folder)
      let tool = try #require(
        try JSONSerialization.jsonObject(with: Data(dump.output.utf8)) as? [String: Any])
      func leaves(_ command: [String: Any], _ path: [String]) -> [String] {
        let own = (command["subcommands"] as? [[String: Any]] ?? []).filter {
          $0["commandName"] as? String != "help"
        }
        if own.isEmpty { return [path.joined(separator: " ")] }
        return own.flatMap { leaves($0, path + [$0["commandName"] as? String ?? "?"]) }
      }
      let found = leaves(try #require(tool["command"] as? [String: Any]), [])
      #expect(
        Set(found) == Set(Self.calls.keys), "a command that isn't tried among foreign files, or is gone")
    }
  }

  @Test("stays as it is, byte for byte, whatever a command does", arguments: 0..<4)
  func foreignFilesStay(seed: Int) async throws {
    try await withTemporaryFolder { folder in
      var stream = RandomStream(RandomKey(seed: UInt64(seed)).derived("own files"))
      let scene = try await ForeignScene(in: folder, &stream)
      defer { scene.close() }
      var places = Places(stream)
      let names = Self.calls.keys.sorted()
      var moved: Set<String> = []
      var known: [String] = []
      for index in places.stream.permutation(names.count) {
        guard let call = Self.calls[names[index]] else { continue }
        let arguments = call(&places)
        let outcome = try await run(arguments, in: folder)
        #expect(
          [0, 64, 65, 66, 73].contains(outcome.code), "\(arguments): \(outcome.code) \(outcome.errors)")
        if names[index] == "inspect" { moved.formUnion(try Self.moved(outcome.output)) }
        let damage = scene.damage(except: moved).filter { !known.contains($0) }
        #expect(
          damage.isEmpty, "seed \(seed), \(arguments.joined(separator: " ")), \(outcome.code): \(damage)")
        known += damage
      }
    }
  }

  /// Runs the command with caches of the scene's own, and without pip where weights would be fetched.
  private func run(_ arguments: [String], in folder: URL) async throws -> Outcome {
    let settings = [
      "XDG_CACHE_HOME=\(folder.below("cache").path)", "TMPDIR=\(folder.below("temporary").path)",
    ]
    let path = arguments.first == "weights" ? ["PATH=/nowhere"] : []
    return try await Whisker("/usr/bin/env", settings + path + [Whisker.path] + arguments, in: folder)
      .outcome()
  }

  /// What `inspect --fix --json` says that it moved, which is there all the same.
  private static func moved(_ output: String) throws -> Set<String> {
    let result = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
    let moves = result?["moved"] as? [[String: Any]] ?? []
    return Set(moves.compactMap { ($0["file"] as? String).map { "data/\($0)" } })
  }
}
