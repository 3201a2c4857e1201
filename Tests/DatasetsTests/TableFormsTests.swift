import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerInspection
import WhiskerSystem
import _TestSupport

/// Tables as people have them: other names of columns, other separators, paths from Windows, and files that are no tables.
@Suite struct TableFormsTests {
  private func table(_ text: String, name: String = "photos.csv") async throws -> PhotoTable {
    try await withTemporaryFolder { folder in
      try folder.write(text, to: name)
      return try PhotoTable(contentsOf: folder.below(name))
    }
  }

  private func entries(_ photos: PhotoFolder?) -> [String] {
    (photos?.photos ?? []).map { "\($0.path) \($0.classIndex)" }
  }

  @Test func columnsGoByTheirCommonNames() async throws {
    for file in PhotoTable.fileColumns {
      for label in PhotoTable.classColumns {
        let header = "\(label.uppercased()),id,\(file.replacing("_", with: " "))"
        let read = try await table(header + "\nx,1,a.jpg\ny,2,b.jpg\n")
        #expect(entries(read.photos(of: .train)) == ["a.jpg 0", "b.jpg 1"], "\(header)")
      }
    }
  }

  @Test(arguments: [
    (
      "filename,path,label", "expected one column of files, got 2: \"filename\", \"path\"; rename all but one"
    ),
    ("image,class,Label", "expected one column of classes, got 2: \"class\", \"Label\"; rename all but one"),
    (
      "image,class,label,category",
      "expected one column of classes, got 3: \"class\", \"label\", \"category\"; rename all but one"
    ),
  ])
  func twoColumnsOfOneMeaningAreRefused(header: String, message: String) async throws {
    let error = await datasetError { _ = try await table(header + "\n1,2,3,4\n") }
    #expect(error?.code == .badTable && error?.message == "line 1: \(message)")
  }

  @Test(arguments: ["photos.tsv", "photos.csv", "photos.TSV"])
  func cellsMayLieBetweenTabs(name: String) async throws {
    let read = try await table(
      "\u{FEFF}filename\tlabel\tweight\r\na, b.jpg\tcats\t\r\n\"c\td.jpg\"\tdogs\t2\r\n e.jpg \tdogs\t1",
      name: name)
    #expect(entries(read.photos(of: .train)) == ["a, b.jpg 0", "c\td.jpg 1", "e.jpg 1"])
    #expect(read.photos(of: .train)?.photos.map(\.weight) == [nil, 2, 1])
    #expect(read.photos(of: .train)?.photos.map(\.line) == [2, 3, 4])
    #expect(PhotoTable.isTable(name))
  }

  @Test func aTableOfCommasMayBeCalledTSV() async throws {
    let read = try await table("file,class\na,x\nb,y\n", name: "photos.tsv")
    #expect(entries(read.photos(of: .train)) == ["a 0", "b 1"])
    let error = await datasetError { _ = try await table("file\tclass\n\"a\"b\tx\n", name: "photos.tsv") }
    #expect(error?.message.hasSuffix("expected a tab after a quoted cell") == true)
  }

  @Test func anotherColumnMayNameTheParts() async throws {
    for name in ["subset", "data set", "Data_Set", "partition"] {
      let read = try await table(
        "file,class,\(name)\na,x,train\nb,y,Train\nc,x,\nd\n".replacing("c,x,\n", with: ""))
      #expect(read.hasSplits, "\(name)")
      let mixed = try await table("file,class,\(name)\na,x,train\nb,y,flickr\n")
      #expect(!mixed.hasSplits && mixed.photos(of: .train)?.photos.count == 2)
    }
    try await withTemporaryFolder { folder in
      try folder.write("file,class,data set\na,x,train\nb,y,train\nc,y,valid\n", to: "birds.csv")
      let file = folder.below("birds.csv")
      #expect(try DataFolder(forTraining: file).validation?.photos.count == 1)
      #expect(try DataFolder.readings(of: file) == [#"the column "data set" as split"#])
    }
  }

  @Test func backslashesAreSlashes() async throws {
    try await withTemporaryFolder { folder in
      try folder.writePhoto("cats/1.png", value: 1)
      try folder.writePhoto("dogs/2.png", value: 2)
      try folder.writePhoto("dogs\\3.png", value: 3)
      try folder.write(
        "file,class\ncats\\1.png,cats\n.\\dogs\\2.png,dogs\ndogs\\3.png,dogs\ncats\\none.png,cats\n",
        to: "photos.csv")
      let photos = try #require(try PhotoTable(contentsOf: folder.below("photos.csv")).photos(of: .train))
      #expect(photos.photos.map(\.path) == ["cats/1.png", "./dogs/2.png", "dogs\\3.png", "cats/none.png"])
      let data = try await PhotoDataset(photos, preparation: PhotoPreparation(height: 4, width: 5))
      #expect(data.count == 3 && data.unreadable.map(\.path) == ["cats/none.png"])
    }
  }

  @Test func troublesComeInTheOrderOfTheLines() async throws {
    try await withTemporaryFolder { folder in
      for (index, name) in ["a", "b", "c", "d"].enumerated() {
        try folder.writePhoto("\(name).png", value: index)
      }
      try folder.write(
        """
        file,class,weight
        a.png,x,1
        gone.png,x,1
        b.png,y,heavy
        c.png,y,1
        lost.png,y,1
        d.png,,1
        """, to: "photos.csv")
      let file = folder.below("photos.csv")
      let expected = ["gone.png", "photos.csv:4", "lost.png", "photos.csv:7"]
      let photos = try DataFolder(forTraining: file).train
      let preparation = PhotoPreparation(height: 4, width: 5)
      let data = try await PhotoDataset(photos, preparation: preparation)
      #expect(data.unreadable.map(\.path) == expected && data.unreadable.map(\.line) == [3, 4, 6, 7])
      #expect(data.unreadable[0].explanation.hasSuffix(" (line 3 of the table)"))
      #expect(data.unreadable[1].explanation == data.unreadable[1].reason)
      let pass = try PhotoPass(photos, preparation: preparation)
      for try await _ in pass {}
      #expect(pass.outcome.unreadable == data.unreadable)
      let inspection = try await Inspector().inspect(file)
      #expect(inspection.unreadable.map(\.path) == expected)
      #expect(inspection.skipped.counts == [.unreadable: [".png": 2], .invalidRow: [".csv": 2]])
    }
  }

  @Test func aClassWithRowsOfValidationOnlyIsLeftOutAndNamed() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.below("photos.csv")
      try folder.write(
        "file,class,split\na,cats,train\nb,Dogs,train\nc,birds,val\nd,dogs,val\ne,cats,val\nf,birds,test\n",
        to: "photos.csv")
      let data = try DataFolder(forTraining: file)
      #expect(data.train.classNames == ["Dogs", "cats"])
      #expect(entries(data.train) == ["a 1", "b 0"] && entries(data.validation) == ["d 0", "e 1"])
      #expect(
        data.validation?.unreadable.map { "\($0.path) \($0.reason)" } == [
          #"photos.csv:4 expected a class with rows to train on, got "birds""#
        ])
      #expect(data.test == nil)
      // In its own part nothing is matched: two spellings are two classes.
      try folder.write("file,class\na,cats\nb,Cats\n", to: "photos.csv")
      #expect(try DataFolder(forTraining: file).train.classNames == ["Cats", "cats"])
      try folder.write("file,class,split\na,x,train\nb,x,train\nc,y,val\n", to: "photos.csv")
      let error = await datasetError { _ = try DataFolder(forTraining: file) }
      #expect(error?.code == .oneClassOnly)
      try folder.write("file,class,split\na,x,train\nb,y,train\nc,z,val\n", to: "photos.csv")
      let none = await datasetError { _ = try DataFolder(forTraining: file) }
      #expect(none?.code == .badTable && none?.message.contains(#""photos.csv:4": expected a class"#) == true)
    }
  }

  @Test func rowsOfSomeClassesAreMeasured() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.below("photos.csv")
      try folder.write("file,class,split\na,x,train\nb,other,train\nc,Y,test\n", to: "photos.csv")
      let found = try DataFolder.forEvaluation(file, expecting: ["x", "y", "z"])
      #expect(entries(found) == ["c 1"] && found.emptyClasses == ["x", "z"])
      #expect(found.respelled.map(\.name) == ["Y"])
      let error = await datasetError { _ = try DataFolder.forEvaluation(file, expecting: ["x", "z"]) }
      #expect(error?.code == .classMismatch)
      #expect(error?.message == #"expected the classes "x", "z", got "Y": "Y" is in line 4"#)
    }
  }

  static let foreign: [(bytes: [UInt8], what: String, advice: String)] = [
    (
      Array("PK\u{3}\u{4}\u{14}\0\u{6}\0[Content_Types].xml".utf8), "an Excel or Office file",
      "save the table as CSV"
    ),
    (Array("PK\u{3}\u{4}\u{14}\0\u{6}\0photos/cat.jpg".utf8), "a ZIP archive", "unpack it"),
    (Array("PK\u{3}\u{4}mimetypeapplication/vnd.oasis.opendocument".utf8), "an OpenDocument file", "as CSV"),
    ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0], "an old Excel", "save the table as CSV"),
    (Array("PAR1\u{15}\u{4}".utf8), "a Parquet file", "save the table as CSV"),
    ([0x1F, 0x8B, 8, 0], "a gzip archive", "unpack it"),
    (Array("  [{\"file\": \"a.jpg\"}]".utf8), "a JSON file", "save the table as CSV"),
    (Array("<!DOCTYPE html><html>".utf8), "an HTML page", "save the table as CSV"),
    (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "a Git LFS pointer", "git lfs pull"),
    ([0xFF, 0xD8, 0xFF, 0xE0, 0, 16], "a photo", "the folder that it lies in"),
  ]

  @Test(arguments: foreign.indices) func otherFilesAreNamedAsWhatTheyAre(index: Int) async throws {
    let (bytes, what, advice) = Self.foreign[index]
    try await withTemporaryFolder { folder in
      for name in ["data.xlsx", "data.csv", "data"] {
        let file = folder.below(name)
        try Data(bytes).write(to: file)
        let errors = [
          await datasetError { _ = try DataFolder(forTraining: file) },
          await datasetError { _ = try DataFolder.forEvaluation(file, expecting: ["a", "b"]) },
          await datasetError { _ = try await Inspector().inspect(file) },
          await datasetError { _ = try DataFolder.parts(of: file) },
        ]
        for error in errors {
          let text = error?.message ?? ""
          let isZip = what == "a ZIP archive" && name == "data.xlsx"
          #expect(text.contains(isZip ? "got an Excel or Office file" : "got \(what)"), "\(name): \(text)")
          #expect(text.contains(isZip ? "save the table as CSV" : advice), "\(text)")
          #expect(error?.code == (name == "data.csv" ? .badTable : .notAFolder))
        }
      }
    }
  }

  @Test func textIsNamedToo() async throws {
    try await withTemporaryFolder { folder in
      try folder.write("file,class\na.jpg,cats\n", to: "labels.txt")
      let error = await datasetError { _ = try DataFolder(forTraining: folder.below("labels.txt")) }
      #expect(
        error?.message
          == "expected a folder of photos or a CSV file, got a text file: give the folder of the photos, or "
          + "save the table as CSV, as a file whose name ends in .csv")
      let source = await datasetError { _ = try SplitSource(scanning: folder.below("labels.txt")) }
      #expect(source?.message.hasPrefix("expected a folder of photos, got a text file") == true)
      try folder.write("file,class\na.jpg,cats\n", to: "labels.csv")
      let table = await datasetError { _ = try SplitSource(scanning: folder.below("labels.csv")) }
      #expect(table?.message == "expected a folder of photos, got a CSV file")
    }
  }
}
