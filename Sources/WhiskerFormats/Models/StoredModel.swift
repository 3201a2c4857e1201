public import Foundation
public import WhiskerLayers
public import WhiskerTensors

/// What a model file holds, whatever its format: every reader gives one and every writer takes one.
public struct StoredModel: Sendable {
  /// The layers with their names, shapes and connections.
  public var network: Network
  /// The weights by name, `conv2d/kernel`, with the optimizer's slots and step where the file has them.
  public var state: TrainingState
  /// What training minimised, where the file says.
  public var loss: Loss?
  /// How, where the file says.
  public var optimizer: Optimizer?
  /// Notes of Whisker's own, such as how photos are prepared and what the classes are called.
  public var metadata: [String: String]
  /// Tensors that belong to the notes.
  public var tensors: [String: Tensor]
  /// When the model was saved, for formats that say; nil leaves it out, so that the same model gives the same bytes.
  public var date: Date?
  /// Whether ``loss`` takes logits: probabilities are the sigmoid or softmax of what the network gives.
  public var lossTakesLogits = false
  /// Whether the network takes the bytes of photos as they are, by the type of its input.
  public var takesBytes = false
  /// The name that another program gave the model: `mobilenetv2_1.00_224`.
  public var name: String?
  /// What a reader left out because Whisker doesn't support it, in words for the user: "its optimizer is Adam,
  /// …".
  public var remarks: [String] = []
  /// How a reader understood what isn't plain, in words: "its photos have no axis of channels: read as gray ones".
  ///
  /// Predictions depend on it.
  public var readingRemarks: [String] = []

  /// A model to write.
  public init(
    network: Network, state: TrainingState, loss: Loss? = nil, optimizer: Optimizer? = nil,
    metadata: [String: String] = [:], tensors: [String: Tensor] = [:], date: Date? = nil
  ) {
    self.network = network
    self.state = state
    self.loss = loss
    self.optimizer = optimizer
    self.metadata = metadata
    self.tensors = tensors
    self.date = date
  }
}
