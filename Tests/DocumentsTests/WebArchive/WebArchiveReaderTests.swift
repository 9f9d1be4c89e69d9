import Core
import Documents
import Foundation
import TestSupport
import Testing

@Suite struct WebArchiveReaderTests {
  static let records = ["one", "two", "three"].map(pageRecord)

  private func read(_ bytes: [UInt8], chunk: Int = 1 << 16, largest: Int = 64 << 20) throws -> ReadResult {
    try DocumentsTests.read(WebArchiveFormat(largestBlock: largest), bytes, named: "a.warc", chunk: chunk)
  }

  @Test func `records are found in plain, compressed and jointly compressed files, whatever the pieces`() throws {
    let plain = Self.records.flatMap { $0 }
    var files = [plain, Self.records.flatMap { deflated($0) }, deflated(plain)]
    if hasTool("zstd") {
      files.append(try Self.records.flatMap { try filter($0, through: "zstd", ["-c"]) })
      files.append(try filter(plain, through: "zstd", ["-c"]))
    }
    if hasTool("bzip2") { files.append(try filter(plain, through: "bzip2", ["-c"])) }
    if hasTool("xz") { files.append(try filter(plain, through: "xz", ["-c"])) }
    for file in files {
      for chunk in [1, 10, 1000, 1 << 16] {
        let result = try read(file, chunk: chunk)
        #expect(words(result) == ["one", "two", "three"])
        #expect(result.skips.isEmpty)
      }
    }
  }

  @Test func `provenance names the address, the date, the record and its place in the file`() throws {
    let members = Self.records.map { deflated($0) }
    let places = try read(members.flatMap { $0 }).documents.map(\.provenance)
    #expect(places[1].input == "a.warc")
    #expect(places[1].url == "http://example.org/two")
    #expect(places[1].date == "2024-01-02T03:04:05Z")
    #expect(
      places.map(\.place) == [
        "record 1, byte 0", "record 2, byte \(members[0].count)",
        "record 3, byte \(members[0].count + members[1].count)",
      ])
    let plain = try read(Self.records.flatMap { $0 })
    #expect(plain.documents[2].provenance.place == "record 3, byte \(Self.records[0].count + Self.records[1].count)")
    #expect(plain.documents[2].attributes["warc_record_id"] == .string("urn:uuid:1"))
    #expect(plain.documents[2].attributes["title"] == .string("About three"))
  }

  @Test(arguments: [1, 1 << 16]) func `a damaged member loses its record and no other, wherever the damage is`(
    _ chunk: Int
  ) throws {
    let members = Self.records.map { deflated($0) }
    let start = members[0].count
    for place in start..<start + members[1].count {
      var file = members.flatMap { $0 }
      file[place] ^= 0x55
      let result = try read(file, chunk: chunk)
      let found = words(result)
      // Some bytes of the header of gzip, the time and the system, mean nothing, nor do the last bits before the checksum.
      if found != ["one", "two", "three"] {
        #expect(found == ["one", "three"], "byte \(place - start)")
        #expect(result.skips.count == 1, "byte \(place - start): \(result.reasons)")
      } else {
        #expect((4..<10).contains(place - start) || place - start == members[1].count - 9, "byte \(place - start)")
      }
    }
  }

  @Test func `a member that is missing its end, or bytes between members, lose nothing else`() throws {
    let members = Self.records.map { deflated($0) }
    for cut in [1, 5, 20, members[1].count / 2, members[1].count - 1] {
      let result = try read(members[0] + members[1].prefix(cut) + members[2])
      #expect(words(result) == ["one", "three"], "\(cut) of \(members[1].count)")
      #expect(result.skips.count == 1, "\(cut): \(result.reasons)")
    }
    for garbage in [Array("garbage".utf8), [0x1F, 0x8B, 8, 0, 0], [0x1F]] {
      let result = try read(members[0] + garbage + members[1] + members[2])
      #expect(words(result) == ["one", "two", "three"])
      #expect(result.skips.count == 1)
    }
    let padded = try read(members[0] + [UInt8](repeating: 0, count: 5000) + members[1])
    #expect(words(padded) == ["one", "two"])
    #expect(padded.skips.isEmpty)
  }

  @Test(arguments: [false, true]) func `files cut at any byte give the records before the cut and at most one skip`(
    _ isCompressed: Bool
  ) throws {
    let parts = isCompressed ? Self.records.map { deflated($0) } : Self.records
    let file = parts.flatMap { $0 }
    var ends: [Int] = []
    for part in parts { ends.append((ends.last ?? 0) + part.count) }
    for cut in 0..<file.count {
      let result = try read(Array(file[..<cut]))
      let whole = ends.filter { $0 <= cut }.count
      // The line ends behind a block are not needed.
      let least = isCompressed ? whole : ends.filter { $0 - 4 <= cut }.count
      #expect(words(result).count == least, "cut at \(cut)")
      #expect(result.skips.count <= 1)
      if isCompressed, !ends.contains(cut), cut > 0 { #expect(result.skips.count == 1, "cut at \(cut)") }
    }
  }

  @Test(arguments: [
    "0", "10", "5000", "99999", "9223372036854775807", "99999999999999999999", "-1", "abc", "", "12 34",
  ])
  func `a wrong length loses its record and no other, compressed or not`(_ length: String) throws {
    let block = http(page("two"))
    let bad = warc("response", "http://example.org/two", block, length: length)
    for file in [
      Self.records[0] + bad + Self.records[2], deflated(Self.records[0] + bad + Self.records[2]),
      [Self.records[0], bad, Self.records[2]].flatMap { deflated($0) },
    ] {
      for chunk in [7, 1 << 16] {
        let result = try read(file, chunk: chunk)
        #expect(words(result) == ["one", "three"])
        #expect(result.skips.count == 1, "\(result.reasons)")
      }
    }
  }

  @Test func `headers without a length, an address or sense are skips`() throws {
    let strange: [[UInt8]] = [
      Array("WARC/1.0\r\nWARC-Type: response\r\n\r\nHTTP/1.1 200 OK\r\n\r\n\r\n\r\n".utf8),
      Array("WARC/1.0\r\n\r\n".utf8), Array("WARC/x\r\nContent-Length: 0\r\n\r\n\r\n\r\n".utf8),
      Array("WARC/1.0\r\nContent-Length: 0\r\nContent-Length: 3\r\n\r\n\r\n\r\n".utf8),
      warc("response", nil, http(page("x"))), warc("response", "", http(page("x"))),
      warc("response", "no address", http(page("x"))), warc("response", "http://a\u{1}b/", http(page("x"))),
      warc("response", "http://" + String(repeating: "a", count: 9000), http(page("x"))),
      warc("strange", "http://example.org/x", http(page("x"))), warc("revisit", "http://example.org/x", http([])),
      Array("some garbage\r\nand more\r\n\r\n".utf8),
      warc("response", "http://example.org/", [], fields: [String(repeating: "x", count: 100_000) + ": y"]),
    ]
    for record in strange {
      for pack in [{ $0 }, { deflated($0) }] as [([UInt8]) -> [UInt8]] {
        let result = try read(pack(Self.records[0]) + pack(record) + pack(Self.records[2]))
        #expect(words(result) == ["one", "three"], "\(String(decoding: record.prefix(80), as: UTF8.self))")
        #expect(result.skips.count == 1, "\(String(decoding: record.prefix(80), as: UTF8.self)): \(result.reasons)")
      }
    }
  }

  @Test func `lenient writers are understood`() throws {
    let variants: [[UInt8]] = [
      Array(
        String(decoding: Self.records[0], as: UTF8.self).replacingOccurrences(of: "\r\n\r\nHTTP", with: "\n\nHTTP").utf8
      ),
      warc("response", "<http://example.org/one>", http(page("one")), end: "\r\n"),
      warc("response", "http://example.org/one", http(page("one")), end: "\r\n\r\n\r\n\r\n"),
      warc("RESPONSE", "http://example.org/one", http(page("one")), fields: ["content-type:application/http"]),
      warc("response", "http://example.org/one", http(page("one")), fields: ["X-Long: begins\r\n here and ends"]),
      warc("response", "http://example.org/one", http(page("one")), end: ""),
    ]
    for variant in variants {
      let result = try read(variant + Self.records[1])
      #expect(words(result) == ["one", "two"])
      #expect(result.skips.isEmpty, "\(result.reasons)")
    }
    try #expect(
      read(warc("response", "http://a/b c", http(page("x")))).documents.first?.provenance.url == "http://a/b%20c")
  }

  @Test func `records that describe others are passed over`() throws {
    let others = ["warcinfo", "request", "metadata"].flatMap { warc($0, "http://example.org/", Array("a: b".utf8)) }
    let log = warc(
      "resource", "metadata://gnu.org/software/wget/warc/wget.log", Array("log".utf8),
      fields: ["Content-Type: text/plain"])
    let name = warc("response", "dns:example.org", Array("1.2.3.4".utf8), fields: ["Content-Type: text/dns"])
    let result = try read(others + log + name + Self.records[0])
    #expect(words(result) == ["one"])
    #expect(result.skips.isEmpty)
  }

  @Test func `an archive inside a record stays inside`() throws {
    let inner = http(Self.records[1], ["Content-Type: application/warc"])
    let result = try read(warc("response", "http://example.org/inner", inner) + Self.records[2])
    #expect(words(result) == ["three"])
    #expect(result.reasons == ["content that is not text"])
  }

  @Test func `a block that is too large is passed over in little memory`() throws {
    let large = warc("response", "http://example.org/large", http([UInt8](repeating: 97, count: 3_000_000)))
    for file in [
      Self.records[0] + large + Self.records[2],
      deflated(Self.records[0]) + deflated(large) + deflated(Self.records[2]),
    ] {
      let result = try read(file, largest: 100_000)
      #expect(words(result) == ["one", "three"])
      #expect(result.reasons == ["record too large"])
    }
  }

  @Test func `ARC files are read`() throws {
    func arc(_ word: String, length: Int? = nil) -> [UInt8] {
      let block = http(page(word))
      return Array("http://example.org/\(word) 1.2.3.4 20040102030405 text/html \(length ?? block.count)\n".utf8)
        + block + [10]
    }
    let info = Array("1 0 Archive\nURL IP-address Archive-date Content-type Archive-length\n".utf8)
    let head = Array("filedesc://a.arc 0.0.0.0 20040102030405 text/plain \(info.count)\n".utf8) + info + [10]
    for pack in [{ $0 }, { deflated($0) }] as [([UInt8]) -> [UInt8]] {
      let result = try read(pack(head) + pack(arc("one")) + pack(arc("two")))
      #expect(words(result) == ["one", "two"])
      #expect(result.skips.isEmpty)
      #expect(result.documents.first?.provenance.date == "2004-01-02T03:04:05Z")
    }
    let wrong = try read(deflated(head) + deflated(arc("one", length: 7)) + deflated(arc("two")))
    #expect(words(wrong) == ["two"])
    #expect(wrong.skips.count == 1)
  }

  @Test func `input made to be slow is not`() throws {
    let magic = Array(repeating: [0x1F, 0x8B, 8, 0], count: 100_000).flatMap { $0 } as [UInt8]
    let claims = Array(String(repeating: "WARC/1.0\r\nContent-Length: 60000000\r\n\r\n", count: 30_000).utf8)
    let lines = Array(String(repeating: "\nWARC/9", count: 150_000).utf8)
    let members = Array(repeating: deflated(Array("W".utf8)), count: 30_000).flatMap { $0 }
    let starts = Array(repeating: deflated(Array("WARC/1.0\r\n".utf8)), count: 20_000).flatMap { $0 }
    let claim = Array("WARC/1.0\r\nContent-Length: 60000000\r\n\r\n".utf8)
    for (number, bytes) in [
      magic, deflated(claim) + magic, claims, lines, members, deflated(claim) + members, starts, deflated(claims),
    ].enumerated() {
      let start = ContinuousClock.now
      _ = try read(bytes)
      #expect(ContinuousClock.now - start < .seconds(2), "input \(number)")
    }
  }

  @Test(
    .enabled(if: sharedData != nil),
    arguments: [
      ("example.warc.gz", 1, ["page stored elsewhere (revisit record)"]),
      ("example-resource.warc.gz", 1, []), ("example-iana.org-chunked.warc", 1, []),
      ("example-wget-bad-target-uri.warc.gz", 1, []), ("example-trunc.warc", 0, ["wrong length of a record"]),
      ("example-bad.warc.gz.bad", 1, ["HTTP status 302", "page stored elsewhere (revisit record)"]),
      ("sample-0000.warc.gz", 22, []),
    ])
  func `real archives, good and bad`(_ name: String, _ documents: Int, _ reasons: [String]) throws {
    let path = joinPath(sharedData ?? "", "warc/\(name)")
    let result = try read(FileSystem.read(path, limit: 1 << 24))
    #expect(result.documents.count == documents)
    #expect(result.reasons.sorted() == reasons)
  }

  @Test func `broken archives never stop the reader`() throws {
    let plain = Self.records.flatMap { $0 }
    let seeds = [plain, Self.records.flatMap { deflated($0) }, deflated(plain)]
    let format = WebArchiveFormat(largestBlock: 10_000)
    let run = try fuzz(
      "web archives", seeds: seeds,
      words: [
        "WARC/1.0\r\n", "Content-Length: ", "\r\n\r\n", "99999999999", "\u{1F}\u{8B}\u{8}",
        "Transfer-Encoding: chunked\r\n",
      ]
    ) { bytes in
      let result = try DocumentsTests.read(format, bytes, chunk: 1 + bytes.count % 5000)
      for document in result.documents { #expect(document.provenance.url?.isEmpty == false) }
      #expect(result.records <= bytes.count / 4 + 2)
    }
    #expect(run.inputs > 100)
    #expect(run.longest < 2)
  }
}
