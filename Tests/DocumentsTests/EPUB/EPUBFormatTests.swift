import Documents
import Foundation
import TestSupport
import Testing

/// A book as a test wants it to be: a zip archive, written by libarchive.
struct Book {
  var files: [(name: String, content: [UInt8])]

  init(
    chapters: [(String, String)], metadata: String = Book.metadata, manifest: String? = nil, spine: String? = nil,
    container: String = Book.container
  ) {
    let items = chapters.enumerated().map {
      "<item id='c\($0.offset)' href='\($0.element.0)' media-type='application/xhtml+xml'/>"
    }
    let references = chapters.indices.map { "<itemref idref='c\($0)'/>" }
    let package = """
      <?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
      \(metadata)</metadata><manifest>\(manifest ?? items.joined())</manifest>
      <spine>\(spine ?? references.joined())</spine></package>
      """
    files = [
      ("mimetype", "application/epub+zip"), ("META-INF/container.xml", container), ("OEBPS/content.opf", package),
    ].map {
      ($0, Array($1.utf8))
    }
    for (name, text) in chapters { files.append(("OEBPS/" + name, Book.chapter(text))) }
  }

  static let metadata = """
    <dc:title>A Book</dc:title><dc:creator>First Author</dc:creator><dc:creator>Second</dc:creator>
    <dc:language>en</dc:language><dc:rights>https://creativecommons.org/licenses/by-sa/4.0/</dc:rights>
    """
  static let container = """
    <?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
    <rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>
    """

  static func chapter(_ text: String) -> [UInt8] {
    Array(
      "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><head><title>T</title></head><body><p>\(text)</p></body></html>"
        .utf8)
  }

  var bytes: [UInt8] { zipArchive(of: files) }
}

@Suite struct EPUBFormatTests {
  private func extract(_ bytes: [UInt8], _ format: EPUBFormat = EPUBFormat()) throws -> Extraction {
    var reader = format.reader(MemoryInput(bytes, pieceSize: 10_000), named: "b.epub")
    var result = Extraction()
    while let event = try reader.next() {
      switch event {
      case .skip(let skip): result.skips.append(skip)
      case .record(let record):
        let part = try format.extract(record)
        result.documents += part.documents
        result.skips += part.skips
      }
    }
    return result
  }

  @Test func `chapters come in the order of the spine, with what the book says of itself`() throws {
    let book = Book(
      chapters: [("b.xhtml", "The first chapter."), ("text/a%20b.xhtml", "The second &amp; last.")],
      spine: "<itemref idref='c1'/><itemref idref='c0'/><itemref idref='c1'/><itemref idref='none'/>")
    var files = book.files
    files[4].name = "OEBPS/text/a b.xhtml"
    let result = try extract(zipArchive(of: files))
    #expect(result.documents.map(\.text) == ["The second & last.\n", "The first chapter.\n"])
    #expect(result.skips.isEmpty)
    let document = try #require(result.documents.first)
    #expect(document.provenance.place == "OEBPS/text/a b.xhtml")
    #expect(document.provenance.licence == "CC-BY-SA-4.0")
    #expect(document.attributes["title"] == .string("A Book"))
    #expect(document.attributes["author"] == .string("First Author; Second"))
    #expect(document.attributes["language"] == .string("en"))
    let whole = try extract(zipArchive(of: files), EPUBFormat(division: .book))
    #expect(whole.documents.map(\.text) == ["The second & last.\n\nThe first chapter.\n"])
  }

  @Test func `tables of contents are left out, other media and missing files are counted`() throws {
    var book = Book(
      chapters: [("a.xhtml", "Text.")],
      manifest: """
        <item id='n' href='nav.xhtml' media-type='application/xhtml+xml' properties='nav'/>
        <item id='i' href='i.svg' media-type='image/svg+xml'/><item id='a' href='a.xhtml#x' media-type='application/xhtml+xml'/>
        <item id='m' href='missing.xhtml' media-type='application/xhtml+xml'/><item id='e' href='empty.xhtml' media-type='text/html'/>
        """,
      spine: "<itemref idref='n'/><itemref idref='i'/><itemref idref='a'/><itemref idref='m'/><itemref idref='e'/>")
    book.files.append(("OEBPS/empty.xhtml", Array("<html><body><img src='x'/></body></html>".utf8)))
    let result = try extract(book.bytes)
    #expect(result.documents.map(\.text) == ["Text.\n"])
    #expect(result.skips.map(\.reason) == ["chapter that is no page", "missing chapter", "chapter without text"])
    #expect(result.skips.last?.place == "b.epub, empty.xhtml")
  }

  @Test(arguments: [
    "../../etc/passwd", "../../../a.xhtml", "%2e%2e/%2e%2e/x", "..\\..\\x", "http://host/x", "file:///etc/passwd",
    "a%00b",
  ])
  func `names that leave the book are never followed`(_ name: String) throws {
    var book = Book(chapters: [("a.xhtml", "Text."), (name, "Secret.")])
    book.files.removeLast()
    book.files.append((name, Book.chapter("Secret.")))
    book.files.append(("../../etc/passwd", Book.chapter("Secret.")))
    let result = try extract(book.bytes)
    #expect(result.documents.map(\.text) == ["Text.\n"])
    #expect(result.skips.map(\.reason) == ["chapter outside the book"])
  }

  @Test func `encrypted chapters are counted, fonts that are hidden do no harm`() throws {
    func list(_ paths: [String]) -> [UInt8] {
      let data = paths.map {
        "<enc:EncryptedData xmlns:enc='http://www.w3.org/2001/04/xmlenc#'><enc:CipherData><enc:CipherReference URI='\($0)'/></enc:CipherData></enc:EncryptedData>"
      }
      return Array(
        "<encryption xmlns='urn:oasis:names:tc:opendocument:xmlns:container'>\(data.joined())</encryption>".utf8)
    }
    var book = Book(chapters: [("a.xhtml", "Clear."), ("b.xhtml", "x")])
    book.files.append(("META-INF/encryption.xml", list(["OEBPS/font.otf", "OEBPS/b.xhtml"])))
    let result = try extract(book.bytes)
    #expect(result.documents.map(\.text) == ["Clear.\n"])
    #expect(result.skips.map(\.reason) == ["encrypted chapter"])
    book.files[book.files.count - 1].content = Array("broken <".utf8)
    try #expect(extract(book.bytes).skips.map(\.reason) == ["encrypted book"])
  }

  @Test(.enabled(if: hasTool("zip"))) func `a zip with a password is counted`() throws {
    try withTemporaryFolder { folder in
      for (name, content) in Book(chapters: [("a.xhtml", "Text.")]).files {
        let path = URL(fileURLWithPath: folder + "/in/" + name)
        try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content).write(to: path)
      }
      try runTool("sh", ["-c", "cd '\(folder)/in' && zip -qr ../x.zip META-INF && zip -qr -P secret ../x.zip OEBPS"])
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/x.zip")))
      try #expect(extract(bytes).skips.map(\.reason) == ["encrypted book"])
    }
  }

  @Test func `bombs are stopped, by chapter and by book`() throws {
    let many = (0..<40).map { ("\($0).xhtml", String(repeating: "A", count: 1_000_000)) }
    let start = ContinuousClock.now
    let result = try extract(Book(chapters: many).bytes)
    #expect(result.skips.contains { $0.reason == "zip bomb" })
    #expect(result.documents.count + result.skips.count == 40)
    #expect(ContinuousClock.now - start < .seconds(2))
    let large = Book(chapters: [("a.xhtml", String(repeating: "many words ", count: 100_000)), ("b.xhtml", "Text.")])
    let limited = try extract(
      large.bytes, EPUBFormat(extractor: HTMLExtractor(scope: .everything, maximumBytes: 100_000)))
    #expect(limited.documents.map(\.text) == ["Text.\n"])
    #expect(limited.skips.map(\.reason) == ["chapter too large"])
    try #expect(extract(large.bytes, EPUBFormat(largestBook: 1000)).skips.map(\.reason) == ["book too large"])
  }

  @Test func `sizes that lie lose their chapter and no other`() throws {
    var text = ""
    var random = SplitMix(state: 3)
    for _ in 0..<5000 { text += String(random.next() % 100_000) + " " }
    let book = Book(chapters: [("a.xhtml", text), ("b.xhtml", "Text.")]).bytes
    // The sizes in the list at the end of the archive, and in front of the file.
    let name = Array("OEBPS/a.xhtml".utf8)
    let places = book.indices.filter { book[$0...].starts(with: name) && book[$0] == name[0] }
    #expect(places.count == 2)
    for lie in [0, 1, 1000, 0x7FFF_FFFF, 0xFFFF_FFF0] as [UInt32] {
      for offset in [-26, -22] {
        var damaged = book
        for index in 0..<4 { damaged[places[1] + offset + index] = UInt8(lie >> (8 * UInt32(index)) & 255) }
        let result = try extract(damaged)
        #expect(result.documents.map(\.provenance.place).contains("OEBPS/b.xhtml") || !result.skips.isEmpty)
        #expect(result.documents.count + result.skips.count <= 2)
        for document in result.documents where document.provenance.place == "OEBPS/a.xhtml" {
          #expect(text.hasPrefix(document.text.prefix(100)))
        }
      }
    }
  }

  @Test func `packages with entities, and none, are refused`() throws {
    var book = Book(chapters: [("a.xhtml", "Text.")])
    let bomb = """
      <?xml version="1.0"?><!DOCTYPE package [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
      <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">
      <!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">
      <!ENTITY x SYSTEM "file:///etc/passwd">]><package><metadata><title>&f;&x;</title></metadata></package>
      """
    for (content, reason) in [
      (bomb, "broken package document"), ("<package>", "broken package document"), ("", "broken package document"),
      ("<package/>", "book without chapters"), (String(repeating: "<a>", count: 100_000), "broken package document"),
    ] {
      book.files[2].content = Array(content.utf8)
      try #expect(extract(book.bytes).skips.map(\.reason) == [reason])
    }
    book.files.remove(at: 1)
    try #expect(extract(book.bytes).skips.map(\.reason) == ["book without a package document"])
    try #expect(extract(Array("no book".utf8)).skips.map(\.reason) == ["no zip archive"])
    try #expect(extract([]).skips.map(\.reason) == ["no zip archive"])
  }

  @Test func `books cut at any byte are counted`() throws {
    let book = Book(chapters: [("a.xhtml", "Text."), ("b.xhtml", "More.")]).bytes
    for cut in stride(from: 0, to: book.count, by: 7) {
      let result = try extract(Array(book[..<cut]))
      #expect(!result.skips.isEmpty || result.documents.count == 2, "cut at \(cut)")
    }
  }

  @Test func `broken books never stop the reader`() throws {
    let seeds = [
      Book(chapters: [("a.xhtml", "Text."), ("b.xhtml", "More.")]).bytes,
      Book(chapters: [("../x.xhtml", "Text.")]).bytes,
    ]
    let run = try fuzz(
      "books", seeds: seeds, words: ["PK\u{3}\u{4}", "PK\u{1}\u{2}", "PK\u{5}\u{6}", "../"]
    ) { bytes in
      let result = try extract(bytes)
      #expect(!result.documents.isEmpty || !result.skips.isEmpty)
    }
    let package = Book(chapters: [("a.xhtml", "Text.")]).files[2].content
    _ = try fuzz("packages of books", seeds: [package], words: ["<!ENTITY a 'b'>", "&a;", "<item ", "href='../x'"]) {
      bytes in
      _ = EPUBPackage(bytes, path: "OEBPS/content.opf")
    }
    #expect(run.inputs > 100)
    #expect(run.longest < 2)
  }
}
