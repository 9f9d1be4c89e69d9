import Core
import Documents
import Foundation
import TestSupport
import Testing

@Suite struct ArchiveReaderTests {
  private func withArchive(_ script: String, _ body: (InputFile) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try runTool("sh", ["-c", "cd '\(folder)' && mkdir -p in/d && \(script)"])
      try body(try #require(try InputFile.list([folder + "/archive"]).first))
    }
  }

  private func contents(_ file: InputFile) throws -> [String: String] {
    let reader = try ArchiveReader(file)
    var found: [String: String] = [:]
    while let event = try reader.next() {
      if case .member(let member) = event {
        let input = DecompressedInput(member, named: member.name)
        found[member.name] = String(decoding: readAll(input).bytes, as: UTF8.self)
      }
    }
    return found
  }

  private static let files = """
    printf one >in/a.txt; printf two | gzip -c >in/d/b.jsonl.gz; printf x >in/.hidden.txt; printf y >in/c.png;
    """

  @Test(arguments: [
    "tar cf archive in", "tar czf archive in", "tar cJf archive in",
    "python3 -c 'import shutil; shutil.make_archive(\"x\", \"zip\", \".\", \"in\")' && mv x.zip archive",
  ])
  func `members come one after another, compressed ones too`(_ command: String) throws {
    try withArchive(Self.files + command) { file in
      try #expect(ArchiveReader.isArchive(file))
      let found = try contents(file)
      #expect(Set(found.keys.map { fileName(of: $0) }) == ["a.txt", "b.jsonl.gz"])
      #expect(Set(found.values) == ["one", "two"])
    }
  }

  @Test func `other files are no archives`() throws {
    for script in ["printf 'PK is a text' >archive", "printf x | gzip -c >archive", ": >archive"] {
      try withArchive(script) { try #expect(!ArchiveReader.isArchive($0)) }
    }
  }

  @Test func `a damaged archive is an error that names it, after what could be read`() throws {
    let script = "seq 200000 >in/a.txt; seq 200000 >in/b.txt; tar czf whole in; head -c 500000 whole >archive"
    try withArchive(script) { file in
      let reader = try ArchiveReader(file)
      var sizes: [Int] = []
      var failure: MartletError?
      do {
        while let event = try reader.next() {
          guard case .member(let member) = event else { continue }
          let (bytes, error) = readAll(member)
          sizes.append(bytes.count)
          if let error { throw error }
        }
      } catch { failure = error as? MartletError }
      #expect(sizes.count == 2)
      #expect(failure?.place?.hasPrefix("\(file.name), byte ") == true)
    }
  }

  @Test func `a member whose turn is over cannot be read`() throws {
    try withArchive(Self.files + "tar cf archive in") { file in
      let reader = try ArchiveReader(file)
      guard case .member(let first)? = try reader.next() else {
        Issue.record("no member")
        return
      }
      _ = try reader.next()
      #expect(throws: MartletError.self) { try first.read() }
    }
  }
}
