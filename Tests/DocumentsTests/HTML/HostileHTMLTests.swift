import Documents
import Foundation
import Testing

/// Pages that are made to cost time or memory: each is read in a time that a page of its size may take.
@Suite("Hostile HTML", .serialized)
struct HostileHTMLTests {
  private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

  static let pages: [(String, String)] = [
    ("nested 64,000 deep", repeated("<div>", 64_000) + "text" + repeated("</div>", 64_000)),
    ("nested 64,000 deep with classes", repeated("<div class='post sidebar' id=comments>", 64_000) + "text"),
    ("misnested formatting", repeated("<b><i><p><a href=x></b></i>text</p>", 10_000)),
    ("formatting never closed", repeated("<b><i><u><font>", 50_000) + "text"),
    ("end tags of nothing", repeated("<i>", 60_000) + repeated("</b></div></x></p>", 60_000) + "text"),
    ("unknown elements", repeated("<x-y>", 60_000) + repeated("</y-x>", 60_000) + "text"),
    ("attributes without end", "<div " + repeated("a ", 4_000_000)),
    ("different attributes", "<div " + (0..<500_000).map { "a\($0)=\($0)" }.joined(separator: " ") + ">text"),
    ("the same attribute", "<div " + repeated("class=x ", 1_000_000) + ">text"),
    ("one attribute", "<div class='" + repeated("sidebar ", 1_000_000) + "'>text"),
    ("open quotes", repeated("<a href='", 1_000_000)),
    ("open angles", repeated("<", 4_000_000)),
    ("open tags", repeated("<a ", 1_000_000)),
    ("open comments", repeated("<!--", 1_000_000) + "text"),
    ("comments without end", repeated("<!-- >", 1_000_000) + "text"),
    ("open sections", "<?xml?>" + repeated("<![CDATA[>", 500_000) + "text"),
    ("open scripts", repeated("<script>", 500_000) + "text"),
    ("open titles", repeated("<title><textarea>", 300_000) + "text"),
    ("a script of megabytes", "<script>" + repeated("</scrip <p>", 500_000) + "</script>text"),
    ("an image in the page", "<img src='data:image/png;base64," + repeated("QUJD", 2_000_000) + "'>text"),
    ("references", repeated("&amp;&nbsp;&#x41;&hellip;", 200_000)),
    ("references without end", repeated("&ampampampampamp", 300_000)),
    ("ampersands", repeated("&", 4_000_000)),
    ("a number without end", "&#" + repeated("9", 4_000_000)),
    ("zeros", repeated("\0", 4_000_000) + "text"),
    ("nested tables", repeated("<table><tr><td>", 20_000) + "text"),
    ("rows outside of tables", repeated("<tr><td>x", 200_000)),
    ("nested lists", repeated("<ol><li>x", 50_000)),
    ("paragraphs", repeated("<p>x", 300_000)),
    ("end tags of paragraphs", repeated("</p>", 300_000) + "text"),
    ("line breaks", repeated("x<br>", 300_000)),
    ("headings", repeated("<h1>x", 200_000)),
    ("links", repeated("<a href=x>x ", 200_000)),
    (
      "words of a title",
      "<title>" + repeated("word ", 400_000) + "</title><h1>" + repeated("word ", 400_000) + "</h1>text"
    ),
    ("structured data", "<script type='application/ld+json'>" + repeated("[", 500_000) + "</script>text"),
    (
      "many pieces of structured data",
      repeated("<script type='application/ld+json'>{\"a\":[[1]]}</script>", 20_000) + "text"
    ),
    ("metadata", repeated("<meta name=author content=x>", 200_000) + "text"),
    ("phrases", "<p>" + repeated("newsletter cookie ", 300_000)),
    ("white space", repeated(" \n\t", 1_500_000) + "text"),
    ("inline elements", "<p>" + repeated("<span class=hidden></span><b>x</b>", 100_000)),
  ]

  @Test("A page of any kind is read in linear time", arguments: pages.map(\.0))
  func linear(name: String) throws {
    // By name, for the runner prints all arguments.
    let page = try #require(Self.pages.first { $0.0 == name }?.1)
    let bytes = Array(page.utf8)
    for scope in [HTMLExtractor.Scope.mainContent, .everything] {
      var result = HTMLPage()
      let time = try ContinuousClock().measure { result = try HTMLExtractor(scope: scope).extract(bytes: bytes) }
      // A page of 8 MB takes less than a second here; the rest is for slow and busy machines.
      #expect(time < .seconds(5), "\(name) took \(time)")
      #expect(result.text.utf8.count <= 2 * bytes.count + 64)
      // A comment that never ends takes what follows it.
      if scope == .everything && page.hasSuffix("text") && name != "open comments" {
        #expect(result.text.contains("text"), "\(name) lost its text")
      }
    }
  }

  @Test("What is behind the limit of a page is not read, and the page says so")
  func cut() throws {
    let bytes = Array(("<p>first</p>" + Self.repeated("<p>more</p>", 10_000)).utf8)
    let page = try HTMLExtractor(scope: .everything, maximumBytes: 1000).extract(bytes: bytes)
    #expect(page.isCut && page.text.hasPrefix("first\n"))
    let tags = try HTMLExtractor(scope: .everything).extract(
      bytes: Array("<p>first</p>".utf8) + Array(Self.repeated("<b>", 2_000_000).utf8))
    #expect(tags.isCut && tags.text == "first\n")
  }
}
