public import Foundation
import WhiskerFormats
import WhiskerSystem
import WhiskerTraining

extension SavedModel {
  /// Writes the model for other programs to run, as ONNX (``WhiskerFormats/ONNXFile``), atomically; the same model
  /// gives the same bytes.
  ///
  /// The input `images` is `[batch, height, width, channels]`, photos prepared as in training; the output `predictions`
  /// holds probabilities. How photos are prepared, what the classes are called and the loss are in the metadata
  /// under the same names as in Whisker's own files.
  ///
  /// - Returns: What the file leaves out, in words for the user.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite` or `badModel`, naming the file.
  @discardableResult
  public func writeONNX(to url: URL) async throws -> [String] {
    do {
      let graph = try ModelGraphs(model.network(), foldsNormalizations: false).prediction(batchSize: 1)
      try ONNXFile.write(graph, weights: await model.weights(), notes: try notes(), to: url)
    } catch let error as WhiskerError {
      throw error.with(error.code == .cannotWrite ? .cannotWrite : .badModel)
    }
    var lost = ["ONNX holds what predicting takes: the model can't be trained on from it"]
    if preparation.standardization != nil {
      lost.append("photos must be standardized before they go in; \"preparation\" in the metadata says how")
    }
    if preparation.standardization?.whitening != nil {
      lost.append("the matrix that whitens photos is left out")
    }
    return lost
  }

  private func notes() throws -> ONNXFile.Notes {
    func json(_ value: some Encodable) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    let colours = preparation.channels == 3 ? "red, green, blue" : "gray"
    let moved = preparation.offsets.map { ", plus \($0.map { "\($0)" }.joined(separator: ", "))" } ?? ""
    let standardized = preparation.standardization == nil ? "" : ", then standardized"
    let input = """
      Photos as [batch, \(preparation.height), \(preparation.width), \(preparation.channels)] (\(colours)), resized to \
      \(preparation.width) × \(preparation.height) pixels (\(preparation.interpolation.rawValue)), bytes times \
      \(preparation.rescale)\(moved)\(preparation.channelOrder == .bgr ? ", blue first" : "")\(standardized).
      """
    let classes = classNames.joined(separator: ", ")
    let isYesNo = classNames.count == 2 && loss.kind == .binary
    let output =
      isYesNo
      ? "the probability of \(classNames[1]), else it is \(classNames[0])" : "a probability for each class"
    return ONNXFile.Notes(
      summary: "Classifies photos: \(classes). `predictions` is \(output).",
      inputs: [ModelGraphs.Name.images: input],
      metadata: [
        "preparation": try json(preparation), "class_names": try json(classNames),
        "loss": try json(loss.kind.rawValue),
      ])
  }
}
