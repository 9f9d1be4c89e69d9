/// Text of a page in which markup is what the program wrote, and everything else is inert.
package struct HTML {
  /// The markup so far.
  package private(set) var markup: String

  /// Markup that the program itself wrote.
  package init(markup: String = "") { self.markup = markup }

  /// `text` as it is to be read: no character of it is markup.
  package static func escape(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      // Other control characters are not allowed in HTML, and direction overrides would reorder what follows.
      case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Appends markup that the program itself wrote.
  package mutating func append(markup more: String) { markup += more }

  /// Appends `<tag>text</tag>`; the tag may carry attributes.
  package mutating func append(_ tag: String, _ text: String) {
    let name = tag.prefix { $0 != " " }
    markup += "<\(tag)>\(HTML.escape(text))</\(name)>\n"
  }

  /// Appends a table with a heading row; columns after the first are aligned as numbers.
  package mutating func append(table head: [String], _ rows: [[String]]) {
    markup += "<div class=\"scroll\"><table>\n"
    if !head.isEmpty { markup += row(head, cell: "th") }
    for cells in rows { markup += row(cells, cell: "td") }
    markup += "</table></div>\n"
  }

  private func row(_ cells: [String], cell: String) -> String {
    "<tr>" + cells.map { "<\(cell)>\(HTML.escape($0))</\(cell)>" }.joined() + "</tr>\n"
  }
}
