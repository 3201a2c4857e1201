import Foundation
import Testing
import WhiskerDatasets
import WhiskerSystem
import _TestSupport

/// Tables whose photos lie in other folders than they say, whose columns have names of their own, and what spreadsheets write.
@Suite struct TablePlacesTests {
  private func paths(_ table: PhotoTable) -> [String] {
    (table.photos(of: .train)?.photos ?? []).map { "\($0.path) \($0.classIndex)" }
  }

  @Test func namesWithoutEndingsStandForPhotosBesideTheTable() async throws {
    try await withTemporaryFolder { folder in
      for name in ["train/a.png", "train/b.jpg", "train/c.v2.jpg", "notes/a.txt"] {
        try folder.write("", to: name)
      }
      try folder.write("id,breed\na,pug\nb,collie\nc.v2,pug\nd,pug\n", to: "labels.csv")
      let table = try PhotoTable(contentsOf: folder.below("labels.csv"))
      #expect(paths(table) == ["train/a.png 1", "train/b.jpg 0", "train/c.v2.jpg 1", "d 1"])
      #expect(
        table.readings == [
          #"the column "id" as the files"#, #"the column "breed" as the classes"#,
          #"the photos from "train""#,
        ])
    }
  }

  @Test func partsOfPathsAreFound() async throws {
    try await withTemporaryFolder { folder in
      for name in ["photos/x/1.jpg", "photos/y/1.jpg", "photos/y/2.jpg"] { try folder.write("", to: name) }
      try folder.write("file,class\n./x/1.jpg,a\ny\\1.jpg,b\ny/2.jpg,b\n", to: "t.csv")
      let table = try PhotoTable(contentsOf: folder.below("t.csv"))
      #expect(paths(table) == ["photos/x/1.jpg 0", "photos/y/1.jpg 1", "photos/y/2.jpg 1"])
      #expect(table.readings == [#"the photos from "photos""#])
    }
  }

  /// Nothing is guessed where the table is right about most of its photos.
  @Test func aFewMissingPhotosAreNotLookedFor() async throws {
    try await withTemporaryFolder { folder in
      for name in ["a.jpg", "b.jpg", "old/c.jpg"] { try folder.write("", to: name) }
      try folder.write("file,class\na.jpg,x\nb.jpg,y\nc.jpg,y\n", to: "t.csv")
      let table = try PhotoTable(contentsOf: folder.below("t.csv"))
      #expect(paths(table) == ["a.jpg 0", "b.jpg 1", "c.jpg 1"])
      #expect(table.readings.isEmpty)
    }
  }

  /// `train.csv` means the photos of `train/`; `labels.csv` may mean either.
  @Test func ofTwoFoldersTheOneOfTheTablesNameCounts() async throws {
    try await withTemporaryFolder { folder in
      for name in ["train/1.jpg", "train/2.jpg", "test/1.jpg", "test/2.jpg"] {
        try folder.write("", to: name)
      }
      for (name, expected) in [
        ("train", ["train/1.jpg 0", "train/2.jpg 1"]), ("labels", ["1.jpg 0", "2.jpg 1"]),
      ] {
        try folder.write("file,class\n1.jpg,x\n2.jpg,y\n", to: name + ".csv")
        #expect(paths(try PhotoTable(contentsOf: folder.below(name + ".csv"))) == expected)
      }
      // Of two folders, the one that has more of the photos.
      try folder.write("", to: "test/3.jpg")
      try folder.write("file,class\n1.jpg,x\n2.jpg,y\n3.jpg,x\n", to: "labels.csv")
      #expect(
        paths(try PhotoTable(contentsOf: folder.below("labels.csv")))
          == ["test/1.jpg 0", "test/2.jpg 1", "test/3.jpg 0"])
    }
  }

  @Test func theColumnThatIsLeftHoldsClassesWhereTheyRepeat() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.below("t.csv")
      func classNames(_ rows: String) throws -> [String] {
        try Data("file,kind\n\(rows)".utf8).write(to: file)
        return try PhotoTable(contentsOf: file, minimumClasses: 1).photos(of: .train)?.classNames ?? []
      }
      let (breeds, notes) = (
        try classNames("a,pug\nb,collie\nc,pug\nd,collie\n"), try classNames("a,blurred\nb,dark\nc,old\n")
      )
      #expect(breeds == ["collie", "pug"] && notes == ["photos"])
    }
  }

  @Test(arguments: [
    ",filename,breed\n0,a.jpg,pug\n1,b.jpg,collie\n", "Unnamed: 0,path,kind\n0,a.jpg,pug\n1,b.jpg,collie\n",
    "id,filename,class\n7,a.jpg,pug\n8,b.jpg,collie\n", "file;class\n\"a.jpg\";pug\nb.jpg;collie\n",
    "sep=;\nfile;class\na.jpg;pug\nb.jpg;collie\n", "sep=,\r\nfile,class\r\na.jpg,pug\r\nb.jpg,collie\r\n",
  ])
  func spreadsheetsAndProgramsWriteThemInManyWays(text: String) async throws {
    try await withTemporaryFolder { folder in
      for encoding in [String.Encoding.utf8, .utf16LittleEndian, .utf16BigEndian] {
        let mark = encoding == .utf8 ? "" : "\u{FEFF}"
        let bytes = try #require((mark + text).data(using: encoding))
        try bytes.write(to: folder.below("t.csv"))
        #expect(
          paths(try PhotoTable(contentsOf: folder.below("t.csv"))) == ["a.jpg 1", "b.jpg 0"],
          "\(encoding) \(text)")
      }
    }
  }

  @Test func whatIsNoTextSaysWhatToDo() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.below("t.csv")
      for (bytes, expected) in [
        (
          [UInt8]("file,class\na.jpg,".utf8) + [0xE4],
          "line 2: expected UTF-8 text, got other bytes: save the table"
        ),
        ([0xFF, 0xFE, 0x61], "expected text in UTF-16, as its first bytes say, got other bytes"),
        (
          [0xFF, 0xFE, 0x00, 0xD8, 0x00, 0xD8],
          "expected text in UTF-16, as its first bytes say, got other bytes"
        ),
        ([UInt8]("a.jpg,0\nb.jpg,1\n".utf8), "add a first line such as file,class"),
      ] {
        try Data(bytes).write(to: file)
        let error = await datasetError { _ = try PhotoTable(contentsOf: file) }
        #expect(
          error?.code == .badTable && "\(error.map { "\($0)" } ?? "")".contains(expected),
          "\(String(describing: error))")
      }
    }
  }

  /// A link in one class to the folder of all classes would make every photo one of this class.
  @Test func aLinkBackToAFolderAboveIsNamedAndNotFollowed() async throws {
    try await withTemporaryFolder { folder in
      for name in ["cats/1.jpg", "dogs/1.jpg"] { try folder.write("", to: name) }
      for (name, target) in [("cats/all", ".."), ("dogs/deep", "../..")] {
        try FileManager.default.createSymbolicLink(
          atPath: folder.below(name).path, withDestinationPath: target)
      }
      let found = try PhotoFolder(scanning: folder)
      #expect(found.photos.map(\.path) == ["cats/1.jpg", "dogs/1.jpg"])
      #expect(found.unreadable.map(\.path) == ["cats/all", "dogs/deep"])
      #expect(found.unreadable.allSatisfy { $0.reason.hasPrefix("a link back to a folder") })
    }
  }
}
