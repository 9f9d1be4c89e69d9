/// What a page says, without what surrounds it.
public struct HTMLPage: Sendable, Equatable {
  /// The text, each paragraph on a line that ends in a line feed; rows of tables are joined by " | ". Empty if there is
  /// no text worth keeping.
  public var text = ""
  /// The title without the site's name.
  public var title: String?
  /// The author, as the page names them.
  public var author: String?
  /// When the page was published, as YYYY-MM-DD where the page says it so.
  public var date: String?
  /// The language that the page declares, such as `de` or `zh-CN`.
  public var language: String?
  /// The licence that the page links: an SPDX name for Creative Commons, otherwise the address.
  public var licence: String?
  /// The encoding of the page.
  public var charset = "utf-8"
  /// Whether the page was too large, so that its end is missing.
  public var isCut = false

  /// An empty page.
  public init() {}
}
