import Foundation
import Testing
import WhiskerFormats
import WhiskerRuns
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// `evaluate` and `predict` with several models, `--tta`, and `average`.
@Suite("Several models on the command line")
struct SeveralModelsTests {
  /// Two runs of other seeds, `one` and `two`, on tiny data.
  private func withRuns(_ body: (URL) async throws -> Void) async throws {
    try await withTinyData { folder in
      for (seed, name) in ["one", "two"].enumerated() {
        let run = try await whisker(
          "train", "data", "--recipe", "tiny.yaml", "--seed", "\(seed)", "--output", name, in: folder)
        #expect(run.code == 0, "\(run.errors)")
      }
      try await body(folder)
    }
  }

  private func probabilities(_ arguments: String..., in folder: URL) async throws -> [Double] {
    let outcome = try await Whisker(["predict"] + arguments + ["data/test", "--csv"], in: folder).outcome()
    #expect(outcome.code == 0, "\(outcome.errors)")
    return outcome.output.split(separator: "\n").dropFirst().compactMap {
      $0.split(separator: ",").last.flatMap { Double($0) }
    }
  }

  @Test("predict takes the mean of models, runs, checkpoints and cross-validations")
  func predict() async throws {
    try await withRuns { folder in
      let (one, two) = ("one/best.safetensors", "two/best.safetensors")
      let each = [try await probabilities(one, in: folder), try await probabilities(two, in: folder)]
      #expect(each[0].count == 12 && each[0] != each[1])
      let mean = try await probabilities(one, two, in: folder)
      for (index, probability) in mean.enumerated() {
        #expect(abs(probability - (each[0][index] + each[1][index]) / 2) < 1e-6)
      }
      #expect(try await probabilities("one", "two", in: folder) == mean)
      #expect(try await probabilities("one", in: folder) == each[0])
      #expect(try await probabilities("one/best.keras", "two", in: folder) == mean)
      let said = try await whisker("predict", "one", "two", "data/test", in: folder)
      #expect(said.errors.contains("Averaging 2 models: one/best.safetensors, two/best.safetensors\n"))
      let single = try await whisker("predict", "one", "data/test", in: folder)
      #expect(single.code == 0 && !single.errors.contains("Averaging"))

      // The checkpoint of the last step is the model.
      let steps = CheckpointStore.steps(in: folder.below("one/checkpoint"))
      let last = "one/checkpoint/" + CheckpointStore.name(ofStep: try #require(steps.last))
      #expect(
        try await probabilities(last, in: folder) == probabilities("one/model.safetensors", in: folder))

      let series = try await whisker(
        "train", "data/train", "--recipe", "tiny.yaml", "--folds", "2", "--output", "series", in: folder)
      #expect(series.code == 0)
      let folds = try await probabilities("series", in: folder)
      #expect(
        folds
          == (try await probabilities(
            "series/fold-1/model.safetensors", "series/fold-2/model.safetensors", in: folder)))
      // Both again: the same file by another name.
      let twice = try await whisker(
        "predict", "series", "series/fold-1/../fold-1/model.safetensors", "data/test", in: folder)
      #expect(twice.code == 64 && twice.errors.contains("expected each model once, got it and"))

      for augmentation in ["flip", "crops"] {
        let changed = try await probabilities("one", "--tta", augmentation, in: folder)
        #expect(changed != each[0] && changed.count == 12)
        let other = try await probabilities("two", "--tta", augmentation, in: folder)
        let both = try await probabilities("one", "two", "--tta", augmentation, in: folder)
        for (index, probability) in both.enumerated() {
          #expect(abs(probability - (changed[index] + other[index]) / 2) < 1e-6)
        }
      }
    }
  }

  @Test("evaluate shows each model next to the average, and JSON has them")
  func evaluate() async throws {
    try await withRuns { folder in
      let both = try await whisker("evaluate", "one", "two", "data", "--json", in: folder)
      #expect(both.code == 0, "\(both.errors)")
      let result = try #require(try json(both.output) as? [String: Any])
      let models = try #require(result["models"] as? [[String: Any]])
      #expect(
        models.map { $0["model"] as? String } == ["one/best.safetensors", "two/best.safetensors"])
      for model in models {
        let alone = try await whisker(
          "evaluate", model["model"] as? String ?? "", "data", "--json", in: folder)
        let score = try #require(try json(alone.output) as? [String: Any])
        #expect(score["accuracy"] as? Double == model["accuracy"] as? Double)
        #expect(score["models"] == nil)
        // This network has no penalties.
        let (loss, own) = (score["loss"] as? Double ?? 0, model["loss"] as? Double ?? 1)
        #expect(abs(loss - own) < 1e-5)
      }
      let text = try await whisker("evaluate", "one", "two", "data", in: folder)
      let lines = text.output.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines[0].hasPrefix("model ") && lines[1].hasPrefix("one/best.safetensors  "))
      #expect(lines[3].hasPrefix("average of 2 ") && lines[4].isEmpty && lines[5].hasPrefix("loss "))

      // Photos that one of them was trained on; the other knows as much.
      let seen = try await whisker("evaluate", "one", "two", "data/train", in: folder)
      #expect(seen.output.contains("One of the models was trained on all of these photos"))
      // Every other output is as for one model.
      let rest = try await whisker(
        "evaluate", "one", "two", "data", "--confusion", "c.png", "--mistakes", "wrong", "--tta", "crops",
        in: folder)
      #expect(rest.code == 0 && folder.below("c.png").exists && folder.below("wrong").exists)
    }
  }

  @Test("Wrong use says what is wrong")
  func wrongUse() async throws {
    try await withRuns { folder in
      let photo = "data/test/cats/photo.0.jpg"
      try FileManager.default.createDirectory(at: folder.below("empty"), withIntermediateDirectories: true)
      try await TinyData.writeModel(to: folder.below("birds.safetensors"), classes: ["birds", "dogs"])
      let cases: [(arguments: [String], code: Int32, text: String)] = [
        (["predict", "one"], 64, "got no PATH"),
        (["predict", "one", "two"], 64, "PATH…: expected photos after the 2 models, got none"),
        (["predict", "one", photo, "two"], 64, "two: expected models before PATH…, got it after \(photo)"),
        (["predict", photo, "one"], 64, "\(photo): expected models before PATH…, got one after it"),
        (
          ["predict", "one", "three.safetensors", photo], 66,
          "three.safetensors: expected a model file, got nothing"
        ),
        (["predict", "three", "one", photo], 66, "three: expected a model file, got nothing of this name"),
        (["predict", "one", "three", photo], 66, "three: there is no such file or folder"),
        (["predict", "one", "one/best.safetensors", photo], 64, "expected each model once, got it twice"),
        (
          ["predict", "one", "birds.safetensors", photo], 65,
          "birds.safetensors: expected the classes of one/best.safetensors, \"cats\", \"dogs\", got \"birds\", \"dogs\""
        ),
        (["predict", "one", photo, "--tta", "turn"], 64, "turn"),
        (
          ["evaluate", "one", "two"], 64, "DATA: expected one folder or CSV file after the 2 models, got none"
        ),
        (["evaluate", "one"], 64, "DATA: expected one folder or CSV file after the model, got none"),
        (["evaluate", "one", "data", "two"], 64, "two: expected models before DATA, got it after data"),
        (["evaluate", "one", "data", "data/test"], 64, "got data, data/test"),
        (["evaluate", "data", "one"], 64, "data: expected models before DATA, got one after it"),
        (
          ["average", "one", "--output", "a.safetensors"], 64,
          "expected at least 2 models to average, got only one/best.safetensors"
        ),
        (["average", "one", "two", "--output", "a.onnx"], 64, "--output: expected a name ending in"),
        (["average", "one", "two", "--output", "none/a.safetensors"], 73, "none"),
        (["average", "one", "two", "--output", "tiny.safetensors", "--data", "empty"], 65, "empty"),
        (
          ["average", "one/best.safetensors", "birds.safetensors", "--output", "a.safetensors"], 65,
          "the classes of"
        ),
      ]
      let before = folder.names
      for (arguments, code, text) in cases {
        let outcome = try await Whisker(arguments, in: folder).outcome()
        #expect(
          outcome.code == code && outcome.errors.contains(text),
          "\(arguments): \(outcome.code) \(outcome.errors)")
        #expect(outcome.output.isEmpty, "\(arguments)")
      }
      #expect(folder.names == before)
    }
  }

  @Test("What is stated of another program's model goes for it alone")
  func foreign() async throws {
    try await withRuns { folder in
      try await TinyData.writeForeignModel(to: folder.below("foreign.safetensors"))
      let stated = ["--class-names", "cats,dogs", "--rescale", "1/255"]
      let both = try await outcome(
        ["predict", "one", "foreign.safetensors", "data/test/cats"] + stated, in: folder)
      #expect(
        both.code == 0 && both.errors.contains("foreign.safetensors: made by another program"),
        "\(both.errors)")
      let unnamed = try await whisker("predict", "one", "foreign.safetensors", "data/test/cats", in: folder)
      #expect(unnamed.code == 65 && unnamed.errors.contains("got \"0\", \"1\""), "\(unnamed.errors)")
      let own = try await outcome(["predict", "one", "two", "data/test/cats"] + stated, in: folder)
      #expect(own.code == 64 && own.errors.contains("expected none of them"), "\(own.errors)")
    }
  }

  @Test("average writes the mean only if it gains, and nothing else")
  func average() async throws {
    try await withRuns { folder in
      let checkpoints = CheckpointStore.steps(in: folder.below("one/checkpoint")).map {
        "one/checkpoint/" + CheckpointStore.name(ofStep: $0)
      }
      #expect(checkpoints.count >= 2)
      let average = ["average"] + checkpoints + ["--output", "soup.safetensors", "--json"]
      let outcome = try await Whisker(average, in: folder).outcome()
      #expect(outcome.code == 0, "\(outcome.errors)")
      let result = try #require(try json(outcome.output) as? [String: Any])
      #expect(
        Set(result.keys).subtracting(["model"]) == [
          "models", "tried", "averaged", "accuracy", "count", "gains",
        ])
      #expect(result["count"] as? Int == 8)
      let gains = try #require(result["gains"] as? Bool)
      #expect(folder.below("soup.safetensors").exists == gains && (result["model"] != nil) == gains)

      let kept = try await Whisker(average + ["--uniform", "--keep", "--overwrite"], in: folder).outcome()
      #expect(kept.code == 0, "\(kept.errors)")
      let soup = try SafeTensorsFile(contentsOf: folder.below("soup.safetensors")).tensors()
      let states = try checkpoints.map { try Checkpoint(contentsOf: folder.below($0)).state.weights }
      for (name, tensor) in soup {
        let values: [Float] = tensor.values.indices.map { place in
          let sum = states.reduce(0.0) { $0 + Double($1[name]?.values[place] ?? .nan) }
          return Float(sum / Double(states.count))
        }
        #expect(tensor.values == values, "\(name)")
      }
      #expect(!soup.isEmpty)
      let evaluated = try await whisker(
        "evaluate", "soup.safetensors", "data/validation", "--json", in: folder)
      let score = try #require(try json(evaluated.output) as? [String: Any])
      let second = try #require(try json(kept.output) as? [String: Any])
      #expect(score["accuracy"] as? Double == second["accuracy"] as? Double)
      let photos = try #require(score["photos"] as? [String: Any])
      #expect((photos["chosen"] as? [String])?.first == "set of averaged models")
      #expect(second["model"] as? String == "soup.safetensors")

      let taken = try await Whisker(average, in: folder).outcome()
      #expect(taken.code == 73 && taken.errors.contains("--overwrite"))
      // The same bits again.
      let bytes = try folder.below("soup.safetensors").bytes
      _ = try await Whisker(average + ["--uniform", "--keep", "--overwrite"], in: folder).outcome()
      #expect(try folder.below("soup.safetensors").bytes == bytes)

      // One model twice as good as itself gains nothing, and nothing is written.
      try FileManager.default.copyItem(
        at: folder.below("one/best.safetensors"), to: folder.below("copy.safetensors"))
      let equal = try await whisker("average", "one", "copy.safetensors", "--output", "new.keras", in: folder)
      #expect(equal.code == 0 && equal.output.contains("nothing was written (--keep"), "\(equal.errors)")
      #expect(!folder.below("new.keras").exists)
      let written = try await whisker(
        "average", "one", "copy.safetensors", "--output", "new.keras", "--keep", in: folder)
      #expect(written.code == 0 && written.output.contains("Wrote new.keras"))
      let same = try await whisker("evaluate", "new.keras", "data", in: folder)
      #expect(same.code == 0)
    }
  }

  @Test("Nothing is chosen by photos that one of the models was trained on")
  func seen() async throws {
    try await withTinyData { folder in
      let series = try await whisker(
        "train", "data/train", "--recipe", "tiny.yaml", "--folds", "2", "--output", "series", in: folder)
      #expect(series.code == 0)
      let folds = try await whisker("average", "series", "--output", "a.safetensors", in: folder)
      #expect(folds.code == 66 && folds.errors.contains("none among the 16 photos"), "\(folds.errors)")
      let elsewhere = try await whisker(
        "average", "series", "--output", "a.safetensors", "--data", "data", "--keep", in: folder)
      #expect(
        elsewhere.code == 0 && elsewhere.errors.contains("Choosing by 8 validation photos"),
        "\(elsewhere.errors)")

      // Held back from class folders.
      for seed in ["1", "2"] {
        let run = try await whisker(
          "train", "data/train", "--recipe", "tiny.yaml", "--seed", seed, "--output", "run-\(seed)",
          "--validation-split", "0.25", in: folder)
        #expect(run.code == 0)
      }
      let held = try await whisker(
        "average", "run-1", "run-2", "--output", "b.safetensors", "--keep", in: folder)
      #expect(held.code == 0 && held.errors.contains("Choosing by 4 validation photos"), "\(held.errors)")

      try FileManager.default.removeItem(at: folder.below("data/train"))
      let gone = try await whisker("average", "run-1", "run-2", "--output", "c.safetensors", in: folder)
      #expect(gone.code == 66 && gone.errors.contains("--data"), "\(gone.errors)")
    }
  }
}
