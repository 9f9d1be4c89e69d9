import Core

/// Reads a dump of a wiki, page by page, in bounded memory.
///
/// Damage costs the page it is in: the reader goes on at the next one. Where an input ends early or its compression is
/// damaged, the pages before are kept and the damage is a skip.
public final class WikipediaReader: RecordReader {
  /// Which pages become records.
  struct Selection {
    var namespaces: Set<Int>
    var includesRedirects = false
    var maximumPageBytes = 64 << 20
    var licence: String? = "CC-BY-SA-4.0"
  }

  private let input: any ByteInput
  private let name: String
  private let selection: Selection
  private var parser: WikipediaXML?
  private var site = WikipediaSite()
  private var namespaces = ""
  private var events: [RecordEvent] = []
  private var nextEvent = 0
  private var pending: [UInt8] = []
  private var position = 0
  private var isFinished = false
  private var failure: MartletError?

  /// The input's offset of the first byte that the parser was fed, less what it was fed before.
  private var parserStart = 0
  /// No search for a page begins before this offset, so that each goes further than the last.
  private var searchFrom = 0
  /// How many bytes of `<page>` matched while a page is searched for; nil while the XML is parsed.
  private var matched: Int?

  private static let piece = 1 << 18
  private static let pageTag = Array("<page>".utf8)
  private static let syntheticRoot = Array("<mediawiki>".utf8)

  init(_ input: any ByteInput, named name: String, selection: Selection) {
    self.input = input
    self.name = name
    self.selection = selection
  }

  /// The next page or what is left out, nil at the end.
  ///
  /// Throws: `MartletError` with code `malformedFile` if the input is no dump of a wiki or declares entities, or the error
  /// of an input that cannot be read.
  public func next() throws -> RecordEvent? {
    while true {
      if nextEvent < events.count {
        defer { nextEvent += 1 }
        return events[nextEvent]
      }
      events.removeAll(keepingCapacity: true)
      nextEvent = 0
      if let failure {
        self.failure = nil
        throw failure
      }
      if isFinished { return nil }
      advance()
    }
  }

  /// Parses one piece of the input.
  private func advance() {
    if pending.isEmpty {
      do {
        pending = try input.read()
      } catch {
        finish(after: error)
        return
      }
      if pending.isEmpty {
        finish(after: nil)
        return
      }
    }
    let bytes = pending
    pending = []
    var lower = 0
    // An input may give more at once than should become records at once.
    while lower < bytes.count, !isFinished {
      let upper = min(bytes.count, lower + Self.piece)
      bytes.withUnsafeBufferPointer { parse(UnsafeBufferPointer(rebasing: $0[lower..<upper])) }
      position += upper - lower
      lower = upper
      if !events.isEmpty {
        pending = Array(bytes[lower...])
        return
      }
    }
  }

  /// Parses a piece that lies at `position` in the input.
  private func parse(_ piece: UnsafeBufferPointer<UInt8>) {
    var lower = 0
    if parser == nil, matched == nil {
      // Pieces of dumps that were cut at pages have no root element.
      let first = piece.first { !isWhiteSpace($0) }
      if first == nil { return }
      if piece.drop(while: isWhiteSpace).prefix(Self.pageTag.count).elementsEqual(Self.pageTag) {
        matched = 0
      } else {
        startParser(at: position)
      }
    }
    while lower < piece.count, !isFinished {
      if matched != nil {
        guard let found = search(piece, from: lower) else { return }
        lower = found
        startParser(at: position + lower - Self.pageTag.count, prefixed: true)
      }
      guard let parser else { return }
      let isWellFormed = parser.feed(UnsafeBufferPointer(rebasing: piece[lower...]))
      take(parser)
      if isWellFormed, parser.root == nil || parser.root == "mediawiki" { return }
      lower = recover(parser, pieceEnd: position + piece.count) - position
    }
  }

  /// Handles a fault in the XML and answers the offset where the search for the next page begins.
  private func recover(_ parser: WikipediaXML, pieceEnd: Int) -> Int {
    let fault = parserStart + (parser.fault ?? 0)
    if parser.hasDocumentType {
      fail(
        "the dump has a document type declaration, which dumps of wikis never have; entities are not expanded",
        at: "\(name), byte \(fault)")
      return pieceEnd
    }
    if let root = parser.root, root != "mediawiki" {
      fail("this is no dump of a wiki: the outermost element is <\(root.prefix(40))>", at: name)
      return pieceEnd
    }
    if parser.root == nil {
      fail("this is no dump of a wiki: no XML begins here", at: name)
      return pieceEnd
    }
    skip("broken XML", at: "byte \(fault)", sample: parser.title)
    self.parser = nil
    matched = 0
    // What the parser still held is not looked at again.
    let from = min(max(fault, searchFrom, position), pieceEnd)
    searchFrom = from
    return from
  }

  /// Searches for the beginning of a page and answers the place behind its tag.
  private func search(_ piece: UnsafeBufferPointer<UInt8>, from lower: Int) -> Int? {
    var state = matched ?? 0
    for i in lower..<piece.count {
      let byte = piece[i]
      if byte == Self.pageTag[state] {
        state += 1
        if state == Self.pageTag.count {
          matched = nil
          searchFrom = position + i + 1
          return i + 1
        }
      } else {
        state = byte == Self.pageTag[0] ? 1 : 0
      }
    }
    matched = state
    return nil
  }

  private func startParser(at offset: Int, prefixed: Bool = false) {
    do {
      let parser = try WikipediaXML(
        site: site, textLimit: selection.maximumPageBytes,
        wantsText: { [selection] in selection.namespaces.contains($0) })
      self.parser = parser
      parserStart = offset
      if prefixed {
        // The parser starts with a root and the tag that the search went over.
        parserStart -= Self.syntheticRoot.count
        _ = (Self.syntheticRoot + Self.pageTag).withUnsafeBufferPointer { parser.feed($0) }
      }
    } catch {
      failure = error as? MartletError
      isFinished = true
    }
  }

  /// Ends after the last byte or an error of the input.
  private func finish(after error: (any Error)?) {
    isFinished = true
    if let error {
      guard let error = error as? MartletError, error.code == .malformedFile || error.code == .corrupted else {
        failure =
          error as? MartletError
          ?? MartletError(.inputOutput, "the input cannot be read: \(error)", at: name, remedy: "Check the input.")
        return
      }
      if position == 0 {
        failure = error
        return
      }
      skip("damaged compression, the rest is lost", at: "byte \(position)", sample: error.message)
      return
    }
    guard let parser else {
      if matched == nil { fail("the input is empty", at: name) }
      return
    }
    let isWhole = parser.feed(UnsafeBufferPointer(start: nil, count: 0), isLast: true)
    take(parser)
    if parser.root == nil {
      fail("this is no dump of a wiki: no XML begins here", at: name)
    } else if parser.isInPage {
      skip("truncated page", at: "byte \(position)", sample: parser.title)
    } else if !isWhole, parserStart == 0 {
      skip("the dump ends early", at: "byte \(position)")
    }
  }

  private func fail(_ message: String, at place: String) {
    failure = MartletError(
      .malformedFile, message, at: place, remedy: "Give a pages-articles dump, as dumps.wikimedia.org has them.")
    isFinished = true
  }

  private func skip(_ reason: String, at place: String, sample: String = "") {
    events.append(.skip(Skip(reason: reason, place: "\(name), \(place)", sample: String(sample.prefix(200)))))
  }

  /// Makes events of the pages that the parser has finished.
  private func take(_ parser: WikipediaXML) {
    if parser.site != site {
      site = parser.site
      namespaces = site.namespaces.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
    }
    for page in parser.pages { events.append(event(of: page)) }
    parser.pages.removeAll(keepingCapacity: true)
  }

  private func event(of page: WikipediaPage) -> RecordEvent {
    let place = "page \(page.id)"
    func skip(_ reason: String) -> RecordEvent {
      .skip(Skip(reason: reason, place: "\(name), \(place)", sample: String(page.title.prefix(200))))
    }
    guard selection.namespaces.contains(page.namespace) else { return skip("other namespace") }
    if !selection.includesRedirects, page.redirect != nil || WikitextRedirect.target(page.text) != nil {
      return skip("redirect")
    }
    if page.isTooLong { return skip("page over the size limit") }
    if !page.model.isEmpty, page.model != "wikitext" { return skip("no wikitext") }
    var headers = [
      "title": page.title, "namespace": String(page.namespace), "id": page.id, "revision": page.revision,
      "timestamp": page.timestamp, "language": site.language, "base": site.base, "namespaces": namespaces,
    ]
    headers["redirect"] = page.redirect
    return .record(
      Record(
        bytes: page.text, headers: headers,
        provenance: Provenance(
          input: name, place: place, url: address(of: page.title), licence: selection.licence,
          date: page.timestamp.isEmpty ? nil : page.timestamp)))
  }

  /// The address of a page: that of the main page with another title.
  private func address(of title: String) -> String? {
    guard let slash = site.base.utf8.lastIndex(of: UInt8(ascii: "/")), !title.isEmpty else { return nil }
    return site.base[...slash] + WikitextFunctions.percentEncoded(title, spaces: "_")
  }
}
