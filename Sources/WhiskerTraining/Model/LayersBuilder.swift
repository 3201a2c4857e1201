public import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// A part of a model that is written as a list: a layer, or another model with its layers and weights.
public enum ModelPart {
  /// A layer.
  case layer(any Layer)
  /// Another model.
  case model(Model)
}

/// Lets a network be written as a list of layers and models, with `if` and `for` among them.
@resultBuilder
public enum LayersBuilder {
  /// One layer.
  public static func buildExpression(_ layer: any Layer) -> [ModelPart] { [.layer(layer)] }

  /// Several layers that exist already.
  public static func buildExpression(_ layers: [any Layer]) -> [ModelPart] { layers.map { .layer($0) } }

  /// Another model, whose layers take its place.
  public static func buildExpression(_ model: Model) -> [ModelPart] { [.model(model)] }

  /// One after another.
  public static func buildBlock(_ parts: [ModelPart]...) -> [ModelPart] { parts.flatMap { $0 } }

  /// An `if` without `else`.
  public static func buildOptional(_ part: [ModelPart]?) -> [ModelPart] { part ?? [] }

  /// The one branch of an `if`.
  public static func buildEither(first part: [ModelPart]) -> [ModelPart] { part }

  /// The other branch of an `if`.
  public static func buildEither(second part: [ModelPart]) -> [ModelPart] { part }

  /// A loop.
  public static func buildArray(_ parts: [[ModelPart]]) -> [ModelPart] { parts.flatMap { $0 } }
}

extension Network {
  /// A chain of layers and models.
  ///
  /// A model's layers take its place; where they are no chain, neither is the whole.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` naming the layer.
  init(input: Shape, parts: [ModelPart]) throws(WhiskerError) {
    var connections: [Connection] = []
    var last = Source.input
    var isSequential = true
    for part in parts {
      switch part {
      case .layer(let layer):
        connections.append(Connection(layer, reads: [last]))
        last = .layer(connections.count - 1)
      case .model(let model):
        let network = try model.network()
        let weights = try model.session().weightsAtHome()
        let (before, first) = (last, connections.count)
        func place(_ source: Source) -> Source {
          switch source {
          case .input: before
          case .layer(let index): .layer(first + index)
          }
        }
        for entry in network.layers {
          connections.append(
            Connection(
              entry.namedLayer, reads: entry.sources.map(place),
              from: model.origin(of: entry, in: network, weights: weights),
              sharing: entry.owner.map { first + $0 }))
        }
        last = place(network.outputSource)
        isSequential = isSequential && network.isSequential
      }
    }
    try self.init(
      input, Network.defaultInputName, connections, output: last, isSequential: isSequential)
  }
}
