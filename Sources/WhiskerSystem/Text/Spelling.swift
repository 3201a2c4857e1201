/// How alike words are, for errors about names that aren't known.
package enum Spelling {
  /// The names that take the fewest changes to make them of a word, the fewest first; among equals in their order.
  package static func nearest(to word: String, among names: [String], count: Int) -> [String] {
    let distances = names.map { distance(word.lowercased(), $0.lowercased()) }
    let order = names.indices.sorted { (distances[$0], $0) < (distances[$1], $1) }
    return order.prefix(count).map { names[$0] }
  }

  /// How many letters must be put in, taken out or replaced to make one word of another (Levenshtein 1966); of a word of
  /// over a hundred letters only the first hundred are looked at.
  package static func distance(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first.prefix(100)), Array(second.prefix(100)))
    var row = Array(0...second.count)
    for (index, letter) in first.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for (place, other) in second.enumerated() {
        let replaced = diagonal + (letter == other ? 0 : 1)
        diagonal = row[place + 1]
        row[place + 1] = min(replaced, row[place] + 1, diagonal + 1)
      }
    }
    return row[second.count]
  }
}
