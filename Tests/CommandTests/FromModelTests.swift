import Foundation
import Testing
import WhiskerFormats
import WhiskerLayers
import WhiskerTensors
import _TestSupport

/// `whisker train --from`: training starts from a model file.
@Suite("Training from a model")
struct FromModelTests {
  private let steps = ["--batch-size", "5", "--steps-per-epoch", "3", "--no-tensorboard", "--threads", "1"]

  private func train(_ arguments: [String], in folder: URL) async throws -> Outcome {
    try await outcome(["train", "data"] + arguments + steps, in: folder)
  }

  private func weights(_ file: String, in folder: URL) throws -> [String: Tensor] {
    try StoredModel(contentsOf: folder.below(file)).state.weights
  }

  @Test("In Keras's formats a run goes on as if it had stayed, bit for bit")
  func goesOn() async throws {
    try await withTinyData { folder in
      let whole = try await train(["--recipe", "tiny.yaml", "--output", "whole"], in: folder)
      #expect(whole.code == 0, "\(whole.errors)")
      let half = try await train(
        ["--recipe", "tiny.yaml", "--output", "half", "--epochs", "1"], in: folder)
      #expect(half.code == 0)
      for ending in ["keras", "h5"] {
        let run = "rest-\(ending)"
        let rest = try await train(
          ["--from", "half/model.\(ending)", "--output", run, "--epochs", "1"], in: folder)
        #expect(rest.code == 0, "\(rest.errors)")
        #expect(rest.errors.contains("its optimizer goes on where it was, after 3 steps"), "\(rest.errors)")
        #expect(
          try weights("\(run)/model.safetensors", in: folder)
            == weights("whole/model.safetensors", in: folder))
        let recipe = try String(contentsOf: folder.below("\(run)/recipe.yaml"), encoding: .utf8)
        #expect(recipe.contains("from: {model: half/model.\(ending)}") && !recipe.contains("network:"))
        // The run is one like any other.
        let resumed = try await train(
          ["--from", "half/model.\(ending)", "--output", run, "--epochs", "2", "--resume"], in: folder)
        #expect(resumed.code == 0 && resumed.errors.contains("epoch 2"), "\(resumed.errors)")
        let again = try await train(
          ["--recipe", "\(run)/recipe.yaml", "--output", "\(run)-again", "--epochs", "1"], in: folder)
        #expect(again.code == 0 && again.errors.contains("the optimizer is the recipe's"), "\(again.errors)")
      }
    }
  }

  @Test("Other classes get a new last layer, which is said; what is frozen stays")
  func otherClasses() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder, classes: ["ants", "bees", "wasps"])
      try await TinyData.writeModel(to: folder.below("pets.keras"))
      let outcome = try await train(
        ["--from", "pets.keras", "--freeze", "conv2d*", "--output", "run", "--epochs", "1"], in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(
        outcome.errors.contains(
          "its classes are cats, dogs, those of the photos ants, bees, wasps: the last layer, dense, is new"),
        "\(outcome.errors)")
      let (before, after) = (
        try weights("pets.keras", in: folder), try weights("run/model.safetensors", in: folder)
      )
      #expect(before["conv2d/kernel"] == after["conv2d/kernel"])
      #expect(after.values.contains { $0.shape == [3] })
      let predict = try await Whisker(
        ["predict", "run/model.safetensors", "data/test/ants/photo.0.jpg", "--json"], in: folder
      ).outcome()
      #expect(predict.output.contains("wasps"))
      // A classifier of the same classes keeps it.
      try await TinyData.writeModel(to: folder.below("insects.keras"), classes: ["ants", "bees", "wasps"])
      let same = try await train(
        ["--from", "insects.keras", "--output", "same", "--epochs", "1"], in: folder)
      #expect(same.code == 0 && !same.errors.contains("is new"), "\(same.errors)")
    }
  }

  @Test("Another program's model: what is assumed is said, two outputs stay two")
  func foreign() async throws {
    try await withTinyData { folder in
      let network = try Network(
        input: [16, 16, 3],
        layers: [Conv2D(3, kernel: 3), GlobalAveragePooling2D(), Dense(2, activation: .softmax)])
      let weights = network.initialWeights(RandomKey(seed: 1))
      try StoredModel(network: network, state: TrainingState(weights: weights)).write(
        to: folder.below("m.keras"))
      let outcome = try await train(
        [
          "--from", "m.keras", "--rescale", "1/255", "--resize", "bilinear", "--output", "run", "--epochs",
          "1",
        ],
        in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("its 2 classes have no names; taken for cats, dogs"))
      #expect(outcome.errors.contains("the optimizer is the recipe's"))
      let model = try StoredModel(contentsOf: folder.below("run/model.safetensors"))
      #expect(model.network.output == [2])
      #expect(model.metadata["preparation"]?.contains("bilinear") == true)
      let stated = try await train(
        ["--from", "m.keras", "--class-names", "x,y", "--output", "named", "--epochs", "1"], in: folder)
      #expect(stated.code == 0 && stated.errors.contains("is new"), "\(stated.errors)")
    }
  }

  @Test("What doesn't fit is refused before anything is written")
  func refusals() async throws {
    try await withTinyData { folder in
      try await TinyData.writeModel(to: folder.below("m.keras"))
      for (arguments, code, words) in [
        (["--from", "m.keras", "--freeze", "block*"], 65, "block*"),
        (["--from", "none.keras"], 66, "none.keras"),
        (["--freeze", "conv2d"], 64, "--freeze: expected --from"),
        (["--from", "m.keras", "--rescale", "1"], 64, "--rescale"),
      ] {
        let refused = try await train(arguments + ["--output", "run"], in: folder)
        #expect(refused.code == Int32(code), "\(arguments): \(refused.errors)")
        #expect(refused.errors.contains(words), "\(arguments): \(refused.errors)")
        #expect(!folder.below("run").exists)
      }
    }
  }
}
