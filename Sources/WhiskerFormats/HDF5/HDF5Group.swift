/// A group of an HDF5 file: attributes, and named groups and datasets below it.
///
/// A tree of these is what ``HDF5File`` reads and writes. Names on a path are divided by `/`; a name itself
/// can't hold one, as in HDF5, and is neither empty nor `.`.
public struct HDF5Group: Sendable {
  /// The attributes by name.
  public var attributes: [String: HDF5Value]
  /// The names of what lies in the group, in the order in which they were added or lie in the file.
  ///
  /// HDF5 sorts them by name, unless a file asks for the order of creation.
  public private(set) var names: [String] = []
  private var nodes: [String: HDF5Node] = [:]

  /// A group with nothing in it yet.
  public init(attributes: [String: HDF5Value] = [:]) { self.attributes = attributes }

  /// What lies in the group, in order.
  public var children: [(name: String, node: HDF5Node)] {
    names.compactMap { name in nodes[name].map { (name, $0) } }
  }

  /// The node at a path such as `model_weights/dense/dense/kernel`; nil if there is none.
  public subscript(path: String) -> HDF5Node? {
    let (name, rest) = Self.divided(path)
    guard let node = nodes[name] else { return nil }
    guard let rest else { return node }
    return node.group?[rest]
  }

  /// The group at a path; nil if nothing or a dataset is there.
  public func group(_ path: String) -> HDF5Group? { self[path]?.group }

  /// The dataset at a path; nil if nothing or a group is there.
  public func dataset(_ path: String) -> HDF5Dataset? { self[path]?.dataset }

  /// Puts a node at a path, below groups that are made as they are needed.
  ///
  /// What stood there, or a dataset where the path needs a group, is replaced.
  public mutating func set(_ node: HDF5Node, at path: String) {
    let (name, rest) = Self.divided(path)
    precondition(!name.isEmpty && name != ".", "a name in a path can't be empty or '.': '\(path)'")
    guard let rest else {
      if nodes.updateValue(node, forKey: name) == nil { names.append(name) }
      return
    }
    var group = HDF5Group()
    if let old = nodes.removeValue(forKey: name) {
      // The dictionary has given up its reference, so that the group below is changed where it lies.
      if case .group(let oldGroup) = consume old { group = oldGroup }
    } else {
      names.append(name)
    }
    group.set(node, at: rest)
    nodes[name] = .group(group)
  }

  /// Puts a group at a path.
  public mutating func set(_ group: HDF5Group, at path: String) { set(.group(group), at: path) }

  /// Puts a dataset at a path.
  public mutating func set(_ dataset: HDF5Dataset, at path: String) { set(.dataset(dataset), at: path) }

  /// Adds a node under a name that may be any text; returns whether the name was free.
  mutating func append(_ node: HDF5Node, named name: String) -> Bool {
    guard nodes[name] == nil else { return false }
    nodes[name] = node
    names.append(name)
    return true
  }

  private static func divided(_ path: String) -> (name: String, rest: String?) {
    guard let slash = path.firstIndex(of: "/") else { return (path, nil) }
    return (String(path[..<slash]), String(path[path.index(after: slash)...]))
  }
}

/// What a name in a group stands for.
public enum HDF5Node: Sendable {
  /// A group below.
  case group(HDF5Group)
  /// A dataset.
  case dataset(HDF5Dataset)

  /// The group, if it is one.
  public var group: HDF5Group? {
    if case .group(let group) = self { return group }
    return nil
  }

  /// The dataset, if it is one.
  public var dataset: HDF5Dataset? {
    if case .dataset(let dataset) = self { return dataset }
    return nil
  }
}
