import Core
import Documents
import Foundation
import Testing

/// Bytes in pieces of a size, and then an error if there is one.
final class PiecesInput: ByteInput {
  private var rest: ArraySlice<UInt8>
  private let size: Int
  private let error: MartletError?

  init(_ text: String, size: Int = 1000, error: MartletError? = nil) {
    rest = Array(text.utf8)[...]
    self.size = size
    self.error = error
  }

  func read() throws -> [UInt8] {
    if rest.isEmpty, let error { throw error }
    let piece = rest.prefix(size)
    rest = rest.dropFirst(size)
    return Array(piece)
  }
}

/// Pieces that are made when they are asked for.
final class MadeInput: ByteInput {
  private let make: (Int) -> String?
  private var count = 0

  init(_ make: @escaping (Int) -> String?) { self.make = make }

  func read() throws -> [UInt8] {
    defer { count += 1 }
    return make(count).map { Array($0.utf8) } ?? []
  }
}

enum Dump {
  static let head = """
    <mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10" xml:lang="de">
      <siteinfo><sitename>Wikipedia</sitename><base>https://de.wikipedia.org/wiki/Hauptseite</base>
      <namespaces><namespace key="0" /><namespace key="6">Datei</namespace><namespace key="10">Vorlage</namespace>
      <namespace key="14">Kategorie</namespace></namespaces></siteinfo>

    """

  static func page(_ title: String, _ text: String, namespace: Int = 0, id: Int = 7, extra: String = "") -> String {
    """
    <page><title>\(title)</title><ns>\(namespace)</ns><id>\(id)</id>\(extra)<revision><id>99</id>
    <timestamp>2014-10-26T04:50:23Z</timestamp><contributor><username>U</username><id>5</id></contributor>
    <comment>c</comment><model>wikitext</model><text xml:space="preserve">\(text)</text></revision></page>

    """
  }

  static func whole(_ pages: String...) -> String { head + pages.joined() + "</mediawiki>" }

  /// All that a reader finds.
  static func read(_ input: any ByteInput, _ format: WikipediaFormat = .init()) throws -> (
    records: [Record], skips: [Skip]
  ) {
    var reader = format.reader(input, named: "dump.xml")
    var records: [Record] = []
    var skips: [Skip] = []
    while let event = try reader.next() {
      switch event {
      case .record(let record): records.append(record)
      case .skip(let skip): skips.append(skip)
      }
    }
    return (records, skips)
  }

  static func read(_ text: String, size: Int = 1000) throws -> (records: [Record], skips: [Skip]) {
    try read(PiecesInput(text, size: size))
  }
}

@Suite("Dumps of wikis are read page by page") struct WikipediaReaderTests {
  @Test("a page has its title, numbers, date, address and licence", arguments: [1, 3, 64, 100_000]) func page(size: Int)
    throws
  {
    let dump = Dump.whole(Dump.page("Äpfel &amp; Birnen", "Text &lt;b&gt; mit &quot;Zeichen&quot; 中"))
    let (records, skips) = try Dump.read(dump, size: size)
    let record = try #require(records.first)
    #expect(records.count == 1)
    #expect(skips.isEmpty)
    #expect(String(decoding: record.bytes, as: UTF8.self) == "Text <b> mit \"Zeichen\" 中")
    #expect(record.headers["title"] == "Äpfel & Birnen")
    #expect(record.headers["id"] == "7")
    #expect(record.headers["revision"] == "99")
    #expect(record.headers["namespace"] == "0")
    #expect(record.headers["language"] == "de")
    #expect(
      record.provenance
        == Provenance(
          input: "dump.xml", place: "page 7", url: "https://de.wikipedia.org/wiki/%C3%84pfel_%26_Birnen",
          licence: "CC-BY-SA-4.0", date: "2014-10-26T04:50:23Z"))
  }

  @Test("redirects, other namespaces and other models are counted by reason") func skips() throws {
    let dump = Dump.whole(
      Dump.page("A", "x", extra: "<redirect title=\"B\" />"), Dump.page("B", "#WEITERLEITUNG [[C]]"),
      Dump.page("Diskussion:C", "x", namespace: 1), Dump.page("D", "Text."),
      Dump.page("E", "x").replacingOccurrences(of: "<model>wikitext", with: "<model>css"))
    let (records, skips) = try Dump.read(dump)
    #expect(records.map { $0.headers["title"] } == ["D"])
    #expect(skips.map(\.reason) == ["redirect", "redirect", "other namespace", "no wikitext"])
    #expect(skips.map(\.sample) == ["A", "B", "Diskussion:C", "E"])
  }

  @Test("a format makes documents and counts disambiguations and empty texts") func format() throws {
    let dump = Dump.whole(
      Dump.page("A", "[[Datei:x.jpg|mini|y]]'''A''' ist.\n[[Kategorie:Z]]"),
      Dump.page("B", "B:\n* [[B1]]\n{{Begriffsklärung}}"),
      Dump.page("C", "{{Infobox}}"))
    let format = WikipediaFormat()
    let (records, _) = try Dump.read(PiecesInput(dump), format)
    let extractions = records.map(format.extract)
    #expect(extractions.map { $0.documents.map(\.text) } == [["A ist.\n"], [], []])
    #expect(extractions.flatMap(\.skips).map(\.reason) == ["disambiguation", "no text"])
    #expect(extractions[0].documents[0].attributes == ["title": .string("A"), "language": .string("de")])
    #expect(format.counts.templatesWithoutText == 2)
    var settings = WikipediaFormat.Settings()
    settings.dropsDisambiguations = false
    settings.minimumLength = 8
    let longer = WikipediaFormat(settings)
    #expect(records.map { longer.extract($0).skips.map(\.reason) } == [["shorter than the minimum"], [], ["no text"]])
  }

  @Test("pages before a cut are kept and the cut is a skip", arguments: [5, 1000]) func truncated(size: Int) throws {
    let dump = Dump.whole(Dump.page("A", "Text."), Dump.page("B", "More text."))
    let cut = String(dump[..<(try #require(dump.range(of: "More")).upperBound)])
    let (records, skips) = try Dump.read(cut, size: size)
    #expect(records.map { $0.headers["title"] } == ["A"])
    #expect(skips.map(\.reason) == ["truncated page"])
    #expect(skips.map(\.sample) == ["B"])
    let (others, ends) = try Dump.read(Dump.head + Dump.page("A", "Text."), size: size)
    #expect(others.count == 1)
    #expect(ends.map(\.reason) == ["the dump ends early"])
  }

  @Test("damaged compression ends the dump, but a failing disk is an error") func damagedInput() throws {
    let text = Dump.head + Dump.page("A", "Text.")
    let damage = MartletError(.corrupted, "bzip2: data error", at: "dump.xml.bz2")
    let (records, skips) = try Dump.read(PiecesInput(text, error: damage))
    #expect(records.count == 1)
    #expect(skips.map(\.reason) == ["damaged compression, the rest is lost"])
    let failure = MartletError(.inputOutput, "the device reported an input/output error", at: "dump.xml.bz2")
    #expect(throws: failure) { try Dump.read(PiecesInput(text, error: failure)) }
    // Nothing at all could be read: that is no damaged dump.
    #expect(throws: damage) { try Dump.read(PiecesInput("", error: damage)) }
  }

  @Test("broken XML costs the page that it is in", arguments: [7, 1000, 100_000]) func broken(size: Int) throws {
    let broken = [
      Dump.page("X", "a < b"), Dump.page("X", "&nbsp;"), Dump.page("X", "\u{1}"), "<page><title>X</title></paeg>",
      Dump.page("X", "x").replacingOccurrences(of: "</ns>", with: ""),
    ]
    var dump = Dump.head
    for (index, page) in broken.enumerated() { dump += Dump.page("A\(index)", "Text.") + page }
    dump += Dump.page("Last", "Text.") + "</mediawiki>"
    let (records, skips) = try Dump.read(dump, size: size)
    #expect(records.map { $0.headers["title"] } == ["A0", "A1", "A2", "A3", "A4", "Last"])
    #expect(skips.map(\.reason) == Array(repeating: "broken XML", count: 5))
    #expect(records.allSatisfy { $0.provenance.url?.hasPrefix("https://de.wikipedia.org/wiki/") == true })
  }

  @Test("pieces of dumps that begin with a page are read") func piece() throws {
    let (records, skips) = try Dump.read("\n  " + Dump.page("A", "x") + Dump.page("B", "y"))
    #expect(records.map { $0.headers["title"] } == ["A", "B"])
    #expect(skips.isEmpty)
  }

  @Test(
    "what is no dump is refused",
    arguments: ["", "Hello", "<html><body>x</body></html>", "\u{0}\u{1}\u{2}", "<?xml version=\"1.0\"?>", "{\"a\": 1}"])
  func noDump(_ text: String) {
    #expect {
      try Dump.read(text)
    } throws: { error in
      (error as? MartletError)?.code == .malformedFile && (error as? MartletError)?.place?.hasPrefix("dump.xml") == true
    }
  }

  @Test("entities are not expanded: a bomb is refused at once") func entityBomb() {
    var bomb = "<?xml version=\"1.0\"?><!DOCTYPE mediawiki [<!ENTITY a0 \"lol\">"
    for level in 1...20 { bomb += "<!ENTITY a\(level) \"" + String(repeating: "&a\(level - 1);", count: 10) + "\">" }
    bomb += "]><mediawiki>" + Dump.page("A", "&a20;") + "</mediawiki>"
    #expect {
      try Dump.read(bomb)
    } throws: { error in "\(error)".contains("entities are not expanded") }
  }

  @Test("a page over the limit is skipped in bounded memory") func longPage() throws {
    var settings = WikipediaFormat.Settings()
    settings.maximumPageBytes = 1 << 20
    let format = WikipediaFormat(settings)
    let start = Dump.page("Long", "@").components(separatedBy: "@")
    // 400 MB of text that nobody keeps.
    let input = MadeInput { piece in
      switch piece {
      case 0: Dump.head + Dump.page("A", "x") + start[0]
      case 1...1600: String(repeating: "word ", count: 50_000)
      case 1601: start[1] + Dump.page("B", "y") + "</mediawiki>"
      default: nil
      }
    }
    let before = peakMemory()
    let (records, skips) = try Dump.read(input, format)
    #expect(records.map { $0.headers["title"] } == ["A", "B"])
    #expect(skips.map(\.reason) == ["page over the size limit"])
    #expect(peakMemory() - before < 64 << 20)
  }

  @Test("deep and endless XML is refused or skipped") func hostileXML() throws {
    let deep = Dump.head + "<page>" + String(repeating: "<a>", count: 100_000)
    let (records, skips) = try Dump.read(deep + "</mediawiki>" + Dump.page("A", "x"))
    #expect(records.count == 1)
    #expect(skips.map(\.reason) == ["broken XML"])
    let manyPages = Dump.head + String(repeating: "<page><title>a</title>", count: 20_000)
    let (none, others) = try Dump.read(manyPages, size: 100_000)
    #expect(none.isEmpty)
    #expect(!others.isEmpty)
  }

  /// The most memory that this process had, in bytes.
  private func peakMemory() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1024
  }
}
