import Foundation
import Testing
import WhiskerDatasets
import WhiskerInspection
import WhiskerSystem
import WhiskerTensors
import _TestSupport

@Suite struct PhotoTableTests {
  private func table(_ text: String, expecting classNames: [String]? = nil) async throws -> PhotoTable {
    try await withTemporaryFolder { folder in
      try folder.write(text, to: "photos.csv")
      return try PhotoTable(contentsOf: folder.below("photos.csv"), expecting: classNames)
    }
  }

  private func entries(_ photos: PhotoFolder?) -> [String] {
    (photos?.photos ?? []).map { "\($0.path) \($0.classIndex)" }
  }

  @Test func columnsComeInAnyOrder() async throws {
    let read = try await table(
      "note,Weight,class,filename,split\n,1,dogs,a.jpg,train\nx,2.5,cats,b/c.jpg,test\n,0,dogs,/d.jpg,train\n"
    )
    #expect(read.classNames == ["cats", "dogs"])
    #expect(read.hasSplits)
    #expect(entries(read.photos(of: .train)) == ["a.jpg 1", "/d.jpg 1"])
    #expect(read.photos(of: .train)?.photos.map(\.weight) == [1, 0])
    #expect(entries(read.photos(of: .test)) == ["b/c.jpg 0"])
    #expect(read.photos(of: .validation) == nil)
    let photo = try #require(read.photos(of: .train)?.photos.last)
    #expect(read.photos(of: .train)?.url(of: photo).path == "/d.jpg")
  }

  @Test(arguments: ["\n", "\r\n"], ["", "\u{FEFF}"]) func lineEndsAndMarksDontMatter(
    end: String, mark: String
  )
    async throws
  {
    let lines = ["file,class", "고양이 1.jpg,고양이", "\"a, \"\"b\"\".jpg\",강아지", "", "\"two\nlines.jpg\",강아지"]
    for last in ["", end] {
      let read = try await table(mark + lines.joined(separator: end) + last)
      #expect(read.classNames == ["강아지", "고양이"])
      #expect(
        entries(read.photos(of: .train)) == ["고양이 1.jpg 1", "a, \"b\".jpg 0", "two\nlines.jpg 0"])
      #expect(!read.hasSplits)
    }
  }

  /// Any text survives quoting.
  @Test func whatIsQuotedComesBack() async throws {
    var stream = RandomStream(RandomKey(seed: 5))
    let names = (0..<200).map { "\($0)" + randomName(&stream) + [",", "\r\n", "\"", "\r", "x"][$0 % 5] }
    let rows = names.enumerated().map { index, name in
      "\"\(name.replacingOccurrences(of: "\"", with: "\"\""))\",\(index % 3)"
    }
    let read = try await table("file,class\r\n" + rows.joined(separator: "\r\n"))
    let photos = try #require(read.photos(of: .train)?.photos)
    #expect(photos.map { Array($0.path.utf8) } == names.map { Array($0.utf8) })
    #expect(photos.map(\.classIndex) == names.indices.map { $0 % 3 })
  }

  @Test func rowsThatMakeNoSenseAreSetAside() async throws {
    let read = try await table(
      """
      file,class,weight,split
      a.jpg,cats,1,train
      b.jpg,cats
      c.jpg,,1,train
      ,dogs,1,validation
      d.jpg,dogs,heavy,validation
      e.jpg,dogs,-1,train
      f.jpg,dogs,1,later
      g.jpg,dogs,nan,train
      h.jpg,dogs,1,validation
      """)
    #expect(entries(read.photos(of: .train)) == ["a.jpg 0"])
    #expect(
      read.photos(of: .train)?.unreadable.map { "\($0.path) \($0.reason)" } == [
        "photos.csv:3 expected 4 cells, got 2", "photos.csv:4 expected a class, got an empty cell",
        "photos.csv:7 expected a weight from 0 to 1000000, got \"-1\"",
        "photos.csv:8 expected the split train, validation or test, got \"later\"",
        "photos.csv:9 expected a weight from 0 to 1000000, got \"nan\"",
      ])
    #expect(
      read.photos(of: .validation)?.unreadable.map { "\($0.path) \($0.reason)" } == [
        "photos.csv:5 expected a file, got an empty cell",
        "photos.csv:6 expected a weight from 0 to 1000000, got \"heavy\"",
      ])
  }

  static let faults: [(text: String, code: WhiskerError.Code, message: String)] = [
    ("", .badTable, "expected a first row with the names of columns, got nothing"),
    ("\n\n", .badTable, "expected a first row with the names of columns, got nothing"),
    (
      "a.jpg,cats\n", .badTable,
      "line 1: expected the names of columns, \"file\" and \"class\" (or other common names of these) among them"
    ),
    ("\nfile|class\n", .badTable, "line 2: expected the names of columns"),
    (
      "file,class,filename\n", .badTable,
      "line 1: expected one column of files, got 2: \"file\", \"filename\"; rename all but one"
    ),
    ("file,class\n\"a\nb", .badTable, "line 2: a quoted cell that doesn't end"),
    ("file,class\n\"a\nb\",cats\n\"c\"d,cats\n", .badTable, "line 4: expected a comma after a quoted cell"),
    ("file,class\na\"b,cats\n", .badTable, "line 2: a quote inside a cell"),
    ("file,class\ra,b\r", .badTable, "line 1: expected a line feed after a carriage return"),
    ("file,class\na\u{0}b,cats\n", .badTable, "line 2: expected UTF-8 text"),
    ("file,class\na,cats\nb,cats\n", .oneClassOnly, "expected rows of at least 2 classes, got \"cats\""),
    (
      "file,class,split\na,cats,tests\nb,dogs,tests\n", .badTable,
      "no row of it can be used; photos.csv:2: expected the split train, validation or test, got \"tests\""
    ),
    (
      "file,class,weight\na,cats,0\nb,dogs,0\n", .badTable,
      "expected a weight above 0 in some row for training, got 2 times 0"
    ),
    ("file,class\n", .oneClassOnly, "expected rows of at least 2 classes, got none"),
  ]

  @Test(arguments: faults.indices) func faultsAreNamedWithTheirLine(index: Int) async {
    let fault = Self.faults[index]
    let error = await datasetError { _ = try await table(fault.text) }
    #expect(error?.code == fault.code)
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains("/photos.csv: \(fault.message)"), "\(text)")
  }

  @Test func textMustBeUTF8() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.below("photos.csv")
      for bytes in [[0x66, 0xFF, 0x2C], [0xFF, 0xFE, 0x66, 0x00]] as [[UInt8]] {
        try Data(bytes).write(to: file)
        #expect(await datasetError { _ = try PhotoTable(contentsOf: file) }?.code == .badTable)
      }
      let missing = folder.below("none.csv")
      let error = await datasetError { _ = try PhotoTable(contentsOf: missing) }
      #expect(error?.code == .missingFile)
      #expect(error?.place == missing.path)
    }
  }

  @Test func spacesAroundCellsDoNotCount() async throws {
    let read = try await table("file, class,\tsplit\na.jpg, cats , train\n \" b.jpg\" ,dogs,train \n")
    #expect(read.classNames == ["cats", "dogs"])
    #expect(entries(read.photos(of: .train)) == ["a.jpg 0", " b.jpg 1"])
  }

  @Test func classesMayBeMissingWhereNobodyAsksForThem() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.below("photos.csv")
      try Data("file\na.jpg\nb.jpg\n".utf8).write(to: file)
      let read = try PhotoTable(contentsOf: file, minimumClasses: 1)
      #expect(read.classNames == ["photos"])
      #expect(entries(read.photos(of: .train)) == ["a.jpg 0", "b.jpg 0"])
      #expect(await datasetError { _ = try PhotoTable(contentsOf: file) }?.code == .badTable)
    }
  }

  @Test func classesCanBeExpected() async throws {
    let text = "file,class\na.jpg,dogs\n"
    #expect(try await table(text, expecting: ["wolves", "dogs"]).classNames == ["wolves", "dogs"])
    let error = await datasetError { _ = try await table(text, expecting: ["wolves", "cats"]) }
    #expect(error?.code == .classMismatch)
    #expect(error?.message == #"expected the classes "wolves", "cats", got "dogs""#)
    let twice = await datasetError { _ = try await table(text, expecting: ["dogs", "dogs"]) }
    #expect(twice?.code == .ambiguousClasses)
    let decomposed = "강아지".decomposedStringWithCanonicalMapping
    let read = try await table("file,class\na,\(decomposed)\n", expecting: ["강아지", "b"])
    #expect(entries(read.photos(of: .train)) == ["a 0"])
  }

  @Test func photosAreReadBesideTheTable() async throws {
    try await withTemporaryFolder { folder in
      let composed = "é.png"
      try folder.writePhoto("data/a/1.png", value: 1)
      try folder.writePhoto("data/\(composed.decomposedStringWithCanonicalMapping)", value: 2)
      try folder.write(
        "file,class,weight\na/1.png,x,2\n\(composed),y,0.5\n\(folder.path)/data/a/1.png,y,1\ngone.png,x,1\n",
        to: "data/photos.csv")
      let file = folder.below("data/photos.csv")
      let photos = try #require(try PhotoTable(contentsOf: file).photos(of: .train))
      let data = try await PhotoDataset(
        photos, preparation: PhotoPreparation(height: 4, width: 5, rescale: 1), batchSize: 3)
      #expect(data.unreadable.map(\.path) == ["gone.png"])
      for try await batch in data.evaluationBatches() {
        #expect(batch.images.values == [1, 2, 1].flatMap { photoPixels($0).map { Float($0) } })
        #expect(batch.labels.values == [0, 1, 1])
        #expect(batch.weights?.values == [2, 0.5, 1])
      }
      let strict = await datasetError {
        _ = try await PhotoDataset(photos, preparation: data.preparation, strict: true)
      }
      #expect(strict?.code == .unreadablePhotos)
    }
  }

  @Test func aTableServesWhereAFolderDoes() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.below("photos.CSV")
      try folder.write("file,class,split\na,x,train\nb,y,train\nc,x,test\nd,y,validation\n", to: "photos.CSV")
      let data = try DataFolder(forTraining: file)
      #expect(entries(data.train) == ["a 0", "b 1"])
      #expect(entries(data.validation) == ["d 1"])
      #expect(entries(try DataFolder.forEvaluation(file, expecting: ["y", "x"])) == ["c 1"])

      try folder.write("file,class\na,x\nb,y\n", to: "photos.CSV")
      #expect(try DataFolder(forTraining: file).validation == nil)
      #expect(entries(try DataFolder.forEvaluation(file)) == ["a 0", "b 1"])

      try folder.write("file,class,split\na,x,validation\nb,y,validation\n", to: "photos.CSV")
      #expect(await datasetError { _ = try DataFolder(forTraining: file) }?.code == .badTable)
      #expect(await datasetError { _ = try DataFolder.forEvaluation(file) }?.code == .badTable)
    }
  }

  @Test func anEmptyWeightIsOne() async throws {
    let read = try await table("file,class,weight\na,x,\nb,y,2\nc,y, \nd,x,\"\"\n")
    #expect(read.photos(of: .train)?.photos.map(\.weight) == [nil, 2, nil, nil])
    #expect(read.photos(of: .train)?.unreadable == [])
    try await withTemporaryFolder { folder in
      try folder.writePhoto("a.png", value: 1)
      try folder.writePhoto("b.png", value: 2)
      try folder.write("file,class,weight\na.png,x,\nb.png,y,2\n", to: "photos.csv")
      let photos = try DataFolder(forTraining: folder.below("photos.csv")).train
      let data = try await PhotoDataset(photos, preparation: PhotoPreparation(height: 4, width: 5))
      for try await batch in data.evaluationBatches() { #expect(batch.weights?.values == [1, 2]) }
    }
    // Empty cells count among the weights of which one must be above 0.
    let mixed = try await table("file,class,weight\na,x,\nb,y,0\n")
    #expect(mixed.photos(of: .train)?.photos.count == 2)
  }

  @Test func aSplitWhoseRowsAreAllInvalidDoesNotVanish() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.below("photos.csv")
      try folder.write(
        """
        file,class,weight,split
        a,x,1,train
        b,y,1,train
        c,,1,validation
        d,y,heavy,validation
        e,,1,test
        f,x,1,tset
        """, to: "photos.csv")
      let read = try PhotoTable(contentsOf: file)
      #expect(read.photos(of: .validation)?.photos == [])
      #expect(read.photos(of: .validation)?.unreadable.map(\.path) == ["photos.csv:4", "photos.csv:5"])
      let error = await datasetError { _ = try DataFolder(forTraining: file) }
      #expect(error?.code == .badTable)
      #expect(
        error?.message
          == "no row of the split \"validation\" can be used: \"photos.csv:4\": expected a class, got an empty cell; "
          + "\"photos.csv:5\": expected a weight from 0 to 1000000, got \"heavy\"")
      let test = await datasetError { _ = try DataFolder.forEvaluation(file) }
      // A row of unknown split may have been meant for the test.
      #expect(test?.message.contains("\"photos.csv:6\"") == true && test?.message.contains("tset") == true)
      let inspection = try await Inspector().inspect(file)
      #expect(inspection.parts.map(\.split) == [.train, .validation, .test])
      #expect(
        Set(inspection.unreadable.map(\.path))
          == Set(["a", "b"] + [4, 5, 6, 7].map { "photos.csv:\($0)" }))
    }
  }

  @Test func rowsOfASplitThatCannotBeToldAreNamedWhereverTheyMayBelong() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.below("photos.csv")
      try folder.write("file,class,split\na,x,test\nb,y,test\nc,y,later\n", to: "photos.csv")
      #expect(try DataFolder.forEvaluation(file).unreadable.map(\.path) == ["photos.csv:4"])
      // Without a single row for training, the bad one is named.
      let error = await datasetError { _ = try DataFolder(forTraining: file) }
      #expect(error?.message.contains("\"photos.csv:4\"") == true, "\(error?.message ?? "")")
      let inspection = try await Inspector().inspect(file)
      #expect(inspection.unreadable.map(\.path).sorted() == ["a", "b", "photos.csv:4"])
    }
  }

  /// What goes in is what comes out and what is named: of random tables, row by row.
  @Test func everyRowIsAPhotoOrIsNamed() async throws {
    var stream = RandomStream(RandomKey(seed: 11))
    for _ in 0..<60 {
      var rows: [String] = []
      for number in 0..<(2 + stream.integer(below: 12)) {
        let name = ["\(number).png", "\(number).png", "\(number).png", ""][stream.integer(below: 4)]
        let className = ["x", "y", "x", "y", ""][stream.integer(below: 5)]
        let weight = ["", "1", "0.5", "heavy", "-1"][stream.integer(below: 5)]
        let split = ["train", "validation", "test", "tset"][stream.integer(below: 4)]
        rows.append(
          [name, className, weight, split].joined(separator: ",") + ["", ",extra"][number % 7 / 6])
      }
      let text = "file,class,weight,split\nfirst,x,1,train\nsecond,y,,train\n" + rows.joined(separator: "\n")
      let read = try await table(text)
      let folders = SplitName.allCases.compactMap { read.photos(of: $0) }
      let lines = folders.flatMap { $0.unreadable.map(\.path) }
      let photos = folders.reduce(0) { $0 + $1.photos.count }
      #expect(photos + lines.count == rows.count + 2, "\(text)")
      #expect(Set(lines).count == lines.count, "\(text)")
    }
  }
}
