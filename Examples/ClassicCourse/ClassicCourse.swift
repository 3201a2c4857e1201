// The third part of the classic course: VGG16 as a feature extractor, and fine-tuned from block5_conv1.
//
//     swift run -c release ClassicCourse DATA vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5
//
// DATA has train/, validation/ and test/ with one folder per class (whisker split makes them); the file is the one of
// keras.applications. Photos are prepared as VGG16 was trained, not scaled by 1/255 as the course does.

import Foundation
import Whisker

@main
struct ClassicCourse {
  static let vgg16 = PretrainedNetwork.vgg16
  static let photoShape: Shape = [150, 150, 3]
  /// How many photos VGG16 sees at once.
  static let batchSize = 20

  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 2, let data = arguments.first, let weights = arguments.last else {
      print("usage: ClassicCourse DATA WEIGHTS")
      exit(64)
    }
    let convolutionalBase = vgg16.model(input: photoShape, top: .featureMap)
    try await vgg16.loadWeights(contentsOf: URL(fileURLWithPath: weights), into: convolutionalBase)
    print(try convolutionalBase.summary())

    try await extractFeatures(of: data, with: convolutionalBase)
    try await fineTune(on: data, convolutionalBase)
  }

  /// Fast and without augmentation: each photo goes through VGG16 once, and a small network is trained on the
  /// results.
  static func extractFeatures(of data: String, with base: Model) async throws {
    let extractor = Sequential(input: photoShape) {
      base
      Flatten()
    }
    // It is used and never trained, so that the loss is ignored.
    try extractor.compile(loss: .sparseCategoricalCrossentropy, engine: OneDNNEngine())
    let train = try await features(of: "\(data)/train", with: extractor)
    let validation = try await features(of: "\(data)/validation", with: extractor)

    let classifier = Sequential(input: train.sampleShape) {
      Dense(256, activation: .relu)
      Dropout(0.5)
      Dense(1, activation: .sigmoid)
    }
    try classifier.compile(
      loss: .binaryCrossentropy, optimizer: .rmsprop(learningRate: 2e-5), engine: OneDNNEngine())
    let history = try await classifier.fit(train, epochs: 30, validation: validation)
    show("features", history)
  }

  /// VGG16's features of the photos of a folder: `[photos, 4 · 4 · 512]`.
  static func features(of folder: String, with extractor: Model) async throws -> ArrayDataset {
    let photos = try await photos(folder)
    var (features, labels): ([Float], [Float]) = ([], [])
    for try await batch in photos.evaluationBatches() {
      features += try await extractor.predict(batch.images, batchSize: batchSize).values
      labels += batch.labels.values
    }
    let shape = try extractor.network().output
    return try ArrayDataset(
      images: Tensor(shape: shape.batched(labels.count), values: features),
      labels: Tensor(shape: [labels.count], values: labels), batchSize: batchSize)
  }

  /// Slower and better: VGG16 as a part of the network, frozen at first, on augmented photos; then its last block is
  /// trained too.
  static func fineTune(on data: String, _ base: Model) async throws {
    let model = Sequential(input: photoShape) {
      base
      Flatten()
      Dense(256, activation: .relu)
      Dense(1, activation: .sigmoid)
    }
    let augmentation = Augmentation(
      rotationRange: .degrees(40), widthShiftRange: 0.2, heightShiftRange: 0.2, shearRange: .radians(0.2),
      zoomRange: 0.2,
      horizontalFlip: true)
    let train = try await photos("\(data)/train", augmentation)
    let validation = try await photos("\(data)/validation")

    try model.freeze("block*")
    try model.compile(
      loss: .binaryCrossentropy, optimizer: .rmsprop(learningRate: 2e-5), engine: OneDNNEngine())
    show(
      "frozen", try await model.fit(train, epochs: 30, stepsPerEpoch: 100, validation: validation))

    // From block5_conv1 on; what comes before has learned of edges and textures, which serve any photo.
    try model.unfreeze("block5*")
    try model.compile(
      loss: .binaryCrossentropy, optimizer: .rmsprop(learningRate: 1e-5), engine: OneDNNEngine())
    show(
      "fine-tuned", try await model.fit(train, epochs: 100, stepsPerEpoch: 100, validation: validation))

    let test = try await photos("\(data)/test")
    let result = try await model.evaluate(test)
    print("test accuracy", result.accuracy)
  }

  static func photos(_ folder: String, _ augmentation: Augmentation? = nil) async throws -> PhotoDataset {
    var preparation = vgg16.preparation
    (preparation.height, preparation.width) = (photoShape[0], photoShape[1])
    return try await PhotoDataset(
      PhotoFolder(scanning: URL(fileURLWithPath: folder)), preparation: preparation, batchSize: batchSize,
      classMode: .binary, augmentation: augmentation)
  }

  static func show(_ name: String, _ history: History) {
    print(name, "validation accuracy", history["val_acc"].last ?? .nan)
  }
}
