import Foundation
import Testing
import WhiskerGraph
import WhiskerImages
import WhiskerLayers
import WhiskerOneDNNEngine
import WhiskerReferenceEngine
import WhiskerReports
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Grad-CAM against Keras, as `Tools/reference/keras_gradcam.py` wrote it down.
struct GradCAMTests {
  struct Fixture: Decodable {
    struct Map: Decodable {
      let layer: String
      let `class`: Int
      let shape: [Int]
      let values: [Float]
    }

    struct Case: Decodable {
      let name: String
      let maps: [Map]
      let lastClass: Int
      let lastMaps: TensorDigest
    }

    let side: Int
    let count: Int
    let cases: [Case]
  }

  private static let limits: [String: (limit: Float, offset: Float)] = [
    "kernel": (0.4, 0), "depthwise_kernel": (0.5, 0), "pointwise_kernel": (0.4, 0), "bias": (0.1, 0),
    "gamma": (0.3, 1), "beta": (0.2, 0), "moving_mean": (0.1, 0), "moving_variance": (0.3, 1),
  ]

  private func fixture() throws -> Fixture {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/keras-gradcam.json")
    return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
  }

  private func model(_ name: String, side: Int, engine: any Engine) throws -> Model {
    let model: Model
    if name == "chain" {
      model = Sequential(input: [side, side, 3]) {
        Conv2D(8, kernel: 3, activation: .relu)
        MaxPooling2D(2)
        Conv2D(12, kernel: 3, activation: .relu)
        MaxPooling2D(2)
        Flatten()
        Dense(16, activation: .relu)
        Dense(1, activation: .sigmoid)
      }
    } else {
      let input = Input([side, side, 3])
      let first = Conv2D(10, kernel: 3, strides: 2, padding: .same, activation: .relu)(input)
      let second = SeparableConv2D(10, kernel: 3, padding: .same, usesBias: false)(first)
      let sum = Activation(.relu)(Add()(BatchNormalization()(second), first))
      model = Model(
        input: input, output: Dense(4, activation: .softmax)(GlobalAveragePooling2D()(sum)))
    }
    var weights: [String: Tensor] = [:]
    for weight in try model.network().weights {
      let part = String(weight.name.split(separator: "/").last ?? "")
      let (limit, offset) = Self.limits[part] ?? (0, 0)
      weights[weight.name] = Formula.uniform(
        weight.name, weight.specification.shape, limit: limit, offset: offset)
    }
    try model.setWeights(weights)
    let loss: Loss = name == "chain" ? .binaryCrossentropy : .sparseCategoricalCrossentropy
    try model.compile(loss: loss, engine: engine)
    return model
  }

  @Test(arguments: [true, false]) func areThoseOfKeras(isReference: Bool) async throws {
    let fixture = try fixture()
    #expect(fixture.cases.count == 2)
    for expected in fixture.cases {
      let engine: any Engine = isReference ? ReferenceEngine() : OneDNNEngine(.init(threads: 1))
      let model = try model(expected.name, side: fixture.side, engine: engine)
      let photos = Formula.photos(
        "gradcam/\(expected.name)", count: fixture.count, height: fixture.side, width: fixture.side)
      let size = photos.values.count / fixture.count
      let first = Tensor(
        shape: [1, fixture.side, fixture.side, 3], values: Array(photos.values.prefix(size)))
      #expect(try GradCAM(model).layerName == expected.maps[0].layer)
      for map in expected.maps {
        let gradCAM = try GradCAM(model, layerName: map.layer)
        let found = try await gradCAM.maps(for: first, classes: [map.class])[0]
        #expect([1, found.height, found.width] == map.shape)
        for (value, wanted) in zip(found.values, map.values) {
          #expect(abs(value - wanted) < 1e-4, "\(expected.name) \(map.layer) \(map.class)")
        }
      }
      let classes = Array(repeating: expected.lastClass, count: fixture.count)
      let maps = try await GradCAM(model).maps(for: photos, classes: classes)
      let all = Tensor(
        shape: [fixture.count, maps[0].height, maps[0].width], values: maps.flatMap(\.values))
      #expect(expected.lastMaps.distance(to: all) < 1e-4)
      // A batch and its photos alone give the same.
      let alone = try await GradCAM(model).maps(for: first, classes: [expected.lastClass])[0]
      #expect(zip(alone.values, maps[0].values).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  @Test func whatCannotBeExplainedIsRefused() async throws {
    let model = try model("chain", side: 24, engine: ReferenceEngine())
    #expect(throws: WhiskerError.self) { try GradCAM(model, layerName: "conv2d_7") }
    #expect(throws: WhiskerError.self) { try GradCAM(model, layerName: "dense") }
    let gradCAM = try GradCAM(model)
    let photo = Tensor(shape: [1, 24, 24, 3])
    await #expect(throws: WhiskerError.self) { try await gradCAM.maps(for: photo, classes: [2]) }
    await #expect(throws: WhiskerError.self) { try await gradCAM.maps(for: photo, classes: [0, 1]) }
    let dense = Sequential(input: [4, 4, 3]) {
      Flatten()
      Dense(1, activation: .sigmoid)
    }
    #expect(throws: WhiskerError.self) { try GradCAM(dense) }
  }

  @Test func mapsAreEnlargedBilinearly() {
    let map = HeatMap(height: 1, width: 2, values: [0, 1])
    #expect(map.resized(height: 2, width: 4).values == [0, 0.25, 0.75, 1, 0, 0.25, 0.75, 1])
    #expect(map.resized(height: 1, width: 2) == map)
    #expect(!map.isEmpty && HeatMap(height: 1, width: 1, values: [0]).isEmpty)
  }

  @Test func anOverlayLeavesColdPlacesAsTheyAre() {
    let photo = Photo(height: 1, width: 2, pixels: [10, 20, 30, 90, 90, 90])
    let overlay = HeatMap(height: 1, width: 2, values: [0, 1]).overlay(on: photo)
    #expect(overlay.pixels[0..<3] == [10, 20, 30])
    // Half of the photo and half of red.
    #expect(overlay.pixels[3..<6] == [173, 45, 45])
    #expect(HeatMap(height: 1, width: 1, values: [0.5]).overlay(on: photo).pixels.count == 6)
  }
}
