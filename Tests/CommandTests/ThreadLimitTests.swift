import Foundation
import Testing
import WhiskerImages
import WhiskerInspection
import WhiskerRuns
import _TestSupport

/// OpenMP gives a region fewer threads than it is asked for where the environment says so, or the machine is busy.
@Suite("Fewer threads than were asked for")
struct ThreadLimitTests {
  /// Convolutions and dense layers as the built-in recipes have them, for 64 × 64 photos.
  private static let recipe = """
    name: threads
    image: {height: 64, width: 64}
    network:
      - Conv2D: {filters: 16, kernel_size: 3, activation: relu}
      - MaxPooling2D
      - Conv2D: {filters: 32, kernel_size: 3, activation: relu}
      - MaxPooling2D
      - Flatten
      - Dropout: {rate: 0.2}
      - Dense: {units: 32, activation: relu}
      - Output
    optimizer: {rmsprop: {learning_rate: 0.001}}
    training: {batch_size: 8, steps_per_epoch: 3, epochs: 2}
    """

  /// A folder with 32 photos, `data`, and the recipe, `threads.yaml`.
  private func withPhotos(_ body: (URL) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder, counts: ["train": 16])
      try Self.recipe.write(to: folder.below("threads.yaml"), atomically: true, encoding: .utf8)
      try await body(folder)
    }
  }

  private static func training(_ output: String, threads: Int) -> [String] {
    [
      "train", "data", "--recipe", "threads.yaml", "--output", output, "--threads", "\(threads)", "--seed",
      "4",
    ]
  }

  /// The command with other variables in its environment, or behind another program.
  private func whisker(
    behind words: [String], _ arguments: [String], in folder: URL
  ) async throws -> Outcome {
    try await Whisker("/usr/bin/env", words + [Whisker.path] + arguments, in: folder).outcome()
  }

  /// The table that `predict --csv` prints.
  private func probabilities(_ csv: String) -> [Double] {
    csv.split(separator: "\n").dropFirst().flatMap {
      $0.split(separator: ",").suffix(2).compactMap { Double($0) }
    }
  }

  @Test("Predictions are the same, whatever was asked for and whatever OpenMP allows")
  func predictions() async throws {
    try await withPhotos { folder in
      #expect(try await Whisker(Self.training("run", threads: 1), in: folder).outcome().code == 0)
      func predict(_ threads: Int, _ words: [String], _ more: [String] = []) async throws -> String {
        let outcome = try await whisker(
          behind: words,
          ["predict", "run/model.safetensors", "data/train", "--csv", "--threads", "\(threads)"] + more,
          in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        return outcome.output
      }
      let reference = probabilities(try await predict(1, [], ["--engine", "reference"]))
      #expect(reference.count == 64)
      var unlimited: [Int: String] = [:]
      for threads in [1, 2, 3, 8] {
        let table = try await predict(threads, [])
        let found = probabilities(table)
        #expect(found.count == 64)
        #expect(zip(found, reference).allSatisfy { abs($0 - $1) < 1e-4 }, "\(threads) threads")
        unlimited[threads] = table
      }
      for (words, limit) in [
        (["OMP_THREAD_LIMIT=1"], 1), (["OMP_THREAD_LIMIT=2"], 2), (["OMP_DYNAMIC=true"], 8),
        (["OMP_DYNAMIC=false"], 8), (["OMP_THREAD_LIMIT=2", "OMP_DYNAMIC=true"], 2),
        (["OMP_MAX_ACTIVE_LEVELS=0"], 1), (["OMP_NUM_THREADS=1"], 8), (["OMP_NESTED=false"], 8),
      ] {
        for threads in [1, 2, 3, 8] {
          // A limit of 2 with 3 asked for gives the results of 2.
          #expect(
            try await predict(threads, words) == unlimited[min(threads, limit)],
            "\(threads) threads, \(words)")
        }
      }
    }
  }

  @Test("On one core of the processor too, where every core is one thread")
  func affinity() async throws {
    let core = try #require(try firstCore())
    try await withPhotos { folder in
      #expect(try await Whisker(Self.training("run", threads: 1), in: folder).outcome().code == 0)
      let predicting = ["predict", "run/model.safetensors", "data/train", "--csv"]
      let expected = try await Whisker(predicting + ["--threads", "1"], in: folder).outcome().output
      for threads in [[], ["--threads", "2"]] {
        let outcome = try await whisker(behind: ["taskset", "-c", core], predicting + threads, in: folder)
        let (found, wanted) = (probabilities(outcome.output), probabilities(expected))
        #expect(outcome.code == 0 && found.count == 64, "\(outcome.errors)")
        #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-4 })
      }
      let training = Self.training("bound", threads: 1).filter { $0 != "--threads" && $0 != "1" }
      #expect(try await whisker(behind: ["taskset", "-c", core], training, in: folder).code == 0)
      #expect(try threads(of: folder.below("bound")) == "1")
      #expect(
        try folder.below("bound/model.safetensors").bytes == folder.below("run/model.safetensors").bytes)
    }
  }

  @Test(
    "A training ends, hears SIGTERM, and notes the threads that it had",
    arguments: [("OMP_THREAD_LIMIT=1", 1), ("OMP_DYNAMIC=true", 2), ("OMP_MAX_ACTIVE_LEVELS=0", 1)])
  func training(variable: String, threads: Int) async throws {
    try await withPhotos { folder in
      let plain = try await Whisker(Self.training("plain", threads: threads), in: folder).outcome()
      #expect(plain.code == 0 && !plain.errors.contains("threads asked for"))
      let outcome = try await whisker(behind: [variable], Self.training("run", threads: 2), in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(
        outcome.errors.contains("note: computing with 1 of the 2 threads asked for") == (threads == 1),
        "\(outcome.errors)")
      #expect(try self.threads(of: folder.below("run")) == "\(threads)")
      #expect(
        try folder.below("run/model.safetensors").bytes == folder.below("plain/model.safetensors").bytes)

      let endless = try Whisker(
        "/usr/bin/env",
        [variable, Whisker.path] + Self.training("endless", threads: 2) + ["--steps-per-epoch", "100000000"],
        in: folder)
      try await endless.wait { endless.errors.contains("Recipe threads") }
      try await Task.sleep(for: .milliseconds(300))
      endless.signal(SIGTERM)
      #expect(try await endless.outcome().code == 130)
    }
  }

  @Test(
    "Where the system gives no more threads, those that there are do the work; nobody waits for the others")
  func threadsThatCanNotBeMade() async throws {
    try await withPhotos { folder in
      try await TinyData.writeModel(to: folder.below("model.safetensors"))
      let commands = [
        ["inspect", "data/train", "--loader-threads", "250", "--json"],
        [
          "predict", "model.safetensors", "data/train", "--csv", "--threads", "1", "--loader-threads", "250",
          "--batch-size", "1",
        ],
      ]
      for command in commands {
        let expected = try await Whisker(command, in: folder).outcome()
        #expect(expected.code == 0, "\(expected.errors)")
        // Kilobytes of addresses, of which each thread's stack takes thousands. With the fewest the command may
        // run out of memory; it must end, and be correct if it reports success.
        for limit in [6_000_000, 2_000_000, 1_200_000, 900_000, 700_000] {
          let outcome = try await Whisker(
            "/bin/sh", ["-c", "ulimit -v \(limit) && exec \"$0\" \"$@\"", Whisker.path] + command, in: folder
          ).outcome(seconds: 60)
          #expect(outcome.code != 0 || outcome.output == expected.output, "\(limit) KB")
          if limit == 6_000_000 { #expect(outcome.code == 0, "\(outcome.errors)") }
        }
      }
    }
  }

  /// What a run's beginning says of the threads that compute.
  private func threads(of run: URL) throws -> String? {
    struct Beginning: Decodable {
      struct Description: Decodable { let computing: [String: String] }
      let description: Description
    }
    let data = try run.below("checkpoint/run.json").bytes
    return try JSONDecoder().decode(Beginning.self, from: data).description.computing["threads"]
  }

  /// The first core that this process may use; nil where that is unknown.
  private func firstCore() throws -> String? {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    return line?.split { !$0.isNumber }.first.map(String.init)
  }
}
