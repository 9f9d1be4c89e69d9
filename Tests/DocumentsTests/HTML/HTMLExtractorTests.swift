import Core
import Documents
import Foundation
import Testing

@Suite("Text of HTML pages")
struct HTMLExtractorTests {
  private func everything(_ html: String, _ markup: HTMLExtractor.Markup = .plain) throws -> String {
    try HTMLExtractor(scope: .everything, markup: markup).extract(bytes: Array(html.utf8)).text
  }

  @Test(
    "Structure becomes lines",
    arguments: [
      ("<p>one\n two<p>three", "one two\nthree\n"),
      ("<h1>Title</h1>text<div>more</div>", "Title\ntext\nmore\n"),
      ("<ul><li>one<li>two<ul><li>three</ul></ul>", "- one\n- two\n- three\n"),
      ("<ol start=3><li>three<li>four</ol>", "3. three\n4. four\n"),
      ("<ol start=9223372036854775807><li>a<li>b</ol>", "9223372036854775807. a\n-9223372036854775808. b\n"),
      ("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "a | b\n1 | 2\n"),
      ("<table><tr><td><p>a</p><td>b<tr><td>c<br>d<td></table>", "a | b\nc d\n"),
      ("<table><tr><td><p>one</p><p>two</p></td></tr></table>", "one\ntwo\n"),
      ("a<br>b<br><br>c", "a\nb\nc\n"),
      ("<pre>if x:\n    y = 1\n</pre>", "if x:\n    y = 1\n"),
      ("<dl><dt>term<dd>meaning</dl>", "term\nmeaning\n"),
      ("<b>bo</b>ld <i>it</i><u> al </u>ic", "bold it al ic\n"),
      (
        "a&nbsp;b &amp; &lt;c&gt; &eacute;&#233;&#xe9; &#150; &copy2 &notit; &unknown; &",
        "a b & <c> ééé – ©2 ¬it; &unknown; &\n"
      ),
      ("x &#0; &#xD800; &#x110000; &#99999999999999999999;", "x \u{FFFD} \u{FFFD} \u{FFFD} \u{FFFD}\n"),
      ("a<!-- b -->c<!--> d --><!x>e<?php f ?>g", "ac d -->eg\n"),
      ("<script>a<p>b</script>c<style>d</style><textarea>e</textarea>f", "cf\n"),
      ("<p>　　第一段。　第二句。<p>あい<pre>　x</pre>", "第一段。 第二句。\nあい\n　x\n"),
      ("<noscript><div>a</noscript>b<noscript><p>c</noscript>", "b\n"),
      ("<script>never ends <p>text</p>", "never ends\ntext\n"),
      ("1 < 2 and a<b>c</b> <3", "1 < 2 and ac <3\n"),
      ("<p title='a > b' class=\"c\">d</p >e", "d\ne\n"),
      ("<a href=x>link<p>in</a>out", "link\ninout\n"),
      ("nul\0in\u{1}side\u{7F}", "nulinside\n"),
    ])
  func structure(html: String, text: String) throws {
    try #expect(everything(html) == text)
  }

  @Test("Structure becomes Markdown")
  func markdown() throws {
    let html = """
      <h2>Title</h2><blockquote><p>said</p></blockquote><ul><li>one<ul><li>two</ul></ul><ol><li>first</ol>
      <pre>let x = 1
      let y</pre><table><tr><td>a<td>b<tr><td>c<td>d</table>
      """
    let text = """
      ## Title
      > said
      - one
        - two
      1. first
      ```
      let x = 1
      let y
      ```
      | a | b |
      | c | d |

      """
    try #expect(everything(html, .markdown) == text)
  }

  @Test("XHTML ends elements with a slash, and knows sections of characters")
  func xhtml() throws {
    let page =
      "<?xml version='1.0'?><html><head><title/><script src='x'/></head><body><a id='p1'/>one<![CDATA[ <two> ]]></body></html>"
    try #expect(everything(page) == "one <two>\n")
  }

  /// A page with an article among what surrounds articles.
  static let paragraph =
    "The harbour was quiet that morning, and the ships lay still. Nobody had expected the letter, which arrived by the "
    + "early boat and was read aloud in the square. It said, in plain words, that the bridge would be built after all."
  static let page = """
    <!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>The bridge will be built | The Harbour News</title>
    <meta property="og:site_name" content="The Harbour News"><meta name="author" content="A. Writer">
    <meta property="article:published_time" content="2024-05-06T07:08:09Z"></head><body>
    <div id="cookie-banner"><p>We use cookies. By using this site you accept them. <button>Accept</button></p></div>
    <nav class="main-nav"><ul><li><a href="/">Home</a><li><a href="/news">News</a><li><a href="/sport">Sport</a></ul></nav>
    <article class="post"><h1>The bridge will be built</h1><div class="byline">By <a href="/w">A. Writer</a></div>
    <div class="entry-content"><p>\(paragraph)</p><h2>What it costs</h2><p>\(paragraph)</p><ul><li>Steel for the arches, which comes by ship</ul>
    <p>\(paragraph)</p></div><div class="share-buttons"><a href="#">Share on Facebook</a> <a href="#">Tweet</a></div></article>
    <div id="comments"><h3>3 Comments</h3><ol class="comment-list"><li><p>I do not believe a word of it, frankly.</p></li></ol></div>
    <aside class="sidebar"><h3>Related articles</h3><ul><li><a href="/a">Ten things to know about the old ferry</a></ul></aside>
    <footer><p>Copyright 2024 The Harbour News. All rights reserved. <a href="/imprint">Imprint</a></p>
    <a rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/deed.en">Licence</a></footer></body></html>
    """

  @Test("The main content is taken, what surrounds it is left")
  func mainContent() throws {
    let page = try HTMLExtractor().extract(bytes: Array(Self.page.utf8), contentType: "text/html")
    for text in [Self.paragraph, "What it costs", "Steel for the arches"] { #expect(page.text.contains(text)) }
    for text in ["cookies", "Sport", "Facebook", "believe a word", "old ferry", "All rights", "Imprint"] {
      #expect(!page.text.contains(text))
    }
    #expect(page.title == "The bridge will be built")
    #expect(page.author == "A. Writer")
    #expect(page.date == "2024-05-06")
    #expect(page.language == "en-GB")
    #expect(page.licence == "CC-BY-SA-4.0")
    #expect(page.charset == "utf-8")
  }

  @Test("A Chinese article in GBK is taken from its page")
  func chinese() throws {
    let paragraph = "清晨的港口十分安静，船只静静地停泊在岸边。谁也没有料到，那封信会随着早班船到来，并在广场上当众宣读。信中明确地说，大桥终究还是要修建的。"
    let html = """
      <html><head><meta charset="gbk"><title>大桥终将修建_港口新闻网</title></head><body><div class="nav"><a href="/">首页</a><a href="/n">新闻</a>
      <a href="/s">体育</a></div><div class="main"><h1>大桥终将修建</h1><div class="info">2024年5月6日 来源：港口日报</div>
      <div class="article-content"><p>\(paragraph)</p><p>\(paragraph)</p><p>\(paragraph)</p></div><div class="related"><h3>相关阅读</h3>
      <ul><li><a href="/1">关于老渡船的十件事</a><li><a href="/2">市长谈大桥</a></ul></div></div><div class="footer">版权所有 港口新闻网</div></body></html>
      """
    let page = try HTMLExtractor().extract(bytes: TextDecodingTests.encoded(html, "GBK"))
    #expect(page.charset == "gb18030")
    #expect(page.text.components(separatedBy: paragraph).count == 4)
    for text in ["体育", "老渡船", "版权"] { #expect(!page.text.contains(text)) }
    #expect(page.title == "大桥终将修建")
  }

  @Test("Licences of Creative Commons have names, others stay addresses")
  func licences() throws {
    func licence(_ link: String) throws -> String? {
      try HTMLExtractor().extract(bytes: Array("<p>text</p>\(link)".utf8)).licence
    }
    try #expect(licence("<a href='http://creativecommons.org/publicdomain/zero/1.0/'>x</a>") == "CC0-1.0")
    try #expect(licence("<a href=//creativecommons.org/licenses/by-nc/3.0/de/>x</a>") == "CC-BY-NC-3.0")
    try #expect(licence("<link rel=license href=https://example.org/terms>") == "https://example.org/terms")
    try #expect(licence("<a href='https://example.org/?x=creativecommons.org/x'>x</a>") == nil)
    try #expect(licence("<a href='/about'>about</a>") == nil)
  }

  @Test("A file is a record, its page a document with what the page says of itself")
  func format() throws {
    final class Input: ByteInput {
      var pieces: [[UInt8]]
      init(_ pieces: [[UInt8]]) { self.pieces = pieces }
      func read() -> [UInt8] { pieces.isEmpty ? [] : pieces.removeFirst() }
    }
    let bytes = Array(Self.page.utf8)
    let format = HTMLFormat()
    var reader = format.reader(Input([Array(bytes[..<100]), Array(bytes[100...])]), named: "a.html")
    guard case .record(let record) = try reader.next() else {
      Issue.record("no record")
      return
    }
    #expect(record.bytes == bytes)
    #expect(try reader.next() == nil)
    let document = try #require(format.extract(record).documents.first)
    #expect(document.provenance.licence == "CC-BY-SA-4.0")
    #expect(document.provenance.date == "2024-05-06")
    #expect(document.attributes["title"] == .string("The bridge will be built"))
    #expect(document.attributes["language"] == .string("en-GB"))

    let empty = try format.extract(
      Record(bytes: Array("<script>x</script>".utf8), provenance: Provenance(input: "b", place: "page")))
    #expect(empty.skips.map(\.reason) == ["no text in the page"])
    var small = HTMLFormat(extractor: HTMLExtractor(maximumBytes: 1000)).reader(Input([bytes]), named: "a.html")
    guard case .skip(let skip) = try small.next() else {
      Issue.record("no skip")
      return
    }
    #expect(skip.reason == "page too large")
  }
}
