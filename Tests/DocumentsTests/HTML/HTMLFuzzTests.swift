import Documents
import Foundation
import TestSupport
import Testing

/// Changed pages are decoded and extracted: no crash, valid text that is no larger than they are, no time.
@Suite("Fuzzing of HTML", .serialized)
struct HTMLFuzzTests {
  /// Pieces that mutations put in.
  static let pieces = [
    "<", ">", "</", "/>", "<!--", "-->", "<![CDATA[", "]]>", "<?", "&", "&#", "&#x", "&amp", ";", "\"", "'", "=", "\0",
    "\u{FFFD}", "<p>",
    "</p>", "<div class=comments>", "</div>", "<table><tr><td>", "</table>", "<script>", "</script>", "<title>",
    "<pre>", "<a href=x>",
    "</a>", "<br>", "<li>", "<ol start=-1>", "<svg/>", "<select><option>", "<template>", "<body>", "<head>", "</html>",
    "<meta charset=utf-16>",
    "<meta charset=gbk>", " ", "\n", "语言", "é", "<h1>", "<style>", "<textarea>", "<iframe>", "<noscript>", "<math>",
    "<form>", "<p hidden>",
  ]

  static let seeds: [[UInt8]] = [
    Array(HTMLExtractorTests.page.utf8),
    Array(
      "<table><tr><th>a<th>b<tr><td>1<td>2</table><ul><li>x<ol><li>y</ol></ul><pre>code\n  more</pre><dl><dt>a<dd>b</dl>"
        .utf8),
    Array("<?xml version='1.0'?><html xmlns='x'><body><a id='p'/><![CDATA[x]]><p>one<br/>two</p></body></html>".utf8),
    [0xFF, 0xFE] + "<p>wide 文</p>".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] },
    Array("<meta charset=gbk><p>".utf8) + [0xD3, 0xEF, 0xD1, 0xD4, 0x81, 0xFF] + Array("</p>".utf8),
    Array(
      "<script type=\"application/ld+json\">{\"@type\":\"Article\",\"headline\":\"x\",\"author\":[{\"name\":\"y\"}]}</script><p>z"
        .utf8),
  ]

  @Test("Changed pages give the same valid text each time, in no time")
  func pages() throws {
    var round = 0
    let (inputs, longest) = try fuzz("HTML", seeds: Self.seeds, words: Self.pieces) { bytes in
      round += 1
      let extractor = HTMLExtractor(
        scope: round % 2 == 0 ? .mainContent : .everything, markup: round % 3 == 0 ? .markdown : .plain)
      let type = round % 7 == 0 ? "application/xhtml+xml" : nil
      let page = try extractor.extract(bytes: bytes, contentType: type)
      // Bytes of other encodings grow to three; the marks of Markdown come on top.
      #expect(page.text.utf8.count <= 12 * bytes.count + 64)
      #expect(page.text.isEmpty || page.text.hasSuffix("\n"))
      #expect(!page.text.utf8.contains(0))
      try #expect(page == extractor.extract(bytes: bytes, contentType: type))
    }
    print("HTML: \(inputs) inputs, \(longest) s at most")
    #expect(longest < 2)
  }
}
