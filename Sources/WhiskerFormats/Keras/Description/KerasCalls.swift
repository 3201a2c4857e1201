import WhiskerSystem

/// How often each part of a functional model is called, and which of Keras's numbers its calls have.
///
/// In Keras 2 the calls of a model in the place of a layer count from 1, as its own construction was the first. Keras 3
/// counts from 0, as both do for layers.
struct KerasCalls {
  private var counts: [String: Int] = [:]
  private var firsts: [String: Int] = [:]
  private let models: Set<String>

  /// Looks through the description of a model.
  init(_ entries: [KerasReading.Entry], _ config: JSONValue) {
    models = Set(entries.filter { KerasArchitecture.classNames.contains($0.className) }.map(\.name))
    for entry in entries { counts[entry.name] = entry.callCount }
    guard !models.isEmpty else { return }
    for part in ["layers", "output_layers"] {
      if let part = config[part] { look(into: part) }
    }
  }

  /// Finds the smallest number with which each model is referred to, without recursion, as lists may be deep.
  private mutating func look(into value: JSONValue) {
    var waiting = [value]
    while let value = waiting.popLast() {
      if let list = value.array {
        if list.count >= 3, let name = list[0].string, models.contains(name), let call = list[1].integer {
          firsts[name] = min(firsts[name] ?? call, call)
        } else {
          waiting += list
        }
      } else if let members = value.object {
        // What is within a model refers to its own layers.
        let isModel = members["class_name"]?.string.map(KerasArchitecture.classNames.contains) ?? false
        waiting += members.filter { !isModel || $0.key == "inbound_nodes" }.map(\.value)
      }
    }
  }

  /// The name of a result; nil if there is no such call.
  func name(_ layer: String, node: Int, result: Int) -> String? {
    let first = models.contains(layer) && firsts[layer] ?? 0 > 0 ? 1 : 0
    // Inputs are called by nobody.
    let count = max(1, counts[layer] ?? 1)
    guard (first..<first + count).contains(node), result == 0 || models.contains(layer),
      (0..<1000).contains(result)
    else { return nil }
    return KerasReading.name(layer, call: node - first, result: result)
  }
}

extension KerasCalls {
  /// The first layer of a description that is called several times, and of whose calls one leads nowhere.
  ///
  /// Keras leaves such calls out, so that the file lost which call is meant.
  static func layerOfLostCalls(in model: JSONValue) -> String? {
    var models = [model]
    while let model = models.popLast() {
      let config = model["config"]
      let layers = config?["layers"]?.array ?? []
      models += layers.filter { $0["config"]?["layers"] != nil }
      let calls = layers.map { ($0["name"]?.string ?? "", $0["inbound_nodes"]?.array?.count ?? 0) }
        .filter { $0.1 > 1 }
      guard !calls.isEmpty else { continue }
      let references = references(
        layers.map { $0["inbound_nodes"] ?? .null } + [config?["output_layers"] ?? .null])
      for (name, count) in calls where (references[name] ?? []).count < count { return name }
    }
    return nil
  }

  /// The numbers of calls that are referred to as `["name", 1, 0]`, by the name of the layer.
  private static func references(_ values: [JSONValue]) -> [String: Set<Int>] {
    var (waiting, found): ([JSONValue], [String: Set<Int>]) = (values, [:])
    while let value = waiting.popLast() {
      if let list = value.array {
        if list.count >= 3, let name = list[0].string, let call = list[1].integer {
          found[name, default: []].insert(call)
        } else {
          waiting += list
        }
      } else if let members = value.object {
        waiting += members.values
      }
    }
    return found
  }
}
