import WhiskerLayers

/// Where the weights of layers lie in a `.keras` file: `layers/conv2d_1`, by the class in snake case, numbered from the
/// second of a class on in its model, which may be a layer of another: `layers/functional/layers/conv2d_1`.
///
/// TensorFlow 2.12 and 2.13 count each layer that has weights twice, so that their numbers have gaps. Where the groups
/// aren't those that counting gives, those that hold weights are taken in their order.
struct KerasLayerGroups {
  /// The group of each layer, in order.
  let paths: [String]

  /// The groups of layers in a file that is written.
  init(_ nodes: [KerasArchitecture.Node], in container: String) {
    self.init(nodes, in: container, of: nil) { _ in true }
  }

  /// The groups of layers in a file.
  ///
  /// - Parameters:
  ///   - container: what a model files its layers under.
  ///   - root: what the file holds; nil for one that doesn't exist yet.
  ///   - hasWeights: whether a layer has weights.
  init(
    _ nodes: [KerasArchitecture.Node], in container: String, of root: HDF5Group?,
    hasWeights: (KerasArchitecture.Node) -> Bool
  ) {
    var tree = Model(container: container)
    for (index, node) in nodes.enumerated() { tree.add(node, index, hasWeights(node), depth: 0) }
    var paths: [Int: String] = [:]
    tree.assign(below: "", root, to: &paths)
    self.paths = nodes.indices.map { paths[$0] ?? "" }
  }

  /// A model and what it files.
  private struct Model {
    /// A layer, or a model in the place of one.
    struct Member {
      let className: String
      var hasWeights = false
      /// The position of the layer.
      var index: Int?
      var owner: KerasArchitecture.Owner?
      var members: Model?
    }

    let container: String
    var members: [Member] = []

    init(container: String) { self.container = container }

    mutating func add(
      _ node: KerasArchitecture.Node, _ index: Int, _ hasWeights: Bool, depth: Int
    ) {
      guard depth < node.owners.count else {
        let className = node.filedClass ?? type(of: node.layer).defaultName
        members.append(Member(className: className, hasWeights: hasWeights, index: index))
        return
      }
      let owner = node.owners[depth]
      let place = members.firstIndex { $0.owner == owner } ?? members.count
      if place == members.count {
        members.append(
          Member(className: owner.className.lowercased(), owner: owner, members: Model(container: container)))
      }
      members[place].hasWeights = members[place].hasWeights || hasWeights
      members[place].members?.add(node, index, hasWeights, depth: depth + 1)
    }

    func assign(below path: String, _ root: HDF5Group?, to paths: inout [Int: String]) {
      let prefix = "\(path)\(container)/"
      for (className, members) in Dictionary(grouping: members, by: \.className) {
        let counted = members.indices.map { $0 == 0 ? className : "\(className)_\($0)" }
        let names = root.flatMap { stored(members, counted, $0.group("\(path)\(container)")) } ?? counted
        for (member, name) in zip(members, names) {
          if let index = member.index { paths[index] = prefix + name }
          member.members?.assign(below: "\(prefix)\(name)/", root, to: &paths)
        }
      }
    }

    /// The names that groups of one class have in a file, where they aren't those that counting gives.
    private func stored(_ members: [Member], _ counted: [String], _ group: HDF5Group?) -> [String]? {
      guard let group, let className = members.first?.className else { return nil }
      func holdsWeights(_ name: String) -> Bool { group.group(name).map { Model.holdsWeights($0) } ?? false }
      let isCounted = zip(members, counted).allSatisfy { !$0.hasWeights || holdsWeights($1) }
      guard !isCounted else { return nil }
      let numbered = group.names.compactMap { name -> (number: Int, name: String)? in
        if name == className { return (0, name) }
        guard name.hasPrefix("\(className)_"), let number = Int(name.dropFirst(className.count + 1)) else {
          return nil
        }
        return (number, name)
      }
      let found = numbered.filter { holdsWeights($0.name) }.sorted { $0.number < $1.number }.map(\.name)
      guard found.count == members.count(where: \.hasWeights) else { return nil }
      var rest = found[...]
      return zip(members, counted).map { $0.hasWeights ? rest.popFirst() ?? $1 : $1 }
    }

    /// Whether a group or one below it holds variables of a layer; the states of random generators are none.
    private static func holdsWeights(_ group: HDF5Group) -> Bool {
      group.children.contains { name, node in
        switch node {
        case .dataset(let dataset): !dataset.isWholeNumber
        case .group(let group): !name.contains("seed_generator") && holdsWeights(group)
        }
      }
    }
  }
}
