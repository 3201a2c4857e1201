import WhiskerSystem

/// How a layer or an operation is called in a functional model: with results of others, and with constants.
struct KerasCall {
  /// What a call is given.
  indirect enum Argument {
    /// The result of a layer, by its name.
    case result(String)
    /// Several.
    case list([Argument])
    /// Anything that isn't a result: a number, a text, a list of numbers.
    case value(JSONValue)

    /// The results in it, in order.
    var results: [String] {
      switch self {
      case .result(let name): [name]
      case .list(let elements): elements.flatMap(\.results)
      case .value: []
      }
    }
  }

  /// In the order of the parameters.
  private(set) var positional: [Argument] = []
  /// By the names of the parameters.
  private(set) var named: [String: Argument] = [:]

  /// The names of all results that go in.
  var results: [String] {
    positional.flatMap(\.results) + named.sorted { $0.key < $1.key }.flatMap(\.value.results)
  }

  /// A parameter, by its place or by one of its names.
  func argument(_ index: Int, _ names: String...) -> Argument? { argument(index, names) }

  /// A parameter, by its place or by one of its names.
  func argument(_ index: Int, _ names: [String]) -> Argument? {
    if index < positional.count { return positional[index] }
    return names.lazy.compactMap { named[$0] }.first
  }

  /// How many parameters are given; null and names don't count.
  var count: Int {
    (positional + named.filter { $0.key != "name" }.values).count { argument in
      if case .value(.null) = argument { false } else { true }
    }
  }

  /// A call without anything.
  init(_ inputs: [String]) { positional = inputs.map { .result($0) } }

  /// Reads an element of `inbound_nodes`.
  ///
  init(_ call: JSONValue, calls: KerasCalls) throws {
    let place = "inbound_nodes"
    if let arguments = call["args"] {
      // Keras 3: {"args": [tensor or list of tensors, constant], "kwargs": {"mask": null}}.
      positional = try KerasReading.array(arguments, place).map { try KerasCall.argument($0, calls) }
      // Keras 3 notes `training=True` for every layer that changes photos, and goes by how the model is called.
      for (key, value) in call["kwargs"]?.object ?? [:] where key != "training" {
        named[key] = try KerasCall.argument(value, calls)
      }
      return
    }
    // 2.x: [["conv2d", 0, 0, {}], …], or ["conv2d", 0, 0, {}] alone; with the other arguments in the object.
    let sources = try KerasReading.array(call, place)
    let isOne = sources.first?.string != nil
    for source in isOne ? [call] : sources {
      let parts = try KerasReading.array(source, place)
      if parts.first?.string == KerasCall.constant, parts.count >= 3 {
        positional.append(.value(parts[2]))
      } else {
        let names = try KerasReading.tensors(.array(Array(parts.prefix(3))), place, calls: calls)
        guard names.count == 1 else {
          throw WhiskerError(.unsupported, place, expected: "a layer", got: "\(source.excerpt)")
        }
        positional.append(.result(names[0]))
      }
      for (key, value) in parts.dropFirst(3).first?.object ?? [:] {
        named[key] = try KerasCall.oldArgument(value, calls)
      }
    }
    // Several tensors of one argument, such as those that are concatenated.
    if !isOne, positional.count > 1 { positional = [.list(positional)] }
  }

  /// What stands for a constant in the place of a layer's name.
  private static let constant = "_CONSTANT_VALUE"

  private static func argument(_ value: JSONValue, _ calls: KerasCalls) throws -> Argument {
    if value["class_name"]?.string == "__keras_tensor__" {
      guard let history = value["config"]?["keras_history"],
        let name = try KerasReading.tensors(history, "inbound_nodes", calls: calls).first
      else {
        throw WhiskerError(
          .unsupported, "inbound_nodes", expected: "the results of layers", got: value.excerpt)
      }
      return .result(name)
    }
    if let elements = value.array, elements.contains(where: { $0.array != nil || $0.object != nil }) {
      let list = try elements.map { try argument($0, calls) }
      return list.contains { !$0.results.isEmpty } ? .list(list) : .value(value)
    }
    return .value(value)
  }

  /// An argument of 2.x: a result is `["conv2d", 0, 0]` there.
  private static func oldArgument(_ value: JSONValue, _ calls: KerasCalls) throws -> Argument {
    guard let parts = value.array, parts.count == 3, parts[0].string != nil, parts[1].integer != nil,
      parts[2].integer != nil
    else { return .value(value) }
    return .result(try KerasReading.tensors(value, "inbound_nodes", calls: calls)[0])
  }

  /// The names of what a layer takes.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `unsupported` for constants, and for what would change a layer's
  ///   result, such as `training=True`.
  func sources() throws -> [String] {
    let place = "inbound_nodes"
    for (key, argument) in named.sorted(by: { $0.key < $1.key }) {
      // `training=False` is what predicting means.
      if case .value(let value) = argument,
        value == .null || key == "training" && (value == false || value == 0)
      {
        continue
      }
      let got = if case .value(let value) = argument { value.excerpt } else { "a result" }
      throw WhiskerError(.unsupported, place, expected: "no argument \"\(key)\"", got: got)
    }
    var names: [String] = []
    var waiting = positional[...]
    while let argument = waiting.popFirst() {
      switch argument {
      case .result(let name): names.append(name)
      case .list(let elements): waiting = elements + waiting
      case .value(let value):
        throw WhiskerError(.unsupported, place, expected: "the results of layers", got: value.excerpt)
      }
    }
    return names
  }
}
