import Core
import Foundation
import TestSupport
import Testing

/// `martlet data` on input that is damaged or made to do harm, beside input that is neither: nothing else is lost, and what is
/// lost is counted and named.
@Suite("Data with damaged and hostile input")
struct HostileDataTests {
  @Test("A member of a web archive that is changed, cut or missing costs its record alone")
  func webArchive() throws {
    try HostileRun.with { run in
      let members = try (0..<7).map { try run.gzip(Self.record($0)) }
      var changed = members[3]
      for place in changed.count / 2..<changed.count / 2 + 8 { changed[place] ^= 0x5A }
      func archive(_ third: [UInt8], last: [UInt8]? = nil) -> [UInt8] {
        Array((members[..<3] + [third] + members[4..<6] + [last ?? members[6]]).joined())
      }
      try run.add("good.warc.gz", archive(members[3]))
      try run.add("changed.warc.gz", archive(changed))
      try run.add("cut.warc.gz", archive(Array(members[3].prefix(members[3].count / 2))))
      try run.add("end.warc.gz", archive(members[3], last: Array(members[6].prefix(members[6].count / 2))))
      let counts = try run.data()
      #expect(counts.found == 7 + 6 + 6 + 6 && counts.kept == counts.found)
      #expect(counts.skipped.values.reduce(0, +) == 3, "\(counts.skipped)")
      #expect(
        counts.output.contains("changed.warc.gz, record 4, byte \(members[..<3].joined().count)"), "\(counts.output)")
    }
  }

  @Test(
    "A compressed file that is cut off gives what is before, with a warning",
    arguments: ["", "select_length: {min: 1}"])
  func cutOff(step: String) throws {
    try HostileRun.with { run in
      let lines = (0..<400).map { #"{"text": "line \#($0) \#(SHA256.hash([UInt8($0 & 255)]).hex)"}"# }
      try run.add("a.jsonl", Array(lines.prefix(20).joined(separator: "\n").utf8))
      let whole = try run.gzip(Array(lines.joined(separator: "\n").utf8))
      try run.add("b.jsonl.gz", Array(whole.prefix(whole.count / 2)))
      try run.add("c.jsonl", Array(lines.prefix(20).joined(separator: "\n").utf8))
      let counts = try run.data(steps: step)
      #expect((100..<400).contains(counts.kept))
      #expect(counts.skipped == ["the input is damaged from here on": 1])
      #expect(
        counts.errors.contains("b.jsonl.gz, byte \(whole.count / 2): the gzip stream is cut off"), "\(counts.errors)")
      #expect(counts.errors.contains("Get the file again"), "\(counts.errors)")
    }
  }

  @Test("A Wikipedia dump that declares entities is left out with a warning, none is expanded")
  func entities() throws {
    try HostileRun.with { run in
      let bomb = (1...9).map {
        "<!ENTITY l\($0) \"\(String(repeating: $0 == 1 ? "lol" : "&l\($0 - 1);", count: 10))\">"
      }
      let start = "<mediawiki xml:lang='en'>"
      try run.add("bomb.xml", "<!DOCTYPE m [\(bomb.joined())]>" + start + Self.page(1, "&l9;") + "</mediawiki>")
      try run.add(
        "external.xml", "<!DOCTYPE m [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + start + Self.page(1, "&x;"))
      try run.add("unknown.xml", start + Self.page(1, "One.") + Self.page(2, "&l9;") + Self.page(3, "Three."))
      try run.add("good.xml", start + (0..<12).map { Self.page($0, "Page \($0).") }.joined() + "</mediawiki>")
      let counts = try run.data()
      #expect(counts.kept == 14)
      #expect(counts.skipped["the input is damaged from here on"] == 2, "\(counts.skipped)")
      for name in ["bomb", "external"] {
        #expect(counts.errors.contains("\(name).xml, byte"), "\(counts.errors)")
      }
      #expect(counts.errors.contains("document type declaration") && !counts.output.contains("root:"))
    }
  }

  @Test("Lines of JSON that are nested, long, broken or have NUL bytes are counted by reason")
  func lines() throws {
    try HostileRun.with { run in
      let deep = 100_000
      let lines: [[UInt8]] = [
        Array(#"{"text": "first"}"#.utf8),
        Array(#"{"text": "x", "a": "#.utf8) + [UInt8](repeating: 0x5B, count: deep)
          + [UInt8](repeating: 0x5D, count: deep)
          + [0x7D],
        Array(#"{"text": "nul \#u{0} here"}"#.utf8), [UInt8](repeating: 0, count: 5000),
        Array(#"{"text": "broken "#.utf8) + [0xFF, 0xC3] + Array(#" here"}"#.utf8), [0xFF, 0xFE],
        Array((#"{"text": ""# + String(repeating: "long ", count: 60_000) + #""}"#).utf8),
        Array(#"{"text": "last"}"#.utf8),
      ]
      try run.add("a.jsonl", Array(lines.joined(separator: [0x0A])))
      try run.add("b.jsonl", (0..<12).map { #"{"text": "good \#($0)"}"# }.joined(separator: "\n"))
      let counts = try run.data(options: "longest_document: 250000")
      #expect(counts.kept == 15)
      #expect(
        counts.skipped == ["nested too deep": 1, "NUL bytes, as in binary files": 2, "not JSON": 1, "too long": 1],
        "\(counts.skipped)")
      #expect(counts.output.contains("a.jsonl, line 2: "), "\(counts.output)")
    }
  }

  @Test("Pages that are nested 64,000 deep or misnested 10,000 times give their text")
  func pages() throws {
    try HostileRun.with { run in
      let text = (0..<4).map {
        "<p>The river number \($0) runs through a small old town, where people meet and talk.</p>"
      }
      func page(_ more: String) -> String { "<html><body><article>\(text.joined())\(more)</article></body></html>" }
      func many(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
      try run.add("deep.html", page(many("<div>", 64_000) + "<p>Deep.</p>" + many("</div>", 64_000)))
      try run.add("bold.html", page(many("<b>", 64_000)))
      try run.add("misnested.html", page(many("<b><i>x</b></i>", 10_000)))
      try run.add("tables.html", page(many("<a><b><p></a></b>", 10_000) + many("<table><tr>", 10_000)))
      for name in 0..<10 { try run.add("\(name).html", page("")) }
      let counts = try run.data()
      #expect(counts.kept == 14 && counts.skipped.isEmpty, "\(counts.output)")
    }
  }

  @Test("A book that unpacks without end, lies or leads outside costs its chapters alone")
  func books() throws {
    try HostileRun.with { run in
      let pages = (0..<5).map { "<html><body><p>Chapter \($0) of a book.</p></body></html>" }
      let good = (0..<5).map { ("\($0).xhtml", Array(pages[$0].utf8)) }
      try run.add("a.epub", Self.book(good))
      try run.add("b.epub", Self.book(good))
      // 40 MB of one letter are 40 kB.
      try run.add(
        "bomb.epub", Self.book([good[0], ("bomb.xhtml", [UInt8](repeating: 0x61, count: 40 << 20)), good[1]]))
      try run.add("outside.epub", Self.book([good[0], ("../../../secret.xhtml", Array(pages[1].utf8)), good[1]]))
      var lying = Self.book(good)
      Self.changeSizes(of: "c/2.xhtml", in: &lying)
      try run.add("lying.epub", lying)
      let counts = try run.data()
      let skipped = counts.skipped.values.reduce(0, +)
      #expect(counts.found + skipped == 5 + 5 + 3 + 3 + 5, "\(counts.output)")
      #expect(counts.kept >= 5 + 5 + 1 + 2 + 2)
      #expect(
        (counts.skipped["zip bomb"] ?? 0) > 0 && counts.skipped["chapter outside the book"] == 1, "\(counts.skipped)")
      #expect(counts.output.contains("bomb.epub, "), "\(counts.output)")
    }
  }

  @Test("Images of 100,000 x 100,000 pixels are refused by their headers, whatever the list says")
  func images() throws {
    try HostileRun.with { run in
      let png = try FileSystem.read(fixture("images/rgb.png"), limit: 1 << 20)
      var huge = png
      huge.replaceSubrange(16..<24, with: [0, 1, 0x86, 0xA0, 0, 1, 0x86, 0xA0])
      var files: [String: [UInt8]] = [
        "huge.png": huge, "cut.png": Array(png.prefix(20)), "none.jpg": Array("text".utf8),
      ]
      for number in 0..<10 { files["\(number).png"] = png }
      for (name, bytes) in files { try run.add(name, bytes, in: "img") }
      // Nobody reads three gigabytes for a header.
      #expect(truncate(run.folder + "/img/huge.png", 3 << 30) == 0)
      let names = files.keys.sorted() + ["missing.png", "../captions.json"]
      let images = names.enumerated().map { #"{"id": \#($0), "file_name": "\#($1)", "width": 5, "height": 5}"# }
      let captions = names.indices.map { #"{"image_id": \#($0), "caption": "A picture of number \#($0)."}"# }
      try run.add(
        "captions.json",
        #"{"images": [\#(images.joined(separator: ","))], "annotations": [\#(captions.joined(separator: ","))]}"#)
      let counts = try run.data(options: "format: captions, images: img")
      #expect(counts.kept == 10)
      #expect(
        counts.skipped == [
          "too many pixels": 1, "image cut off": 1, "unknown image format": 1, "missing image": 1, "unsafe path": 1,
        ], "\(counts.skipped)")
    }
  }

  @Test("A Parquet file with a wrong footer is left out with a warning, other files are read")
  func parquet() throws {
    try HostileRun.with { run in
      try run.add("a.jsonl", (0..<12).map { #"{"text": "good \#($0)"}"# }.joined(separator: "\n"))
      try run.add("end.parquet", "PAR1 and much else, and no end")
      try run.add(
        "length.parquet",
        Array("PAR1".utf8) + [UInt8](repeating: 0, count: 20) + [255, 255, 255, 127] + Array("PAR1".utf8))
      try run.add("empty.parquet", [])
      let counts = try run.data()
      #expect(counts.kept == 12 && counts.skipped == ["the input is damaged from here on": 3], "\(counts.output)")
      #expect(counts.errors.contains("length.parquet: the Parquet file's footer should have"), "\(counts.errors)")
    }
  }

  @Test("What comes through standard input is kept and read as a file")
  func standardInput() throws {
    try HostileRun.with { run in
      let lines = (0..<30_000).map { #"{"text": "line \#($0)"}"# }.joined(separator: "\n") + "\n{broken\n"
      try run.add("lines.txt", Array(lines.utf8), in: ".")
      let counts = try run.data(files: "'-'", options: "format: json", standardInput: run.folder + "/lines.txt")
      #expect(counts.kept == 30_000 && counts.skipped == ["not JSON": 1], "\(counts.output)")
      #expect(counts.output.contains("-, line 30,001") || counts.output.contains("-, line 30001"), "\(counts.output)")
    }
  }

  @Test(
    "A disk that fills up is said, and with room again the result is that of a run that never met it",
    .enabled(if: canMountSmallDisk))
  func fullDisk() throws {
    try HostileRun.with { run in
      var random = RandomStream(RandomKey(seed: 3))
      for file in 0..<3 {
        let lines = (0..<2000).map { _ in
          #"{"text": "\#((0..<50).map { _ in String(Int.random(in: 0...99_999, using: &random)) }.joined(separator: " "))"}"#
        }
        try run.add("\(file).jsonl", lines.joined(separator: "\n"))
      }
      let steps = "deduplicate, cut_repeated_paragraphs"
      _ = try run.data(steps: steps)
      try withSmallDisk(kilobytes: 12_000) { disk in
        let ballast = disk + "/ballast"
        // With more room each time it gets further, through every stage.
        for kilobytes in [10_500, 9000, 7000, 5000, 3000] {
          _ = FileManager.default.createFile(atPath: ballast, contents: Data(count: kilobytes << 10))
          let result = try Martlet.run(["data", "recipe.yaml", "--set", "data.output_dir=\(disk)/out"], in: run.folder)
          if result.status == 0 { break }
          #expect(result.status == 1 && result.errors.contains("the disk is full"), "\(result.errors)")
          #expect(
            result.errors.contains(disk + "/out") && result.errors.contains("Free some space"), "\(result.errors)")
          try FileSystem.remove(ballast)
        }
        try FileSystem.remove(ballast)
        let result = try Martlet.run(["data", "recipe.yaml", "--set", "data.output_dir=\(disk)/out"], in: run.folder)
        #expect(result.status == 0, "\(result.errors)")
        try runTool("diff", ["-r", "-q", "-x", ".lock", run.folder + "/out", disk + "/out"])
      }
    }
  }
}

extension HostileDataTests {
  /// A record of a web archive with a page about a number.
  private static func record(_ number: Int) -> [UInt8] {
    let sentence = "The number \(number) is what this page tells about, in a sentence as long as sentences are. "
    let page = "<html><body><article><p>\(String(repeating: sentence, count: 4))</p></article></body></html>"
    let block = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page
    return Array(
      """
      WARC/1.0\r
      WARC-Type: response\r
      WARC-Target-URI: http://example.org/\(number)\r
      WARC-Date: 2024-01-02T03:04:05Z\r
      WARC-Record-ID: <urn:uuid:\(number)>\r
      Content-Type: application/http; msgtype=response\r
      Content-Length: \(block.utf8.count)\r
      \r
      \(block)\r
      \r

      """.utf8)
  }

  private static func page(_ id: Int, _ text: String) -> String {
    "<page><title>P\(id)</title><ns>0</ns><id>\(id)</id><revision><id>\(id)</id><text>\(text)</text></revision></page>\n"
  }

  /// A book with chapters by name.
  private static func book(_ chapters: [(String, [UInt8])]) -> [UInt8] {
    let container =
      "<container><rootfiles><rootfile full-path='c/b.opf' media-type='application/oebps-package+xml'/></rootfiles></container>"
    let items = chapters.enumerated().map {
      "<item id='c\($0.offset)' href='\($0.element.0)' media-type='application/xhtml+xml'/>"
    }
    let spine = chapters.indices.map { "<itemref idref='c\($0)'/>" }
    let package =
      "<package><metadata/><manifest>\(items.joined())</manifest><spine>\(spine.joined())</spine></package>"
    let files =
      [
        (name: "META-INF/container.xml", content: Array(container.utf8)),
        (name: "c/b.opf", content: Array(package.utf8)),
      ]
      + chapters.map { (name: "c/" + $0.0, content: $0.1) }
    return zipArchive(of: files)
  }

  /// Makes an archive say of a member that it has 4 GB.
  private static func changeSizes(of name: String, in bytes: inout [UInt8]) {
    // Local headers and the directory: their marks, where the size is and where the name.
    for (mark, size, place) in [([0x50, 0x4B, 3, 4] as [UInt8], 22, 30), ([0x50, 0x4B, 1, 2], 24, 46)] {
      for start in 0..<bytes.count - place - name.utf8.count
      where bytes[start..<start + 4].elementsEqual(mark)
        && bytes[start + place..<start + place + name.utf8.count].elementsEqual(name.utf8)
      {
        bytes.replaceSubrange(start + size..<start + size + 4, with: [0xFE, 0xFF, 0xFF, 0xFF])
      }
    }
  }
}
