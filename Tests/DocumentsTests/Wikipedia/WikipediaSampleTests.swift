import Core
import Documents
import Foundation
import Testing

/// A shortened real dump of the English Wikipedia, which is not committed.
@Suite("A real dump of the English Wikipedia") struct WikipediaSampleTests {
  private static let path = #filePath.components(separatedBy: "/Tests/")[0] + "/../shared/data/enwiki-sample.xml.bz2"
  private static let isThere = FileManager.default.fileExists(atPath: path)

  /// Markup, and the title of articles whose text has it by right: within formulas.
  private static let markup: [(String, allowed: Set<String>)] = [
    ("{{", ["Acid", "Analysis of variance"]), ("}}", ["Acid", "Analysis of variance", "Albedo", "Ambiguity"]),
    ("[[", []), ("]]", []),
    ("{|", []), ("|}", []), ("\n|", []), ("<ref", []), ("'''", []), ("<!--", []), ("&nbsp;", []), ("( ,", []),
    ("(,", []), ("()", ["ASCII"]),
    ("(;", []), ("thumb|", []), ("</", []), ("__", []), ("style=", []), ("[http", []),
  ]

  @Test(
    "counts are as ever and no markup is left", .enabled(if: isThere, "../shared/data/enwiki-sample.xml.bz2 is missing")
  )
  func sample() throws {
    let format = WikipediaFormat()
    let (records, skips) = try Dump.read(DecompressedInput(FileInput(Self.path), named: Self.path), format)
    let extractions = records.map(format.extract)
    let documents = extractions.flatMap(\.documents)
    let reasons = Dictionary(grouping: skips + extractions.flatMap(\.skips), by: \.reason).mapValues(\.count)
    #expect(documents.count == 98)
    #expect(reasons == ["redirect": 99, "other namespace": 1, "disambiguation": 8])
    for (sign, allowed) in Self.markup {
      let leaks = documents.filter { $0.text.contains(sign) }.compactMap { $0.attributes["title"]?.stringValue }
      #expect(Set(leaks).subtracting(allowed).isEmpty, "\(sign) is left")
    }
    let anarchism = try #require(documents.first { $0.attributes["title"] == .string("Anarchism") })
    #expect(anarchism.provenance.url == "https://en.wikipedia.org/wiki/Anarchism")
    #expect(anarchism.provenance.date == "2016-04-22T10:19:33Z")
    #expect(anarchism.text.hasPrefix("Anarchism is a political philosophy that advocates self-governed societies"))
  }
}
