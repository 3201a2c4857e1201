import Foundation
import Testing

/// Which module may import which: docs/architecture.md, Package.swift and the sources say the same.
@Suite struct ArchitectureTests {
  private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardized

  /// The modules of the page's table, each with those that it imports.
  private func table() throws -> [String: Set<String>] {
    let page = try String(contentsOf: root.appendingPathComponent("docs/architecture.md"), encoding: .utf8)
    var rooms: [String: Set<String>] = [:]
    for line in page.split(separator: "\n") where line.hasPrefix("| `Whisker") {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
        .map { $0.trimmingCharacters(in: .whitespaces) }
      let name = cells[0].filter { $0 != "`" }
      let list = cells[2].components(separatedBy: ", ").filter { !$0.isEmpty }
      rooms[name] = Set(list.map { $0 == "Whisker" || $0 == "all" ? $0 : "Whisker\($0)" })
    }
    rooms["Whisker"] = Set(rooms.keys).subtracting(["Whisker", "WhiskerCommand"])
    return rooms
  }

  private func modules(in text: String, _ pattern: Regex<(Substring, Substring)>) -> Set<String> {
    Set(text.matches(of: pattern).map { String($0.output.1) })
  }

  @Test func everyFolderIsARoomOfTheTable() throws {
    let folders = try FileManager.default.contentsOfDirectory(
      atPath: root.appendingPathComponent("Sources").path)
    #expect(Set(folders.filter { $0.hasPrefix("Whisker") }) == Set(try table().keys))
  }

  @Test func sourcesImportWhatTheTableSays() throws {
    for (room, allowed) in try table() {
      let folder = root.appendingPathComponent("Sources/\(room)")
      let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
      var imported: Set<String> = []
      for case let file as URL in files where file.pathExtension == "swift" {
        let text = try String(contentsOf: file, encoding: .utf8)
        imported.formUnion(
          modules(in: text, /(?m)^(?:@_exported )?(?:public |package )?import (Whisker\w*)/))
      }
      #expect(imported == allowed, "\(room)")
    }
  }

  @Test func thePackageDeclaresNoMore() throws {
    let package = try String(contentsOf: root.appendingPathComponent("Package.swift"), encoding: .utf8)
    for (room, allowed) in try table() {
      let name = room.dropFirst("Whisker".count)
      let starts = ["room(\"\(name)\"", "room(\n      \"\(name)\"", "arget(\n      name: \"\(room)\""]
      let ends = starts.compactMap { package.range(of: $0)?.upperBound }
      let start = try #require(ends.first, "\(room)")
      // To the parenthesis that closes the declaration.
      var depth = 1
      let declaration = package[start...].prefix { character in
        depth += character == "(" ? 1 : character == ")" ? -1 : 0
        return depth > 0
      }
      let declared = modules(in: String(declaration), /"(Whisker\w*)"/)
      #expect(declared.isSubset(of: allowed), "\(room)")
    }
  }

  /// The hand-written Swift files of a module, with the folder that each is in; nil for the module's own.
  private func files(of room: String) throws -> [(folder: String?, text: String)] {
    let start = root.appendingPathComponent("Sources/\(room)")
    let files = try #require(FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil))
    return try files.compactMap { $0 as? URL }
      .filter { $0.pathExtension == "swift" && !$0.lastPathComponent.hasSuffix(".pb.swift") }
      .map { file in
        let path = file.path.dropFirst(start.path.count + 1).split(separator: "/")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let code = lines.filter { !$0.drop(while: { $0 == " " }).hasPrefix("//") }
        return (path.count > 1 ? String(path[0]) : nil, code.joined(separator: "\n"))
      }
  }

  @Test func foldersKnowEachOtherInOneDirection() throws {
    let declaration =
      /(?m)^(?:(?:public|package|open|final|indirect|nonisolated) )*(?:struct|enum|class|protocol|typealias|actor) (\w+)/
    for room in try table().keys.sorted() {
      let files = try files(of: room)
      var owners: [String: Set<String?>] = [:]
      for file in files {
        for name in modules(in: file.text, declaration) { owners[name, default: []].insert(file.folder) }
      }
      var knows: [String: Set<String>] = [:]
      for case (let folder?, let text) in files {
        for name in modules(in: text, /\b([A-Z]\w+)\b/) {
          // A name that two folders declare is ambiguous.
          guard let places = owners[name], places.count == 1, case .some(.some(let owner)) = places.first,
            owner != folder
          else { continue }
          knows[folder, default: []].insert(owner)
        }
      }
      for (folder, others) in knows {
        for other in others where knows[other]?.contains(folder) == true {
          Issue.record("\(room): \(folder) and \(other) know each other")
        }
      }
    }
  }

  @Test func noFolderIsCrowded() throws {
    let sources = root.appendingPathComponent("Sources")
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var counts: [String: Int] = [:]
    for case let file as URL in files where file.pathExtension == "swift" {
      counts[file.deletingLastPathComponent().path, default: 0] += 1
    }
    #expect(counts.count > 40)
    for (folder, count) in counts { #expect(count <= 22, "\(folder)") }
  }
}
