import WhiskerDatasets
import WhiskerImages
import WhiskerSystem

/// Finds series: photos that were taken one after another, of one thing.
///
/// - Shots of one camera within ``longestPause`` of each other, by their EXIF data. A row of more than ``longestBurst`` of them
///   is a session, not a burst, and says nothing by itself; nor do shots of an unknown camera. There the pictures must be close, too.
/// - Files in one folder with running numbers (`IMG_0412`, `IMG_0413`) whose pictures are close. The numbers alone say
///   nothing: the photos of a downloaded set are numbered, too. Up to ``largestStep`` − 1 numbers may be missing between two.
///
/// Two pictures are close if, with the same brightness and contrast and one laid upon the other (``Alignment``), they differ by
/// less than half of their contrast in the root mean square, and by less than a third of what each of the two
/// usually differs from the set's photos: the median of ``neighborCount`` of them. So things before one wall aren't a series,
/// although they are all alike.
///
/// On 4,000 numbered photos of cats and dogs, neighbours differed by at least 0.69 of the contrast, and by at least 0.54 of the usual
/// difference; shots of drawn bursts (cropped by up to 5 % at each side, brightness changed by a tenth) by at most 0.19
/// and 0.13.
struct SeriesSearch {
  /// What is known of a photo.
  struct Shot {
    /// Its path below its part of the split, so that a series that was divided is found.
    let path: String
    let thumbnail: Thumbnail
    let moment: PhotoMoment?
  }

  /// The longest pause between two shots of a series, in seconds.
  static let longestPause = 3.0
  /// The largest step from one running number to the next.
  static let largestStep = 3
  /// The most shots in a row that are a burst.
  static let longestBurst = 30
  private static let neighborCount = 16
  private static let largestShare: Float = 0.5
  private static let largestUsualShare: Float = 1 / 3

  private let shots: [Shot]
  /// The pictures at one brightness and contrast, made when they are needed.
  private var aligners: [Int: Aligner] = [:]
  private var usualDifferences: [Int: Float] = [:]

  init(_ shots: [Shot]) { self.shots = shots }

  /// The pairs of photos of a series that follow each other, by their places.
  ///
  /// - Throws: `CancellationError` if the task was cancelled.
  mutating func pairs() throws -> [(Int, Int)] {
    var pairs: [(Int, Int)] = []
    for (number, row) in rowsByTime().enumerated() {
      if number % 64 == 0 { try Task.checkCancellation() }
      let isBurst = row.places.count <= Self.longestBurst && row.hasCamera
      for (first, second) in zip(row.places, row.places.dropFirst()) where isBurst || areClose(first, second)
      {
        pairs.append((first, second))
      }
    }
    for (number, pair) in pairsByNumber().enumerated() {
      if number % 64 == 0 { try Task.checkCancellation() }
      if areClose(pair.0, pair.1) { pairs.append(pair) }
    }
    return pairs
  }

  /// Photos of one camera, each within the longest pause after the one before, at least two.
  private func rowsByTime() -> [(places: [Int], hasCamera: Bool)] {
    var byCamera: [String?: [(seconds: Double, place: Int)]] = [:]
    for (place, shot) in shots.enumerated() {
      if let moment = shot.moment { byCamera[moment.camera, default: []].append((moment.seconds, place)) }
    }
    var rows: [(places: [Int], hasCamera: Bool)] = []
    for (camera, found) in byCamera {
      var last = -Double.infinity
      for (seconds, place) in found.sorted(by: { ($0.seconds, $0.place) < ($1.seconds, $1.place) }) {
        if seconds - last <= Self.longestPause {
          rows[rows.count - 1].places.append(place)
        } else {
          rows.append(([place], camera != nil))
        }
        last = seconds
      }
    }
    return rows.filter { $0.places.count > 1 }.sorted { $0.places[0] < $1.places[0] }
  }

  /// Photos of one folder whose names differ in a running number only, each with the next.
  private func pairsByNumber() -> [(Int, Int)] {
    var byName: [[String]: [(number: Int, place: Int)]] = [:]
    for (place, shot) in shots.enumerated() {
      guard let name = RunningName(shot.path) else { continue }
      byName[name.rest, default: []].append((name.number, place))
    }
    return byName.values.flatMap { found in
      let sorted = found.sorted { ($0.number, $0.place) < ($1.number, $1.place) }
      return zip(sorted, sorted.dropFirst()).filter { $1.number - $0.number <= Self.largestStep }
        .map { ($0.place, $1.place) }
    }.sorted { $0 < $1 }
  }

  // MARK: Pictures

  /// Whether two pictures are as close as those of a series.
  mutating func areClose(_ first: Int, _ second: Int) -> Bool {
    guard shots[first].thumbnail.isRecognizable, shots[second].thumbnail.isRecognizable else { return false }
    let difference = difference(first, second)
    guard difference <= Self.largestShare else { return false }
    return difference <= Self.largestUsualShare
      * min(usualDifference(first, second), usualDifference(second, first))
  }

  /// How much two pictures differ, as a share of the contrast of either, which is the same.
  private mutating func difference(_ first: Int, _ second: Int) -> Float {
    let (own, other) = (aligner(first), aligner(second))
    guard let alignment = own.alignment(with: other.luma) else { return .infinity }
    var rest = alignment.moved(other.luma, else: own.luma)
    Aligner.subtract(own.luma, from: &rest)
    return Aligner.rootMeanSquare(rest) / Self.contrast
  }

  /// What a picture usually differs from others of the set, one of which isn't asked.
  private mutating func usualDifference(_ place: Int, _ sibling: Int) -> Float {
    if let known = usualDifferences[place] { return known }
    // Spread over the set, so that few are of the same series.
    let step = max(1, shots.count / Self.neighborCount)
    let others = (1...Self.neighborCount).map { (place + $0 * step + $0 % 2) % shots.count }
    let asked = Set(others).subtracting([place, sibling]).sorted().filter {
      shots[$0].thumbnail.isRecognizable
    }
    let found = asked.map { difference(place, $0) }.sorted()
    // Of too few, what pictures that have nothing to do with each other differ by: √2.
    let usual = found.count < 4 ? Float(2).squareRoot() : found[found.count / 2]
    usualDifferences[place] = usual
    return usual
  }

  private static let contrast: Float = 50

  private mutating func aligner(_ place: Int) -> Aligner {
    if let known = aligners[place] { return known }
    var luma = shots[place].thumbnail.planes(flipped: .none).luma
    let mean = luma.reduce(0, +) / Float(luma.count)
    for index in luma.indices { luma[index] -= mean }
    let scale = Self.contrast / max(1, Aligner.rootMeanSquare(luma))
    for index in luma.indices { luma[index] *= scale }
    let made = Aligner(luma: luma)
    // Memory for some only: neighbours are asked for one after another.
    if aligners.count >= 512 { aligners.removeAll() }
    aligners[place] = made
    return made
  }
}

/// A path with a running number in the file's name: the last digits before the ending.
private struct RunningName {
  let number: Int
  /// What must be equal: the folder, and what stands before and after the number.
  let rest: [String]

  init?(_ path: String) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    let name = path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...]
    let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name
    func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
    guard let last = stem.lastIndex(where: isDigit) else { return nil }
    let after = stem[stem.index(after: last)...]
    let before = stem[...last].lastIndex { !isDigit($0) }.map { stem[...$0] } ?? stem[..<stem.startIndex]
    let digits = stem[before.endIndex...last]
    guard digits.count <= 15, let number = Int(digits) else { return nil }
    self.number = number
    rest = [folder, String(before), String(after)]
  }
}
