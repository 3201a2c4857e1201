import Foundation
import Testing
import WhiskerFormats
import WhiskerLayers
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Models whose layers branch and meet again, in our own file; chains are tested with the training that writes them.
@Suite struct ModelFileTests {
  private func model() -> Model {
    let input = Input([6, 6, 2], name: "photo")
    let shortcut = Conv2D(4, kernel: 3, activation: .relu)(input)
    let sum = Add()(Conv2D(4, kernel: 1, name: "branch")(shortcut), shortcut)
    return Model(input: input, output: Dense(2, activation: .softmax)(GlobalAveragePooling2D()(sum)))
  }

  private func stored(_ model: Model) async throws -> StoredModel {
    StoredModel(network: try model.network(), state: TrainingState(weights: try await model.weights()))
  }

  @Test func aFunctionalModelComesBack() async throws {
    try await withTemporaryFolder { folder in
      let model = model()
      let (first, second) = (
        folder.appendingPathComponent("first.safetensors"),
        folder.appendingPathComponent("second.safetensors")
      )
      try await stored(model).write(to: first)
      let file = try StoredModel(contentsOf: first)
      #expect(try ModelSummary(file.network) == model.summary())
      #expect(file.network.outputSource == .layer(4))
      #expect(try await file.state.weights == model.weights())
      try file.write(to: second)
      #expect(try Data(contentsOf: first) == Data(contentsOf: second))

      let architecture = try #require(SafeTensorsFile(contentsOf: first).metadata["architecture"])
      #expect(
        architecture
          == #"{"class_name":"Functional","config":{"input_name":"photo","input_shape":[6,6,2],"layers":["#
          + #"{"class_name":"Conv2D","config":{"activation":"relu","filters":4,"kernel_size":3,"name":"conv2d"}"#
          + #","inputs":["photo"]},{"class_name":"Conv2D","config":{"filters":4,"kernel_size":1,"name":"#
          + #""branch"},"inputs":["conv2d"]},{"class_name":"Add","config":{"name":"add"},"inputs":["#
          + #""branch","conv2d"]},{"class_name":"GlobalAveragePooling2D","config":{"name":"#
          + #""global_average_pooling2d"},"inputs":["add"]},{"class_name":"Dense","config":{"activation":"#
          + #""softmax","name":"dense","units":2},"inputs":["global_average_pooling2d"]}],"output":"dense"}}"#
      )
    }
  }

  @Test(arguments: [
    (#""inputs":["photo"]"#, #""inputs":["phone"]"#, "phone"),
    (#""inputs":["photo"]"#, #""inputs":["branch"]"#, "branch"),
    (#""inputs":["photo"]"#, #""inputs":[]"#, "got 0"),
    (#""inputs":["photo"]"#, #""inputs":["photo","photo"]"#, "got 2"),
    (#","inputs":["photo"]"#, "", "inputs"), (#""output":"dense""#, #""output":"dance""#, "dance"),
    (#""output":"dense""#, #""output":"add""#, "dense"),
    (#""class_name":"Functional""#, #""class_name":"Graph""#, "Graph"),
    (#""name":"branch""#, #""name":"conv2d""#, "branch"), (#""name":"add""#, #""name":"photo""#, "add"),
  ]) func nonsenseIsAnError(old: String, new: String, hint: String) async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.safetensors")
      try await stored(model()).write(to: url)
      let file = try SafeTensorsFile(contentsOf: url)
      var metadata = file.metadata
      let changed = try #require(metadata["architecture"]).replacingOccurrences(of: old, with: new)
      #expect(changed != metadata["architecture"])
      metadata["architecture"] = changed
      try SafeTensorsFile.write(file.tensors(), metadata: metadata, to: url)
      let error = try formatError { _ = try StoredModel(contentsOf: url) }
      #expect(error?.code == .corruptHeader)
      #expect(error?.message.contains(hint) == true, "\(String(describing: error))")
    }
  }
}
