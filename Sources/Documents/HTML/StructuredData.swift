import Core

/// Reads what a page tells search engines of itself, in JSON-LD.
enum StructuredData {
  /// The largest piece that is read.
  static let maximumBytes = 1 << 20

  /// `headline`, `author`, `datePublished`, `license`, `inLanguage` and `articleBody` of the article in a piece of
  /// JSON-LD, as far as they are given; nothing if there is no article.
  static func article(_ json: ArraySlice<UInt8>) -> [String: String] {
    guard json.count <= maximumBytes, let value = try? JSONValue(parsing: Array(json), name: "JSON-LD"),
      let article = find(value, depth: 0)
    else { return [:] }
    var found: [String: String] = [:]
    for key in ["headline", "datePublished", "license", "inLanguage", "articleBody"] {
      if let text = article[key]?.stringValue?.trimmed.nonEmpty {
        found[key] = key == "articleBody" ? text : plain(text)
      }
    }
    if let author = name(article["author"]), !author.hasPrefix("http") { found["author"] = plain(author) }
    return found
  }

  private static func find(_ value: JSONValue, depth: Int) -> JSONObject? {
    guard depth < 4 else { return nil }
    if let list = value.arrayValue {
      for item in list.prefix(32) {
        if let found = find(item, depth: depth + 1) { return found }
      }
    }
    guard let object = value.objectValue else { return nil }
    let types = object["@type"]?.arrayValue?.compactMap(\.stringValue) ?? [object["@type"]?.stringValue ?? ""]
    let isArticle = types.contains { type in
      type.hasSuffix("Article") || type.hasSuffix("Posting") || type == "WebPage" && object["headline"] != nil
    }
    if isArticle { return object }
    return object["@graph"].flatMap { find($0, depth: depth + 1) }
  }

  private static func name(_ value: JSONValue?) -> String? {
    if let text = value?.stringValue { return text.trimmed.nonEmpty }
    if let object = value?.objectValue { return object["name"]?.stringValue?.trimmed.nonEmpty }
    return value?.arrayValue?.prefix(8).compactMap { $0.stringValue ?? $0.objectValue?["name"]?.stringValue }
      .joined(separator: "; ").nonEmpty
  }

  /// A text without character references, in one line.
  private static func plain(_ text: String) -> String {
    let tree = HTMLTree(source: Array(text.utf8), nodes: [], attributes: [])
    return tree.decoded(0..<tree.source.count).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
