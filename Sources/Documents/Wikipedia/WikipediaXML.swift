import CXML2
import Core

/// What a dump says of its wiki before the first page.
struct WikipediaSite: Sendable, Equatable {
  /// The address of the main page.
  var base = ""
  /// The language's code.
  var language = ""
  /// The names of namespaces that the reading of wikitext needs (media, file, template, category), by number.
  var namespaces: [Int: String] = [:]
}

/// A page as the dump has it.
struct WikipediaPage {
  var title = ""
  var namespace = 0
  var id = ""
  var redirect: String?
  var revision = ""
  var timestamp = ""
  var model = ""
  var text: [UInt8] = []
  /// Whether the text was longer than the limit, and is not there.
  var isTooLong = false
}

/// A parser of a dump's XML that is fed piece by piece. It expands no entities but those that XML itself has, and keeps only
/// the page that it is in.
final class WikipediaXML {
  /// The pages that ended since they were last taken.
  var pages: [WikipediaPage] = []
  /// What is known of the wiki by now.
  private(set) var site: WikipediaSite
  /// The name of the outermost element, once it began.
  private(set) var root: String?
  /// Whether a document type declaration was met, which could define entities: the parser has stopped there.
  private(set) var hasDocumentType = false
  /// How many of the bytes fed come before the first fault, once there is one.
  private(set) var fault: Int?
  /// Whether a page has begun and not ended.
  var isInPage: Bool { page != nil }
  /// The title of the page that has begun.
  var title: String { page?.title ?? "" }

  /// The fields that text is gathered for.
  private enum Field {
    case none, base, namespaceName, title, namespace, id, revision, timestamp, model, text
  }

  private let textLimit: Int
  private let wantsText: (Int) -> Bool
  private var context: xmlParserCtxtPtr?
  private var page: WikipediaPage?
  private var depth = 0
  private var pageDepth = 0
  private var isInRevision = false
  private var isInSite = false
  private var namespaceKey = 0
  private var field = Field.none
  private var fieldDepth = 0
  private var value: [UInt8] = []
  private var isOverLimit = false

  /// A parser.
  ///
  /// - Parameters:
  ///   - textLimit: how many bytes a page's text may have.
  ///   - wantsText: whether the text of pages of a namespace is wanted.
  init(site: WikipediaSite, textLimit: Int, wantsText: @escaping (Int) -> Bool) throws {
    self.site = site
    self.textLimit = textLimit
    self.wantsText = wantsText
    var handler = xmlSAXHandler()
    handler.initialized = UInt32(XML_SAX2_MAGIC)
    handler.startElementNs = { data, name, _, _, _, _, attributeCount, _, attributes in
      WikipediaXML.of(data)?.start(name, attributes, Int(attributeCount))
    }
    handler.endElementNs = { data, _, _, _ in WikipediaXML.of(data)?.end() }
    handler.characters = { data, bytes, count in WikipediaXML.of(data)?.characters(bytes, Int(count)) }
    handler.ignorableWhitespace = handler.characters
    handler.cdataBlock = handler.characters
    handler.internalSubset = { data, _, _, _ in WikipediaXML.of(data)?.refuseDocumentType() }
    // Without a handler of its own libxml2 prints errors. After a fault it has forgotten where it was.
    handler.serror = { data, error in
      if let error, error.pointee.level == XML_ERR_FATAL { WikipediaXML.of(data)?.noteFault() }
    }
    context = xmlCreatePushParserCtxt(&handler, Unmanaged.passUnretained(self).toOpaque(), nil, 0, nil)
    guard let context else {
      throw MartletError(
        .resource, "no memory for a parser of XML", remedy: "Stop other programs, or run on a machine with more memory."
      )
    }
    xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue))
  }

  deinit {
    if let context { xmlFreeParserCtxt(context) }
  }

  /// Feeds bytes; `isLast` says that there are no more. Answers whether the XML is well formed so far.
  func feed(_ bytes: UnsafeBufferPointer<UInt8>, isLast: Bool = false) -> Bool {
    let count = Int32(clamping: bytes.count)
    _ = bytes.withMemoryRebound(to: CChar.self) { xmlParseChunk(context, $0.baseAddress, count, isLast ? 1 : 0) }
    guard let context else { return false }
    return context.pointee.wellFormed != 0 && context.pointee.disableSAX == 0
  }

  private static func of(_ data: UnsafeMutableRawPointer?) -> WikipediaXML? {
    data.map { Unmanaged<WikipediaXML>.fromOpaque($0).takeUnretainedValue() }
  }

  private func noteFault() {
    if fault == nil { fault = max(0, Int(xmlByteConsumed(context))) }
  }

  private func refuseDocumentType() {
    noteFault()
    hasDocumentType = true
    xmlStopParser(context)
  }

  private typealias Attributes = UnsafeMutablePointer<UnsafePointer<xmlChar>?>

  private func start(_ name: UnsafePointer<xmlChar>?, _ attributes: Attributes?, _ count: Int) {
    guard let name else { return }
    depth += 1
    if depth == 1 {
      root = String(cString: name)
      if let language = Self.attribute("lang", attributes, count) { site.language = language }
    } else if page != nil {
      startInPage(name, attributes, count)
    } else if depth == 2 {
      if Self.equal(name, "page") {
        page = WikipediaPage()
        pageDepth = depth
      } else if Self.equal(name, "siteinfo") {
        isInSite = true
      }
    } else if isInSite {
      if Self.equal(name, "base") {
        begin(.base)
      } else if Self.equal(name, "namespace"),
        let key = Self.attribute("key", attributes, count).flatMap({ Int($0) })
      {
        namespaceKey = key
        begin(.namespaceName)
      }
    }
  }

  private func startInPage(_ name: UnsafePointer<xmlChar>, _ attributes: Attributes?, _ count: Int) {
    if Self.equal(name, "page") {
      // Pages have none within: something between was lost. The place is that of the tag's beginning or a little before.
      noteFault()
      fault = fault.map { max(0, $0 - 8) }
      xmlStopParser(context)
    } else if depth == pageDepth + 1 {
      if Self.equal(name, "title") {
        begin(.title)
      } else if Self.equal(name, "ns") {
        begin(.namespace)
      } else if Self.equal(name, "id") {
        begin(.id)
      } else if Self.equal(name, "redirect") {
        page?.redirect = Self.attribute("title", attributes, count) ?? ""
      } else if Self.equal(name, "revision") {
        isInRevision = true
      }
    } else if depth == pageDepth + 2, isInRevision {
      if Self.equal(name, "timestamp") {
        begin(.timestamp)
      } else if Self.equal(name, "id") {
        begin(.revision)
      } else if Self.equal(name, "model") {
        begin(.model)
      } else if Self.equal(name, "text"), wantsText(page?.namespace ?? 0) {
        begin(.text)
      }
    }
  }

  private func begin(_ field: Field) {
    self.field = field
    fieldDepth = depth
    value.removeAll(keepingCapacity: true)
    isOverLimit = false
  }

  private func characters(_ bytes: UnsafePointer<xmlChar>?, _ count: Int) {
    guard field != .none, depth == fieldDepth, !isOverLimit, let bytes, count > 0 else { return }
    let limit = field == .text ? textLimit : 1 << 16
    guard count <= limit - value.count else {
      isOverLimit = true
      value.removeAll(keepingCapacity: false)
      return
    }
    value.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
  }

  private func end() {
    if field != .none, depth == fieldDepth { finishField() }
    if let finished = page, depth == pageDepth {
      pages.append(finished)
      page = nil
    }
    if depth == pageDepth + 1 { isInRevision = false }
    if depth == 2 { isInSite = false }
    depth -= 1
  }

  private func finishField() {
    let field = self.field
    self.field = .none
    if field == .text {
      page?.text = value
      page?.isTooLong = isOverLimit
      value = []
      return
    }
    let text = String(decoding: value, as: UTF8.self)
    switch field {
    case .base: site.base = text
    case .namespaceName: if [-2, 6, 10, 14].contains(namespaceKey) { site.namespaces[namespaceKey] = text }
    case .title: page?.title = text
    case .namespace: page?.namespace = Int(text) ?? 0
    case .id: page?.id = text
    case .revision: page?.revision = text
    case .timestamp: page?.timestamp = text
    case .model: page?.model = text
    case .none, .text: break
    }
  }

  private static func equal(_ name: UnsafePointer<xmlChar>, _ other: StaticString) -> Bool {
    let count = other.utf8CodeUnitCount
    let pointer = other.utf8Start
    for i in 0..<count where name[i] != pointer[i] { return false }
    return name[count] == 0
  }

  /// Source: SAX2 attributes come as five pointers each: name, prefix, namespace, beginning and end of the value.
  private static func attribute(_ name: StaticString, _ attributes: Attributes?, _ count: Int) -> String? {
    guard let attributes else { return nil }
    for i in 0..<count {
      guard let found = attributes[5 * i], equal(found, name) else { continue }
      guard let start = attributes[5 * i + 3], let end = attributes[5 * i + 4], end - start <= 1 << 16 else {
        return nil
      }
      return String(decoding: UnsafeBufferPointer(start: start, count: end - start), as: UTF8.self)
    }
    return nil
  }
}
