import Foundation
import Testing
import _TestSupport

@Suite("What is printed")
struct RenderingTests {
  @Test("The baseline's summary is Keras's table")
  func summary() async throws {
    try await withTemporaryFolder { folder in
      let table = try await whisker("summary", "--recipe", "baseline", in: folder)
      #expect(table.code == 0)
      for row in ["896", "18,496", "73,856", "147,584", "3,211,776", "513"] {
        #expect(table.output.contains(" \(row) │"))
      }
      #expect(table.output.contains("Total params: 3,453,121 (13.17 MB)"))
      let graph = try await whisker("summary", "--recipe", "baseline", "--graph", in: folder)
      #expect(graph.output.contains("update \"dense_1/bias\" rmsprop"))
      let layers = try await whisker(
        "summary", "--recipe", "baseline", "--classes", "5", "--json", in: folder)
      let summary = try #require(try json(layers.output) as? [String: Any])
      #expect(summary["parameters"] as? Int == 3_453_121 + 4 * 513)
    }
  }

  @Test(
    "Benchmarks give images per second, batch size and peak memory",
    arguments: [
      ["step", "--recipe", "tiny.yaml"], ["step", "data/train", "--recipe", "tiny.yaml"],
      ["infer", "--recipe", "tiny.yaml"], ["decode", "data/train"], ["augment", "data/train"],
    ])
  func bench(stage: [String]) async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let settings = ["--batch-size", "4", "--rounds", "2", "--seconds", "0.02", "--json"]
      let outcome = try await Whisker(["bench"] + stage + settings, in: folder).outcome()
      #expect(outcome.code == 0, "\(outcome.errors)")
      let result = try #require(try json(outcome.output) as? [String: Double])
      #expect(Set(result.keys) == ["imagesPerSecond", "batchSize", "peakMemoryBytes"])
      #expect(result["batchSize"] == 4)
      #expect(result.values.allSatisfy { $0 > 0 })
    }
  }

  @Test("A benchmark of files has the times of every format")
  func benchFiles() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let outcome = try await Whisker(
        ["bench", "files", "--recipe", "tiny.yaml", "--rounds", "2", "--folder", ".", "--json"], in: folder
      ).outcome()
      #expect(outcome.code == 0, "\(outcome.errors)")
      let results = try #require(try json(outcome.output) as? [[String: Any]])
      #expect(results.compactMap { $0["format"] as? String } == ["safetensors", "keras", "h5"])
      let times = results.flatMap { $0.values.compactMap { $0 as? Double } }
      #expect(times.count == 21 && times.allSatisfy { $0 > 0 })
      #expect(!folder.names.contains { $0.hasPrefix("whisker-bench") })
    }
  }

  @Test("Every command in the help has a help of its own")
  func help() async throws {
    try await withTemporaryFolder { folder in
      let help = try await whisker("--help", in: folder)
      #expect(help.code == 0 && help.errors.isEmpty)
      let commands = help.output.components(separatedBy: "SUBCOMMANDS:").last?.split(separator: "\n")
        .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") && !$0.contains("'") }
        .compactMap { $0.split(separator: " ").first.map(String.init) }
      #expect(try #require(commands).count >= 8)
      for command in try #require(commands) {
        let own = try await whisker("help", command, in: folder)
        #expect(own.code == 0 && own.output.contains("USAGE: whisker \(command)"))
      }
      #expect(try await whisker("--version", in: folder).output.split(separator: ".").count == 3)
    }
  }

  @Test("OpenMP's idle threads spin for a moment only, unless the user has chosen")
  func idleThreads() async throws {
    try await withTemporaryFolder { folder in
      func policy(_ variables: String) async throws -> String {
        let outcome = try #require(
          try await run(
            "/usr/bin/env",
            ["-i", "OMP_DISPLAY_ENV=verbose", "OTHER=1"] + [variables, Whisker.path, "--version"],
            in: folder))
        #expect(outcome.code == 0)
        return outcome.errors.split(separator: "\n").last { $0.contains("GOMP_SPINCOUNT") }.map(String.init)
          ?? ""
      }
      let usual = try await policy("A=1")
      #expect(usual.hasSuffix("'30000'"))
      let chosen = try await policy("GOMP_SPINCOUNT=7")
      #expect(chosen.hasSuffix("'7'"))
    }
  }
}
