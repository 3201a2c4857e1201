import WhiskerSystem

extension HDF5Reader {
  /// The group or dataset whose object header lies at an address.
  func node(at address: Int, _ place: HDF5Place, depth: Int) throws(WhiskerError) -> HDF5Node {
    guard depth <= Self.depthLimit else {
      throw place.corrupt(expected: "at most \(Self.depthLimit) groups in each other", got: "more")
    }
    // What a node takes in memory, roughly, and its path in messages.
    try budget.keep(512 + 2 * place.path.utf8.count)
    let messages = try messages(at: address, place)
    let attributes = try attributes(messages, place)
    if messages.contains(where: { $0.kind == .layout }) {
      return .dataset(HDF5Dataset(try storedElements(messages, place), attributes: attributes))
    }
    let isGroup = messages.contains { [.symbolTable, .linkInfo, .link, .groupInfo].contains($0.kind) }
    guard isGroup else { throw place.unsupported(expected: "a group or a dataset", got: "neither") }
    var group = HDF5Group(attributes: attributes)
    for link in try links(messages, place) {
      let place = place.appending(link.name)
      let child = try node(at: link.address, place, depth: depth + 1)
      guard group.append(child, named: link.name) else {
        throw place.corrupt(expected: "one such name", got: "two")
      }
    }
    return .group(group)
  }

  private typealias Link = (name: String, address: Int)

  private func links(_ messages: [HDF5Message], _ place: HDF5Place) throws(WhiskerError) -> [Link] {
    var links: [Link] = []
    for var message in messages {
      switch message.kind {
      case .symbolTable:
        let (tree, heap) = (try message.body.definedAddress(), try message.body.definedAddress())
        let names = try localHeap(at: heap, place)
        try symbolTable(at: tree, level: nil, names, place, &links)
      case .link:
        links.append(try link(&message.body))
      case .linkInfo:
        _ = try message.body.version(0...0)
        try message.body.skip(try message.body.integer(1) & 1 != 0 ? 8 : 0)
        guard try message.body.address() == nil else {
          throw place.unsupported(
            expected: "links in the group's header or a symbol table", got: "dense storage")
        }
      default: break
      }
    }
    return links
  }

  private func link(_ body: inout HDF5Cursor) throws(WhiskerError) -> Link {
    _ = try body.version(1...1)
    let flags = try body.integer(1)
    let type = try flags & 8 != 0 ? body.integer(1) : 0
    try body.skip(flags & 4 != 0 ? 8 : 0)
    try body.skip(flags & 0x10 != 0 ? 1 : 0)
    let length = try body.integer(1 << (flags & 3))
    let name = try name(try body.raw(length), body.place)
    guard type == 0 else { throw Self.symbolicLink(name, body.place) }
    return (name, try body.definedAddress())
  }

  private static func symbolicLink(_ name: String, _ place: HDF5Place) -> WhiskerError {
    place.appending(name).unsupported(expected: "a group or a dataset", got: "a symbolic or external link")
  }

  /// Adds the links of a B-tree of version 1, whose leaves are nodes of symbols.
  private func symbolTable(
    at address: Int, level expectedLevel: Int?, _ names: [UInt8], _ place: HDF5Place, _ links: inout [Link]
  ) throws(WhiskerError) {
    let (children, level) = try treeNode(
      at: address, type: 0, level: expectedLevel, keySize: sizes.length, place)
    for child in children {
      if level > 0 {
        try symbolTable(at: child.address, level: level - 1, names, place, &links)
      } else {
        try symbols(at: child.address, names, place, &links)
      }
    }
  }

  private func symbols(
    at address: Int, _ names: [UInt8], _ place: HDF5Place, _ links: inout [Link]
  ) throws(WhiskerError) {
    try visit("a symbol node", at: address, place)
    var header = try structure("a symbol node", at: address, count: 8, place)
    try header.signature("SNOD")
    _ = try header.version(1...1)
    try header.skip(1)
    let count = try header.integer(2)
    var node = try structure(
      "a symbol node", at: address + 8, count: count * (2 * sizes.offset + 24), place)
    for _ in 0..<count {
      let start = try node.definedAddress()
      let object = try node.address()
      let cacheType = try node.integer(4)
      try node.skip(20)
      guard start < names.count, let end = names[start...].firstIndex(of: 0) else {
        throw node.expected("a name in the group's heap of \(names.count) bytes", got: "one at byte \(start)")
      }
      let name = try name(names[start..<end], place)
      guard cacheType != 2, let object else { throw Self.symbolicLink(name, place) }
      links.append((name, object))
    }
  }

  /// The names in a group's local heap, each ended by a zero.
  private func localHeap(at address: Int, _ place: HDF5Place) throws(WhiskerError) -> [UInt8] {
    try visit("a local heap", at: address, place)
    var heap = try structure("a local heap", at: address, count: 8 + 2 * sizes.length + sizes.offset, place)
    try heap.signature("HEAP")
    _ = try heap.version(0...0)
    try heap.skip(3)
    let size = try heap.length()
    _ = try heap.length()
    return try structure("a local heap", at: try heap.definedAddress(), count: size, place).bytes
  }

  private func name(_ bytes: ArraySlice<UInt8>, _ place: HDF5Place) throws(WhiskerError) -> String {
    try budget.keep(bytes.count + 64)
    guard let name = String(validating: bytes, as: UTF8.self) else {
      throw place.corrupt(expected: "a name in UTF-8", got: "\(Array(bytes.prefix(40)))")
    }
    guard !name.isEmpty, name != ".", !name.utf8.contains(UInt8(ascii: "/")) else {
      throw place.corrupt(expected: "a name", got: "'\(name.prefix(40))'")
    }
    return name
  }

  /// A node of a B-tree of version 1: its children, each with the key before it, and its level (0 for leaves).
  func treeNode(
    at address: Int, type: Int, level expectedLevel: Int?, keySize: Int, _ place: HDF5Place
  ) throws(WhiskerError) -> (children: [(key: HDF5Cursor, address: Int)], level: Int) {
    try visit("a node of a tree", at: address, place)
    var header = try structure("a node of a tree", at: address, count: 8 + 2 * sizes.offset, place)
    try header.signature("TREE")
    let foundType = try header.integer(1)
    guard foundType == type else { throw header.expected("type \(type)", got: foundType) }
    let level = try header.integer(1)
    guard level == expectedLevel ?? level, level < 32 else {
      throw header.expected("level \(expectedLevel ?? 0)", got: level)
    }
    let count = try header.integer(2)
    var entries = try structure(
      "a node of a tree", at: address + 8 + 2 * sizes.offset, count: count * (keySize + sizes.offset), place)
    var children: [(key: HDF5Cursor, address: Int)] = []
    for _ in 0..<count {
      let key = try entries.part(keySize, "a key of a tree")
      children.append((key, try entries.definedAddress()))
    }
    return (children, level)
  }
}
