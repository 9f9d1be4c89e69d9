import Core
import Documents
import Foundation
import TestSupport
import Testing

@Suite struct InputFileTests {
  private func make(_ folder: String, _ names: [String]) throws {
    for name in names {
      try FileSystem.createFolder(parentFolder(of: folder + "/" + name))
      try AtomicFile.write(name, to: folder + "/" + name)
    }
  }

  private func names(_ folder: String, _ locations: [String]) throws -> [String] {
    try InputFile.list(locations.map { $0.hasPrefix("/") ? $0 : folder + "/" + $0 }).map {
      String($0.name.dropFirst(folder.count + 1))
    }
  }

  private func code(_ locations: [String]) -> MartletError.Code? {
    do {
      _ = try InputFile.list(locations)
      return nil
    } catch { return (error as? MartletError)?.code }
  }

  @Test func `folders are searched to the bottom, hidden and foreign files left out, sorted by bytes`() throws {
    try withTemporaryFolder { folder in
      try make(
        folder,
        [
          "b.txt", "a/z.jsonl.gz", "a/deep/er/x.warc.wet.gz", "a/.hidden.txt", ".git/c.txt", "B.TXT", "e.html.zst",
          "picture.png", "noending", "d.xml-p1p41242.bz2", "f.gz", "ü.md",
        ])
      #expect(
        try names(folder, [folder]) == [
          "B.TXT", "a/deep/er/x.warc.wet.gz", "a/z.jsonl.gz", "b.txt", "d.xml-p1p41242.bz2", "e.html.zst", "ü.md",
        ])
    }
  }

  @Test func `a file is read once, also where links and patterns lead to it again`() throws {
    try withTemporaryFolder { folder in
      try make(folder, ["a/x.txt", "a/y.txt"])
      try FileManager.default.createSymbolicLink(atPath: folder + "/b", withDestinationPath: folder + "/a")
      try FileManager.default.createSymbolicLink(atPath: folder + "/a/z.txt", withDestinationPath: folder + "/a/x.txt")
      try #expect(names(folder, ["a/y.txt", "a", "a/*.txt", "b", "a/../a/x.txt"]) == ["a/y.txt", "a/x.txt"])
      try #expect(names(folder, ["a/x.png", "a"].filter { $0 == "a" }) == ["a/x.txt", "a/y.txt"])
    }
  }

  @Test func `folders that lead back to one above are refused`() throws {
    try withTemporaryFolder { folder in
      try make(folder, ["a/x.txt"])
      try FileManager.default.createSymbolicLink(atPath: folder + "/a/loop", withDestinationPath: folder)
      #expect(code([folder]) == .inputOutput)
      #expect(code([folder + "/**/x.txt"]) == .inputOutput)
    }
  }

  @Test func `what is missing or empty is an error`() throws {
    try withTemporaryFolder { folder in
      #expect(code([folder]) == .notFound)
      #expect(code([folder + "/missing"]) == .notFound)
      #expect(code([folder + "/*.txt"]) == .notFound)
      #expect(code([""]) == .invalidArgument)
      #expect(code(["a\0b"]) == .invalidArgument)
    }
  }

  @Test(arguments: [
    ("*.txt", ["a.txt", "b.txt"]), ("?.txt", ["a.txt", "b.txt"]), ("[!a].txt", ["b.txt"]),
    ("[a-b].t*t", ["a.txt", "b.txt"]),
    ("d/*", ["d/c.txt", "d/e/f.json", "d/x.png"]), ("d/*.png", ["d/x.png"]),
    ("**/*.txt", ["a.txt", "b.txt", "d/c.txt"]),
    ("**/**/f.json", ["d/e/f.json"]), ("**", ["a.txt", "b.txt", "d/c.txt", "d/e/f.json"]),
    ("{b,a}.txt", ["a.txt", "b.txt"]), ("{d/{c,e/f},a}.*", ["a.txt", "d/c.txt", "d/e/f.json"]), (".h*", [".h.txt"]),
    ("[q].txt", ["[q].txt"]), ("d/../a.tx?", ["d/../a.txt"]),
  ])
  func `patterns find what shells find`(_ pattern: String, _ expected: [String]) throws {
    try withTemporaryFolder { folder in
      try make(folder, ["a.txt", "b.txt", "d/c.txt", "d/x.png", "d/e/f.json", ".h.txt", "[q].txt"])
      let found = try names(folder, [pattern]).filter { pattern == "[q].txt" || $0 != "[q].txt" }
      #expect(found == expected)
    }
  }

  @Test func `patterns that would take for ever end soon`() {
    let stars = Array(String(repeating: "*a", count: 200).unicodeScalars)
    let name = Array(String(repeating: "a", count: 250).unicodeScalars)
    #expect(GlobPattern.matches(stars[...], name[...]))
    #expect(!GlobPattern.matches((stars + ["b"])[...], name[...]))
    #expect(code([String(repeating: "{a,b}", count: 60)]) == .invalidArgument)
    #expect(code([String(repeating: "{", count: 100_000)]) == .notFound)
  }

  @Test func `locations are told apart by their form`() throws {
    try #expect(InputLocation("-") == .standardInput)
    try #expect(InputLocation("a*") == .pattern("a*"))
    try #expect(InputLocation("a/b.txt") == .path("a/b.txt"))
    let address = try WebAddress("https://me:secret@host.example/f.gz?x=*#sha256=" + String(repeating: "Ab", count: 32))
    #expect(address.url == "https://me:secret@host.example/f.gz?x=*")
    #expect(address.name == "https://host.example/f.gz?x=*")
    #expect(address.sha256 == String(repeating: "ab", count: 32))
    for wrong in [
      "ftp://host/f", "file:///etc/passwd", "https://", "http:///f", "https://?x", "https://h/ f", "https://h/f#part",
      "https://h/f#sha256=12", "https://me@/f", "gopher://x",
    ] {
      #expect(throws: MartletError.self, "\(wrong)") { try InputLocation(wrong) }
    }
  }

  @Test func `an identity is of the raw bytes`() throws {
    try withTemporaryFolder { folder in
      let compressed = try filter(Array("hello\n".utf8), through: "gzip", ["-nc"])
      try AtomicFile.write(compressed, to: folder + "/a.txt.gz")
      let file = try #require(try InputFile.list([folder]).first)
      let identity = try file.identity()
      #expect(identity.size == compressed.count)
      #expect(identity.sha256 == SHA256.hash(compressed).hex)
      #expect(readAll(try file.open()).bytes == Array("hello\n".utf8))
      #expect(readAll(try file.openRaw()).bytes == compressed)
    }
  }
}
