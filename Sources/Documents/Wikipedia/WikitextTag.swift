/// The tags of wikitext whose content is not read as what surrounds it.
enum WikitextTag: UInt8, CaseIterable {
  case ref, references, gallery, imagemap, timeline, score, graph, mapframe, maplink, hiero, inputbox, templatedata
  case templatestyles, indicator, section, categorytree, charinsert, phonos, langconvert
  case nowiki, pre, math, chem, ce, source, syntaxhighlight, poem
  case noinclude, includeonly, onlyinclude

  /// Whether the tag says what other pages include.
  var isInclusion: Bool { self == .noinclude || self == .includeonly || self == .onlyinclude }

  private static let names = allCases.map { String(describing: $0) }
  private static let byName = Dictionary(uniqueKeysWithValues: zip(names, allCases))

  private static let longestName = 15

  /// The tag whose name stands at `index`, and where the name ends.
  static func named(at index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> (WikitextTag, Int)? {
    var end = index
    while end < bytes.count, end - index <= longestName, WikitextBytes.isLetter(bytes[end]) { end += 1 }
    guard end - index >= 2, end - index <= longestName, end < bytes.count else { return nil }
    let next = bytes[end]
    guard next == UInt8(ascii: ">") || next == UInt8(ascii: "/") || WikitextBytes.isSpace(next) else { return nil }
    // Most tags are references.
    if end - index == 3, WikitextBytes.has("ref", at: index, in: bytes) { return (.ref, end) }
    let name = String(decoding: bytes[index..<end].map { $0 | 0x20 }, as: UTF8.self)
    return byName[name].map { ($0, end) }
  }

  /// Where the content that begins at `start` ends, and where its closing tag ends; nil if nothing closes it.
  func content(from start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> (upper: Int, end: Int)? {
    var i = start
    let name = Self.names[Int(rawValue)]
    while i + 2 < bytes.count {
      guard bytes[i] == UInt8(ascii: "<"), bytes[i + 1] == UInt8(ascii: "/"),
        WikitextBytes.has(name, at: i + 2, in: bytes)
      else {
        i += 1
        continue
      }
      var end = i + 2 + name.utf8.count
      while end < bytes.count, WikitextBytes.isSpace(bytes[end]) { end += 1 }
      if end < bytes.count, bytes[end] == UInt8(ascii: ">") { return (i, end + 1) }
      // Spaces without an end: they are gone over once.
      i = end
    }
    return nil
  }
}
