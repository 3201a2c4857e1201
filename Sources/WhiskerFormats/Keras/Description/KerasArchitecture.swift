import WhiskerLayers
import WhiskerTensors

/// A network as Keras's JSON describes it: layers that take each other's results by name.
struct KerasArchitecture {
  /// One layer and where its input comes from.
  struct Node {
    /// The layer, with its name.
    var layer: any Layer
    /// The layer's name, unique in the network.
    var name: String
    /// Keras's name of the class as the file has it, which weights are filed under.
    var className: String
    /// The names of the layers, or of the input, whose results it takes.
    var inputs: [String]
    /// An axis that the layer must work along, counted with the batch's; nil for the last or none.
    var axis: Int?
    /// Where the file has it, for errors: `layers[3]`.
    var place = ""
    /// Whether the file has a place for its weights; it has none for what stands for arithmetic or for an activation.
    var isFiled = true
    /// Whether it gives one channel without the axis of channels, as `x[..., 0]` does: here with that axis.
    var isOneChannel = false
    /// Whether it joins such along a new last axis.
    var stacksChannels = false
    /// Its position among those of a network.
    var position = 0
    /// The layer whose weights it uses: that of the first call, where it is called again; nil for its own.
    var owner: String?
    /// The name of the class that its weights are filed under, where that isn't the layer's own.
    var filedClass: String?
    /// Weights that follow from the description.
    var constants: [String: Tensor] = [:]
    /// What of its settings is left out because only training needs it, in words for the user.
    var notes: [String] = []
    /// The models in which the file has it, outermost first; none for a layer of the model itself.
    var owners: [Owner] = []
    /// The layer's name in the file, where that isn't unique in the network.
    var nameInFile: String?

    /// What the weights are filed under in an `.h5` file: the layer of the whole model that holds them.
    var topLevelName: String { owners.first?.name ?? nameInFile ?? name }
  }

  /// A model that is used as a layer.
  struct Owner: Hashable {
    let name: String
    let className: String
  }

  /// The network's own name.
  var name: String
  /// Whether the layers are a plain chain, of Keras's class `Sequential`.
  var isSequential: Bool
  /// The name of the input, which is a layer to Keras.
  var inputName: String
  /// The type of the numbers that go in.
  var inputType = "float32"
  /// The sizes of one sample's axes, nil for those that the model leaves open; nil where nothing says them, as in a
  /// model within another that was never built on its own.
  var input: [Int?]?
  /// The layers in the order of Keras's `model.layers`, the input left out.
  var nodes: [Node]
  /// What the user should know about how the description was understood.
  var remarks: [String] = []
  /// The results, one or, in a file, several; the network's is the first.
  var outputs: [Output]

  /// A result.
  struct Output {
    /// The layer that gives it.
    var layer: String
    /// What the file calls it, where that isn't the layer's name.
    var name: String?
  }

  /// The layer whose result is the network's.
  var output: String { outputs.first?.layer ?? inputName }
}
