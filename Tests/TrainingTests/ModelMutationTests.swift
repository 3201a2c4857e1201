import Foundation
import Testing
import WhiskerFormats
import WhiskerGraph
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Damaged model files of every format, read as `predict` reads them, and used where they can be.
///
/// `WHISKER_MODEL_MUTATIONS` says how many of each, for a long run; docs/results.md has its figures.
@Suite struct ModelMutationTests {
  private static let usual = 150
  private static let count =
    ProcessInfo.processInfo.environment["WHISKER_MODEL_MUTATIONS"].flatMap(Int.init) ?? usual

  /// What of a file is damaged; what lies around it is in order, checksums too.
  enum Part: String, CaseIterable, CustomTestStringConvertible {
    case archive, archiveDescription, archiveWeights, packedArchive
    case hdf5, hdf5Description, hdf5Training
    case safetensors, safetensorsNotes
    case zip

    var testDescription: String { rawValue }
  }

  /// Models with what readers have rules for: nested ones, policies, operations, shared layers, several results,
  /// activations as layers, open sizes, bytes.
  private static let archives = [
    "3.15-nested_twice", "2.15-nested_twice", "3.15-mixed_float16", "3.15-float16", "2.15-mixed_float16",
    "3.15-arithmetic",
    "2.15-arithmetic", "3.15-functions", "3.15-reversed_channels", "3.15-shared", "2.15-shared_within",
    "3.15-two_outputs",
    "2.15-named_outputs", "3.15-shared_outputs", "3.15-nested_outputs", "3.15-layer_activations",
    "2.15-layer_activations",
    "3.15-open_size", "2.15-open_size", "3.15-bytes_input", "2.15-bytes_input", "3.15-augmented",
    "2.15-hard_sigmoid",
    "3.15-training_only", "2.13-gaps",
  ].map { "\($0).keras" }
  private static let legacy = [
    "3.15-nested_twice", "2.15-nested_twice", "2.15-nested_sequential", "2.15-mixed_float16",
    "3.15-arithmetic",
    "2.15-arithmetic", "2.15-functions", "2.15-reversed_channels", "3.15-shared", "2.15-shared_within",
    "3.15-two_outputs",
    "2.15-named_outputs", "3.15-shared_outputs", "3.15-nested_outputs", "3.15-layer_activations",
    "2.15-open_size",
    "2.15-logits", "2.15-slashes", "3.15-augmented",
  ].map { "\($0).h5" }

  @Test(arguments: Part.allCases)
  func `Damaged models are read or refused by their name, within limits, and work where they are read`(
    _ part: Part
  )
    async throws
  {
    let seeds = try await Seeds(part)
    let files = DamagedFiles(seeds.pieces, seed: 41, count: Self.count) { bytes, random in
      if seeds.isText && random.chance(0.7) {
        JSONDamage.strike(&bytes, &random)
      } else {
        Damage.strike(&bytes, donors: seeds.pieces, using: &random)
      }
    }
    var (number, survivors): (Int, [SavedModel]) = (0, [])
    let tally = try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.\(seeds.ending)")
      return try await files.survive(as: "piece", refusal: WhiskerError.self) { piece in
        let seed = number % seeds.pieces.count
        number += 1
        try seeds.write([UInt8](Data(contentsOf: piece)), seed, to: url)
        do {
          guard part != .zip else { return try Self.readAll(url) }
          if let network = seeds.networks[seed] {
            do {
              _ = try KerasWeightsFile.weights(contentsOf: url, for: network)
            } catch let error as WhiskerError {
              #expect(error.description.contains(url.lastPathComponent), "\(part) \(number - 1): \(error)")
            }
          }
          let saved = try SavedModel(contentsOf: url, stating: seeds.statement(seed))
          if survivors.count < 400 { survivors.append(saved) }
        } catch let error as WhiskerError {
          let isNamed = error.description.contains(url.lastPathComponent) || error.code == .invalidSetting
          #expect(isNamed, "\(part) \(number - 1): \(error)")
          throw error
        }
      }
    }
    #expect(tally.refused > 0)
    #expect(tally.read > 0 || part == .zip)
    var used = 0
    for saved in survivors where try await Self.predicts(saved) { used += 1 }
    if Self.count > Self.usual {
      print(
        "\(part.rawValue): \(tally.read) read, \(tally.refused) refused, \(used) of \(survivors.count) used; slowest "
          + "\(tally.slowest) s, largest \(tally.largest >> 10) KiB")
    }
  }

  /// Lets a model predict, if it is small enough for the slow engine; it may refuse to.
  private static func predicts(_ saved: SavedModel) async throws -> Bool {
    let network = try saved.model.network()
    guard network.layers.allSatisfy({ $0.output.count <= 20_000 }), network.input.count <= 20_000 else {
      return false
    }
    do {
      try saved.compile(engine: EngineKind.reference.make())
      _ = try await saved.model.predict(Tensor(shape: Shape([1] + network.input.sizes)))
      return true
    } catch is WhiskerError {
      return false
    }
  }

  private static func readAll(_ url: URL) throws {
    let archive = try ZipArchive(contentsOf: url)
    for name in archive.sizes.keys.sorted() {
      #expect(try archive.contents(of: name).count == archive.sizes[name])
    }
  }

  /// Files to damage, as pieces, and how a file is made of a damaged piece.
  private struct Seeds {
    var pieces: [[UInt8]] = []
    var isText = false
    let ending: String
    /// The networks whose weights alone are read as well.
    private(set) var networks: [Int: Network] = [:]
    private var names: [String] = []
    private var trees: [HDF5Group] = []
    private var entries: [[(name: String, bytes: [UInt8])]] = []
    private var notes: [(key: String, value: String)] = []
    private var tensors: [String: Tensor] = [:]
    private let part: Part

    init(_ part: Part) async throws {
      self.part = part
      func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: KerasFixtures.url("keras-everyday/\(name)")))
      }
      switch part {
      case .archive, .archiveDescription, .archiveWeights, .packedArchive, .zip:
        ending = part == .zip ? "zip" : "keras"
        names = ModelMutationTests.archives
        for name in names {
          let archive = try ZipArchive(contentsOf: KerasFixtures.url("keras-everyday/\(name)"))
          entries.append(try archive.sizes.keys.sorted().map { ($0, try archive.contents(of: $0)) })
        }
        if part == .archiveDescription || part == .archiveWeights {
          isText = part == .archiveDescription
          pieces = entries.map { entries in entries.first { $0.name == piece }?.bytes ?? [] }
        } else {
          pieces = try names.map(bytes)
          if part == .packedArchive {
            pieces = try await entries.asyncMap {
              try await Self.archive($0.map { ("model/\($0.name)", $0.bytes) })
            }
          }
        }
      case .hdf5, .hdf5Description, .hdf5Training:
        ending = "h5"
        let files = try ModelMutationTests.legacy.map {
          ($0, try HDF5File(contentsOf: KerasFixtures.url("keras-everyday/\($0)")).root)
        }
        let chosen =
          part == .hdf5Training ? files.filter { $0.1.attributes["training_config"] != nil } : files
        (names, trees) = (chosen.map(\.0), chosen.map(\.1))
        isText = part != .hdf5
        pieces =
          isText ? trees.map { Array(($0.attributes[piece]?.string ?? "").utf8) } : try names.map(bytes)
      case .safetensors, .safetensorsNotes:
        ending = "safetensors"
        isText = part == .safetensorsNotes
        let own = try await Self.own()
        (notes, tensors) = (own.notes.sorted { $0.key < $1.key }, own.tensors)
        pieces = isText ? notes.map { Array($0.value.utf8) } : [own.bytes]
        names = pieces.map { _ in "" }
      }
      if [.archive, .archiveWeights, .hdf5].contains(part) { try addNetworks() }
    }

    /// Remembers what the files hold.
    private mutating func addNetworks() throws {
      for (index, name) in names.enumerated() {
        networks[index] = try StoredModel(
          contentsOf: KerasFixtures.url("keras-everyday/\(name)"), choices: statement(index).choices
        ).network
      }
    }

    /// The part of a file that is damaged.
    private var piece: String {
      switch part {
      case .archiveDescription: "config.json"
      case .archiveWeights: "model.weights.h5"
      case .hdf5Description: "model_config"
      default: "training_config"
      }
    }

    /// What a user would say of a file.
    func statement(_ seed: Int) -> ModelStatement {
      let name = names[seed]
      guard !name.isEmpty else { return ModelStatement() }
      let output =
        name.contains("two_outputs") || name.contains("named_outputs") || name.contains("shared_outputs")
      return ModelStatement(
        rescale: name.contains("bytes") || name.contains("functions") ? nil : 1, interpolation: .nearest,
        choices: ModelChoices(imageSize: 12, output: output ? "breed" : nil))
    }

    func write(_ bytes: [UInt8], _ seed: Int, to url: URL) throws {
      switch part {
      case .archive, .packedArchive, .zip, .hdf5, .safetensors: try Data(bytes).write(to: url)
      case .archiveDescription, .archiveWeights:
        let entries = entries[seed].map { ZipWriter.Entry($0.name, $0.name == piece ? bytes : $0.bytes) }
        try ZipWriter.write(entries, to: url)
      case .hdf5Description, .hdf5Training:
        var root = trees[seed]
        root.attributes[piece] = HDF5Value(String(decoding: bytes, as: UTF8.self))
        try HDF5File.write(root, to: url)
      case .safetensorsNotes:
        var metadata = Dictionary(uniqueKeysWithValues: notes.map { ($0.key, $0.value) })
        metadata[notes[seed].key] = String(decoding: bytes, as: UTF8.self)
        try SafeTensorsFile.write(tensors, metadata: metadata, to: url)
      }
    }

    private static func archive(_ entries: [(String, [UInt8])]) async throws -> [UInt8] {
      try await withTemporaryFolder { folder in
        let url = folder.appendingPathComponent("packed.zip")
        try ZipWriter.write(entries.map { ZipWriter.Entry($0.0, $0.1) }, to: url)
        return [UInt8](try Data(contentsOf: url))
      }
    }

    /// A model of Whisker's own: its file, its notes, its tensors.
    private static func own() async throws -> (
      bytes: [UInt8], notes: [String: String], tensors: [String: Tensor]
    ) {
      try await withTemporaryFolder { folder in
        let url = folder.appendingPathComponent("own.safetensors")
        let read = try SavedModel(
          contentsOf: KerasFixtures.url("keras-everyday/3.15-nested_twice.keras"),
          stating: ModelStatement(rescale: 1, interpolation: .nearest, classNames: ["a", "b", "c"]))
        try await read.write(to: url)
        let file = try SafeTensorsFile(contentsOf: url)
        return ([UInt8](try Data(contentsOf: url)), file.metadata, try file.tensors())
      }
    }
  }
}

extension Sequence {
  /// The results of an asynchronous function on each element, one after another.
  fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async throws -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await transform(element)) }
    return results
  }
}
