/// Makes clean text of pages.
///
/// It decodes the page, makes a tree of it, leaves out what is not content and writes the rest as paragraphs. All of it
/// is linear in the page, without recursion, in memory of a few times the page.
public struct HTMLExtractor: Sendable {
  /// What of a page is text.
  public enum Scope: Sendable {
    /// The main content: an article without navigation, comments, advertisements and other surroundings.
    case mainContent
    /// All text, as in the chapters of a book.
    case everything
  }

  /// How structure is written.
  public enum Markup: Sendable {
    /// Headings, quotes and code as lines of their own, items of lists behind a hyphen.
    case plain
    /// Headings, quotes, lists and code as Markdown writes them.
    case markdown
  }

  /// What of a page is text.
  public var scope: Scope
  /// How structure is written.
  public var markup: Markup
  /// The largest page in bytes; what is behind is not read.
  public var maximumBytes: Int

  /// An extractor of the main content, as plain text.
  public init(scope: Scope = .mainContent, markup: Markup = .plain, maximumBytes: Int = 32 << 20) {
    self.scope = scope
    self.markup = markup
    self.maximumBytes = maximumBytes
  }

  /// Makes clean text of a page.
  ///
  /// - Parameters:
  ///   - bytes: The page in any encoding.
  ///   - contentType: The value of the `Content-Type` header.
  ///   - url: The address of the page.
  ///
  /// Throws: what `decodeText` throws.
  public func extract(bytes: [UInt8], contentType: String? = nil, url: String? = nil) throws -> HTMLPage {
    let (tree, charset) = try tree(bytes, contentType: contentType)
    var page = HTMLPage()
    page.charset = charset
    page.isCut = tree.isCut
    let metadata = PageMetadata(tree, url: url)
    metadata.describe(&page)
    page.text = PageContent(tree, scope: scope).text(markup: markup)
    return page
  }

  private func tree(_ bytes: [UInt8], contentType: String?) throws -> (HTMLTree, charset: String) {
    let isCut = bytes.count > maximumBytes
    let text = isCut ? Array(bytes[..<maximumBytes]) : bytes
    let decoded = try decodeText(text, contentType: contentType, isHTML: true)
    let isXML =
      contentType?.lowercased().contains("xml") == true
      || decoded.bytes.prefix(64).drop { $0 <= 0x20 }.starts(with: "<?xml".utf8)
    var tree = HTMLParser.tree(decoded.bytes, isXML: isXML)
    tree.isCut = tree.isCut || isCut
    return (tree, decoded.charset)
  }

  /// The names of the numbers that describe a block, from which it is told whether it is content.
  package static var featureNames: [String] { ContentFeatures.names }

  /// The text of each block of a page and its description, to learn from.
  package func features(bytes: [UInt8]) throws -> [(text: String, values: [Float])] {
    let (tree, _) = try tree(bytes, contentType: nil)
    let selector = ContentSelector(tree, TextMeasure(tree))
    return selector.describe().map { block, values in
      var writer = TextWriter(tree, markup: .plain, isDropped: selector.isDropped)
      writer.write(block)
      return (String(decoding: writer.output, as: UTF8.self), values)
    }
  }
}
