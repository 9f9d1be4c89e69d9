import Core

/// What the package document of a book says: what the book is, and in which order its chapters are.
package struct EPUBPackage: Equatable {
  /// A file of the book's text.
  struct Chapter: Equatable {
    /// The name of the file in the archive; nil if it would lie outside of the book.
    var path: String?
    /// The address in the package, for people.
    var address: String
    /// Whether it is a page of text; others are images and media.
    var isPage: Bool
  }

  var title: String?
  var authors: [String] = []
  var language: String?
  var rights: String?
  var source: String?
  var date: String?
  /// The chapters in reading order, without the tables of contents.
  var chapters: [Chapter] = []

  private static let mostChapters = 1 << 15

  /// The name of the package document, by the container's description.
  static func path(inContainer bytes: [UInt8]) -> String? {
    guard let tree = XMLTree(bytes) else { return nil }
    let files = tree.elements.filter { $0.name == "rootfile" }
    let file = files.first { $0["media-type"] == "application/oebps-package+xml" } ?? files.first
    return file?["full-path"].flatMap { resolve($0, besides: "") }
  }

  /// The names of the files that are encrypted, by `META-INF/encryption.xml`; nil if that is broken.
  static func encryptedFiles(_ bytes: [UInt8]) -> Set<String>? {
    guard let tree = XMLTree(bytes) else { return nil }
    return Set(
      tree.elements.filter { $0.name == "CipherReference" }.compactMap {
        $0["URI"].flatMap { resolve($0, besides: "") }
      })
  }

  /// Reads a package document; nil if it is broken.
  package init?(_ bytes: [UInt8], path: String) {
    guard let tree = XMLTree(bytes) else { return nil }
    var items: [String: XMLTree.Element] = [:]
    for element in tree.elements {
      switch element.name {
      case "title": if title == nil { title = Self.value(element) }
      case "creator": if authors.count < 20 { authors += Self.value(element).map { [$0] } ?? [] }
      case "language": if language == nil { language = Self.value(element) }
      case "rights": if rights == nil { rights = Self.value(element) }
      case "source": if source == nil { source = Self.value(element) }
      case "date": if date == nil { date = Self.value(element) }
      case "item": if let id = element["id"], items[id] == nil { items[id] = element }
      case "itemref":
        guard chapters.count < Self.mostChapters, let id = element["idref"], let item = items[id],
          let address = item["href"]
        else { break }
        // The table of contents is a page, but no text.
        if item["properties"]?.split(separator: " ").contains("nav") == true { break }
        let type = item["media-type"] ?? ""
        chapters.append(
          Chapter(
            path: Self.resolve(address, besides: path), address: address,
            isPage: ["application/xhtml+xml", "text/html", "text/x-oeb1-document", ""].contains(type)))
      default: break
      }
    }
  }

  private static func value(_ element: XMLTree.Element) -> String? {
    let text = String(decoding: element.text.utf8.prefix(1000), as: UTF8.self)
    return text.isEmpty ? nil : text
  }

  /// The name of a file by its address in another; nil if it leaves the archive or is no file in it.
  static func resolve(_ address: String, besides base: String) -> String? {
    let path = address.prefix { $0 != "#" && $0 != "?" }
    guard !path.isEmpty, let plain = withoutPercents(path), !plain.contains("\\"), !plain.utf8.contains(0),
      !plain.contains("://")
    else { return nil }
    // Some books count from the root of the archive.
    var parts = plain.hasPrefix("/") ? [] : base.split(separator: "/").dropLast().map(String.init)
    for part in plain.split(separator: "/") {
      if part == "." { continue }
      if part == ".." {
        if parts.popLast() == nil { return nil }
      } else {
        parts.append(String(part))
      }
    }
    return parts.joined(separator: "/")
  }

  private static func withoutPercents(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2, let value = [UInt8](hexadecimal: String(Substring(rest.prefix(2))))
      {
        bytes += value
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

extension EPUBPackage {
  /// The licence of the book: a name by SPDX where the rights name or link one that has it, otherwise the rights as they are.
  var licence: String? {
    guard let rights else { return nil }
    if let link = rights.split(separator: " ").first(where: { $0.contains("creativecommons.org/") }) {
      return PageMetadata.licence(Array(link.utf8)[...], isNamed: true) ?? rights
    }
    return rights.lowercased().contains("public domain") ? "LicenseRef-PublicDomain" : String(rights.prefix(200))
  }
}
