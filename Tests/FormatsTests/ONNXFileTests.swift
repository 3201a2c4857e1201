import Foundation
import SwiftProtobuf
import Testing
import WhiskerFormats
import WhiskerGraph
import WhiskerReferenceEngine
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// What the files say is checked here; that other programs read and compute them, by `Tools/reference/onnx_check.py`.
@Suite struct ONNXFileTests {
  /// Two convolutions and a pooling in a row, then a product.
  private var graph: Graph {
    Graph.built { graph throws(WhiskerError) in
      let x = try graph.input("images", [2, 8, 8, 3])
      let scaled = try graph.append(.rescale(factor: 2, offset: -1), x)
      let same = Window(
        height: 3, width: 3, rowStride: 1, columnStride: 1,
        padding: EdgePadding(top: 1, left: 1, bottom: 1, right: 1))
      let first = try graph.append(
        .convolution(Convolution(window: same, activation: .relu)), scaled,
        graph.state("a/kernel", [3, 3, 3, 4]), graph.state("a/bias", [4]))
      let second = try graph.append(
        .convolution(Convolution(window: same, groups: 2)), first, graph.state("b/kernel", [3, 3, 2, 4]))
      let window = Window(height: 2, width: 2, rowStride: 2, columnStride: 2)
      let pooled = try graph.append(
        .pooling(Pooling(kind: .maximum, window: window, hasReLU: true)),
        graph.append(.add, first, second))
      let flat = try graph.append(.reshape([2, 64]), pooled)
      let logits = try graph.append(
        .matrixProduct(MatrixProduct()), flat, graph.state("c/kernel", [64, 5]), graph.state("c/bias", [5]))
      graph.output("predictions", try graph.append(.activation(.softmax), logits))
    }
  }

  private var weights: [String: Tensor] {
    Dictionary(uniqueKeysWithValues: graph.states.map { ($0, Formula.uniform($0, $1)) })
  }

  private func model() throws -> ONNXModel {
    let notes = ONNXFile.Notes(
      summary: "A test.", inputs: ["images": "Pixels."], metadata: ["class_names": "[]", "a": "b"])
    return try ONNXFile.model(graph, weights: weights, notes: notes, file: "test.onnx")
  }

  @Test func `Each op becomes its operators, and pictures are turned round once on the way in and out`()
    throws
  {
    let nodes = try model().graph.node
    #expect(
      nodes.map(\.opType) == [
        "Mul", "Add", "Transpose", "Conv", "Relu", "Conv", "Add", "MaxPool", "Relu", "Transpose", "Reshape",
        "Gemm", "Softmax", "Identity",
      ])
    let pads = nodes[3].attribute.first { $0.name == "pads" }
    #expect(pads?.ints == [1, 1, 1, 1])
    #expect(nodes[5].attribute.first { $0.name == "group" }?.i == 2)
    #expect(nodes[12].attribute.first { $0.name == "axis" }?.i == -1)
    // Every operand is an input, an initializer or made before; every name is made once.
    let graph = try model().graph
    var known = Set(graph.input.map(\.name) + graph.initializer.map(\.name))
    #expect(known.count == graph.input.count + graph.initializer.count)
    for node in graph.node {
      #expect(known.isSuperset(of: node.input), "\(node.name)")
      for name in node.output { #expect(known.insert(name).inserted, "\(name)") }
    }
    #expect(known.isSuperset(of: graph.output.map(\.name)))
    // onnxruntime warns of an initializer that nothing reads.
    let read = Set(graph.node.flatMap(\.input))
    #expect(graph.initializer.allSatisfy { read.contains($0.name) })
  }

  @Test func `Inputs and outputs have a batch of any size, names and notes`() throws {
    let model = try model()
    #expect(model.irVersion == 8)
    #expect(model.opsetImport.map(\.version) == [17])
    #expect(model.docString == "A test.")
    #expect(model.metadataProps.map(\.key) == ["a", "class_names"])
    let input = try #require(model.graph.input.first)
    #expect(model.graph.input.count == 1 && input.name == "images" && input.docString == "Pixels.")
    #expect(input.type.tensorType.elemType == .float)
    let sizes = input.type.tensorType.shape.dim
    #expect(sizes.map(\.dimParam) == ["batch", "", "", ""])
    #expect(sizes.dropFirst().map(\.dimValue) == [8, 8, 3])
    let output = try #require(model.graph.output.first)
    #expect(output.name == "predictions")
    #expect(output.type.tensorType.shape.dim.map(\.dimParam) == ["batch", ""])
    let sizesOfReshape = try #require(model.graph.initializer.first { $0.dataType == .int64 })
    #expect(sizesOfReshape.rawData == Data([0, 64].flatMap { [UInt8]([$0, 0, 0, 0, 0, 0, 0, 0]) }))
  }

  @Test func `Weights are inside, kernels with the outputs first`() throws {
    let initializers = try model().graph.initializer
    func values(_ name: String) throws -> ([Int64], [Float]) {
      let tensor = try #require(initializers.first { $0.name == name })
      let count = tensor.rawData.count / 4
      let values = tensor.rawData.withUnsafeBytes { bytes in
        (0..<count).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
      return (tensor.dims, values)
    }
    let (biasSizes, bias) = try values("c/bias")
    #expect(biasSizes == [5])
    #expect(bias == Formula.uniform("c/bias", [5]).values)
    let (sizes, kernel) = try values("b/kernel/oihw")
    #expect(sizes == [4, 2, 3, 3])
    let source = Formula.uniform("b/kernel", [3, 3, 2, 4]).values
    for output in 0..<4 {
      for input in 0..<2 {
        for tap in 0..<9 {
          #expect(kernel[(output * 2 + input) * 9 + tap] == source[(tap * 2 + input) * 4 + output])
        }
      }
    }
  }

  @Test func `The same model gives the same bytes, and they read back`() async throws {
    try await withTemporaryFolder { folder in
      let urls = ["a.onnx", "b.onnx"].map(folder.appendingPathComponent)
      for url in urls {
        try ONNXFile.write(graph, weights: weights, notes: .init(metadata: ["x": "1", "y": "2"]), to: url)
      }
      let bytes = try Data(contentsOf: urls[0])
      let again = try Data(contentsOf: urls[1])
      #expect(bytes == again)
      let (read, expected) = (try ONNXModel(serializedBytes: bytes), try model())
      #expect(read.graph.node == expected.graph.node)
      #expect(read.graph.initializer == expected.graph.initializer)
    }
  }

  @Test func `A missing weight is named`() throws {
    var weights = weights
    weights["b/kernel"] = nil
    let error = try #require(
      try formatError { _ = try ONNXFile.model(graph, weights: weights, notes: .init(), file: "x") })
    #expect(error.code == .missingTensor)
    #expect(error.message == "expected a weight 'b/kernel', got none")
  }

  /// With `WHISKER_ONNX_FOLDER` set, the examples are also written there with what the reference engine computes, for
  /// `Tools/reference/onnx_check.py ops`.
  @Test func `Every op of inference can be exported, and no other`() async throws {
    let folder = ProcessInfo.processInfo.environment["WHISKER_ONNX_FOLDER"].map(URL.init(fileURLWithPath:))
    var exported: Set<Op.Kind> = []
    for (number, example) in OpExample.all.enumerated() {
      do {
        let file = "\(number)"
        // What was never loaded is 0.
        let weights = example.states.merging(example.graph.states.mapValues { Tensor(shape: $0) }) { old, _ in
          old
        }
        let model = try ONNXFile.model(example.graph, weights: weights, notes: .init(), file: file)
        #expect(!model.graph.node.isEmpty || example.graph.outputs.isEmpty)
        let read = Set(model.graph.node.flatMap(\.input))
        let unread = model.graph.initializer.map(\.name).filter { !read.contains($0) }
        #expect(unread.isEmpty, "\(example.name): \(unread)")
        exported.formUnion(example.graph.nodes.map(\.op.kind))
        guard let folder, !example.graph.outputs.isEmpty, let inputs = example.runs.first else { continue }
        let engine = ReferenceEngine()
        try await engine.load(example.states)
        let outputs = try await engine.run(engine.compile(example.graph), inputs: inputs)
        let tensors = inputs.merging(outputs) { $1 }
        try ONNXFile.write(
          example.graph, weights: weights, notes: .init(summary: example.name),
          to: folder.appendingPathComponent("\(number).onnx"))
        try SafeTensorsFile.write(
          tensors, metadata: ["outputs": outputs.keys.joined(separator: ",")],
          to: folder.appendingPathComponent("\(number).safetensors"))
      } catch {
        #expect(error.code == .unsupported, "\(example.name): \(error)")
      }
    }
    // What the exporter knows; every other op is refused by its name.
    let known: Set<Op.Kind> = [
      .input, .state, .constant, .add, .multiply, .scale, .rescale, .sum, .mean, .reshape, .pad, .crop,
      .concatenate, .slice, .activation, .rectifier, .matrixProduct, .convolution, .pooling, .channelMean,
      .channelVariance, .normalization, .layerNormalization, .resample, .transpose, .convolutionInputGradient,
    ]
    let difference = exported.symmetricDifference(known).map(\.rawValue).sorted()
    #expect(difference.isEmpty, "\(difference)")
  }
}
