public import Foundation
import SwiftProtobuf
public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// Writes the inference graph of a model, weights included, as an ONNX file (https://onnx.ai), which onnxruntime and
/// many other programs run.
///
/// Operators are those of opset 17. The first axis of inputs and outputs is a batch of any size. Pictures come in as
/// `[batch, height, width, channels]`, as everywhere in Whisker; inside, channels come before rows, which is ONNX's
/// way. The same graph and weights give the same bytes.
public struct ONNXFile: Sendable {
  /// What the file says besides the graph.
  public struct Notes: Sendable {
    /// What the model is, in a sentence.
    public var summary: String
    /// What each input takes, by name.
    public var inputs: [String: String]
    /// Entries for programs, such as class names.
    public var metadata: [String: String]

    /// Nothing unless given.
    public init(summary: String = "", inputs: [String: String] = [:], metadata: [String: String] = [:]) {
      self.summary = summary
      self.inputs = inputs
      self.metadata = metadata
    }
  }

  /// Files of protocol buffers end before 2 GB.
  private static let sizeLimit = 1 << 31 - 1 << 20

  /// Writes a file, completely or not at all.
  ///
  /// - Parameters:
  ///   - graph: What is computed, for a batch of any size; see ``WhiskerGraph/Graph``.
  ///   - weights: The graph's states by name.
  ///   - notes: Names of inputs and what else is written besides the graph.
  ///   - url: The file.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `unsupported` for an op that only training has, naming it, and for weights of 2 GB and
  ///   more; `missingTensor` for a state without a weight; `cannotWrite`.
  public static func write(
    _ graph: Graph, weights: [String: Tensor], notes: Notes = Notes(), to url: URL
  ) throws(WhiskerError) {
    let model = try model(graph, weights: weights, notes: notes, file: url.path)
    let bytes: [UInt8]
    do {
      bytes = try model.serializedBytes()
    } catch {
      throw WhiskerError(.cannotWrite, url.path, "can't be put into bytes: \(error)")
    }
    try AtomicFile.write(bytes, to: url)
  }

  /// The file's contents as messages.
  package static func model(
    _ graph: Graph, weights: [String: Tensor], notes: Notes, file: String
  ) throws(WhiskerError) -> ONNXModel {
    let size = graph.states.keys.reduce(0) { $0 + 4 * (weights[$1]?.values.count ?? 0) }
    guard size < sizeLimit else {
      throw WhiskerError(.unsupported, file, expected: "weights below 2 GB for ONNX", got: "\(size) bytes")
    }
    var exporter = ONNXExporter(graph, weights: weights, file: file)
    var model = ONNXModel()
    model.irVersion = 8
    model.producerName = "whisker"
    model.docString = notes.summary
    model.graph = try exporter.exported(inputNotes: notes.inputs)
    model.opsetImport = [.with { $0.version = 17 }]
    model.metadataProps = notes.metadata.sorted { $0.key < $1.key }.map { key, value in
      .with {
        $0.key = key
        $0.value = value
      }
    }
    return model
  }
}
