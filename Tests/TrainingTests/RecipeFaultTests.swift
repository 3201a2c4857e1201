import Foundation
import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerImages
import WhiskerLayers
import WhiskerPretrained
import WhiskerRuns
import WhiskerSystem
import WhiskerTraining

/// What is wrong in a recipe is said in our words: the key, what there is to choose from, and what was got.
@Suite struct RecipeFaultTests {
  private static let wrong: [(old: String, new: String, says: [String])] = [
    // Enumerations: the key, every name that there is, and what was got.
    (
      "width: 48", "width: 48, interpolation: cubic",
      ["image.interpolation: expected one of nearest, bilinear, bicubic, got \"cubic\""]
    ),
    (
      "kernel_size: 3", "kernel_size: 3, padding: full",
      ["network[0].Conv2D.padding: expected one of valid, same, got \"full\""]
    ),
    (
      "kernel_size: 3", "kernel_size: 3, padding: [same]",
      ["network[0].Conv2D.padding: expected one of valid, same, got a list"]
    ),
    (
      "kernel_size: 3", "kernel_size: 3, kernel_initializer: xavier",
      [
        "network[0].Conv2D.kernel_initializer: expected one of glorot_uniform, he_uniform",
        "ones, got \"xavier\"",
      ]
    ),
    (
      "activation: relu", "activation: 3",
      ["network[0].Conv2D.activation: expected one of", "relu", "got \"3\""]
    ),
    (
      "activation: relu", "activation: [relu]",
      ["network[0].Conv2D.activation: expected one of", "got a list"]
    ),
    (
      "network:", "augmentation: {fill_mode: mirror}\nnetwork:",
      ["augmentation.fill_mode: expected one of nearest, constant, reflect, wrap, got \"mirror\""]
    ),
    (
      "network:", "augmentation: {interpolation: 3}\nnetwork:",
      ["augmentation.interpolation: expected one of nearest, bilinear, bicubic, got \"3\""]
    ),
    (
      "epochs: 3", "epochs: 3, early_stopping: {monitor: val_f1}",
      ["training.early_stopping.monitor: expected one of loss, acc, val_loss, val_acc, got \"val_f1\""]
    ),
    (
      "epochs: 3", "epochs: 3, reduce_on_plateau: {monitor: {a: 1}}",
      ["training.reduce_on_plateau.monitor: expected one of", "got settings (a)"]
    ),
    (
      "epochs: 3", "epochs: 3, class_weight: even",
      [
        "training.class_weight: expected balanced or a number for each class, such as {cats: 1, dogs: 20}, got \"even\""
      ]
    ),
    ("epochs: 3", "epochs: 3, class_weight: [1, 2]", ["training.class_weight: expected", "got a list"]),
    (
      "epochs: 3", "epochs: 3, class_weight: {}",
      ["training.class_weight: expected a number for at least one class"]
    ),
    (
      "epochs: 3", "epochs: 3, class_weight: {cats: many}",
      ["training.class_weight.cats: expected a number, got \"many\""]
    ),
    (
      "epochs: 3", "epochs: 3, class_weight: {cats: 1, dogs: -2}",
      ["training.class_weight: expected numbers of at least 0, got -2.0 for \"dogs\""]
    ),
    (
      "epochs: 3", "epochs: 3, class_weight: {cats: .nan}",
      ["training.class_weight: expected numbers of at least 0, got nan for \"cats\""]
    ),
    (
      "epochs: 3", "epochs: 3, sampling: even",
      ["training.sampling: expected one of natural, balanced, got \"even\""]
    ),
    (
      "epochs: 3", "epochs: 3, sampling: balanced, class_weight: balanced",
      [
        "training.class_weight: expected none that is balanced together with sampling: balanced",
        "got balanced",
      ]
    ),
    ("name: tiny", "base: alexnet", ["base: expected one of", "efficientnet-lite0", "got \"alexnet\""]),
    ("name: tiny", "base: [vgg16]", ["base: expected one of", "got a list"]),
    ("name: tiny", "head: regression", ["head: expected logistic_regression or steps, got \"regression\""]),
    // Values of another kind.
    ("filters: 8", "filters: [8]", ["network[0].Conv2D.filters: expected", "got a list"]),
    ("filters: 8", "filters: {a: 8}", ["network[0].Conv2D.filters: expected", "got settings (a)"]),
    ("filters: 8", "filters: true", ["network[0].Conv2D.filters: expected a whole number, got true"]),
    ("height: 32", "height: tall", ["image.height: expected a whole number, got \"tall\""]),
    ("height: 32", "height: 32.5", ["image.height: expected a whole number, got 32.5"]),
    ("kernel_size: 3", "kernel_size: three", ["network[0].Conv2D.kernel_size: expected", "got \"three\""]),
    ("kernel_size: 3", "kernel_size: [3, 3, 3]", ["network[0].Conv2D.kernel_size: expected", "[3, 3, 3]"]),
    (
      "network:\n  - Conv2D", "network: Flatten\nlayers:\n  - Conv2D",
      ["expected one of the keys", "\"layers\""]
    ),
    (
      "{rmsprop: {learning_rate: 0.001}}", "rmsprop",
      ["optimizer: expected settings by name", "got \"rmsprop\""]
    ),
    (
      "{rmsprop: {learning_rate: 0.001}}", "{rmsprop: 3}",
      ["optimizer.rmsprop: expected settings by name", "got 3"]
    ),
    ("{rmsprop: {learning_rate: 0.001}}", "{sgd: {}, rates: 3}", ["optimizer.rates: expected", "got 3"]),
    (
      "{rmsprop: {learning_rate: 0.001}}", "{sgd: {nesterov: perhaps}}",
      ["optimizer.sgd.nesterov: expected true or false, got \"perhaps\""]
    ),
    (
      "{rmsprop: {learning_rate: 0.001}}",
      "{sgd: {}, schedule: {piecewise_constant: {boundary_epochs: 3, factors: [1]}}}",
      ["optimizer.schedule.piecewise_constant.boundary_epochs: expected a list, got 3"]
    ),
    (
      "training: {batch_size: 20, epochs: 3}", "training: 3",
      ["training: expected settings by name", "got 3"]
    ),
    (
      "training: {batch_size: 20, epochs: 3}", "training: [3]",
      ["training: expected settings by name", "got a list"]
    ),
    ("network:", "augmentation: [3]\nnetwork:", ["augmentation: expected settings by name", "got a list"]),
    (
      "network:", "augmentation: {zoom_range: wide}\nnetwork:",
      ["augmentation.zoom_range: expected a number or a pair", "got \"wide\""]
    ),
    (
      "network:", "augmentation: {rotation_range: [1, 2]}\nnetwork:",
      ["augmentation.rotation_range: expected a number of degrees", "got a list"]
    ),
    (
      "network:", "augmentation: {random_erasing: {value: grey}}\nnetwork:",
      ["augmentation.random_erasing.value: expected a number or random", "got \"grey\""]
    ),
    (
      "network:", "augmentation: {brightness_range: 2}\nnetwork:",
      ["augmentation.brightness_range: expected a pair", "got 2"]
    ),
    (
      "network:", "phases: [{name: a, train: Output}]\nnetwork:",
      ["phases[0].train: expected a list, got \"Output\""]
    ),
    ("network:", "phases: {name: a}\nnetwork:", ["phases: expected a list, got settings (name)"]),
    ("name: tiny", "name: [tiny]", ["name: expected", "got a list"]),
    ("width: 48", "width: 48, rescale: [1]", ["image.rescale: expected", "got a list"]),
  ]

  @Test(arguments: wrong.indices) func faultsAreToldInOurWords(index: Int) throws {
    let (old, new, says) = Self.wrong[index]
    #expect(RecipeTests.short.contains(old))
    let text = RecipeTests.short.replacing(old, with: new)
    let error = #expect(throws: WhiskerError.self) { try Recipe(yaml: text, source: "my.yaml") }
    let found = try #require(error)
    #expect(found.code == .badRecipe)
    for part in says { #expect(found.description.contains(part), "\(part) in: \(found)") }
    // Words of the decoder's own, and ours where we don't say what was got.
    for words in ["Cannot initialize", "invalid String", "something else", "Swift.", "codingPath"] {
      #expect(!found.message.contains(words), "\(found.message)")
    }
  }

  /// Every enumeration that files hold says which names there are.
  @Test func everyChoiceIsNamed() throws {
    func check<Choice: Codable & CaseIterable & RawRepresentable<String>>(_ type: Choice.Type) {
      let error = #expect(throws: DecodingError.self) {
        try JSONDecoder().decode([Choice].self, from: Data("[\"nonsense\"]".utf8))
      }
      guard case .dataCorrupted(let context)? = error else { return }
      for choice in type.allCases {
        #expect(context.debugDescription.contains(choice.rawValue), "\(type): \(context.debugDescription)")
      }
      #expect(context.debugDescription.hasSuffix("got \"nonsense\""), "\(type): \(context.debugDescription)")
    }
    check(Interpolation.self)
    check(FillMode.self)
    check(Sampling.self)
    check(Padding.self)
    check(Initializer.self)
    check(ActivationFunction.self)
    check(ClassMode.self)
    check(ClassSampling.self)
    check(ChannelOrder.self)
    check(PretrainedNetwork.self)
  }
}
