/// Decides what `{{...}}` is: a magic word, a parser function, a template whose text is known, or one of the dump's.
enum WikitextTemplates {
  static func expand(_ call: WikitextCall, into out: inout [UInt8]) {
    let part = call.parts[0]
    if part.tokens.isEmpty {
      // Names are mostly plain; most of them are dropped without a look at the arguments.
      let range = WikitextBytes.trimmed(call.source.bytes, part.bytes)
      expand(call, name: Array(call.source.bytes[range]), into: &out)
    } else {
      let name: [UInt8]
      if let colon = plainColon(call) {
        name = WikitextBytes.trimmed(Array(call.source.bytes[part.bytes.lowerBound..<colon + 1]))
      } else {
        name = call.expanded(part).filter { $0 != Mark.vanished }
      }
      expand(call, name: name, into: &out)
    }
  }

  /// The place of a colon before anything nested: functions have one.
  private static func plainColon(_ call: WikitextCall) -> Int? {
    let part = call.parts[0]
    let bytes = call.source.bytes
    var end = part.bytes.upperBound
    for t in part.tokens {
      let token = call.source.tokens[t]
      if token.end > token.start {
        end = Int(token.start)
        break
      }
    }
    return bytes[part.bytes.lowerBound..<max(part.bytes.lowerBound, end)].firstIndex(of: UInt8(ascii: ":"))
  }

  private static func expand(_ call: WikitextCall, name: [UInt8], into out: inout [UInt8]) {
    let expander = call.expander
    guard !name.isEmpty, name.count <= 400 else { return out.append(Mark.vanished) }
    var key = normalized(name)
    if key.utf8.contains(UInt8(ascii: ":")), let colon = colonInSource(call) {
      switch WikitextFunctions.expand(call, key: key, colon: colon, into: &out) {
      case .done: return
      case .template(let rest): key = rest
      case .none: break
      }
    }
    if call.argumentCount == 0, let value = WikitextFunctions.variable(WikitextBytes.string(name), expander.page) {
      return out.append(contentsOf: value.utf8)
    }
    if WikitextKnown.isDisambiguation(key) { expander.isDisambiguation = true }
    switch WikitextKnown.kind(of: key) {
    case .dropped:
      expander.counts.templatesWithoutText += 1
      out.append(Mark.vanished)
    case .known(let known):
      expander.counts.templatesKnown += 1
      let start = out.count
      known.expand(call, into: &out)
      if out.count == start { out.append(Mark.vanished) }
    case .unknown:
      if let templates = expander.templates, let body = templates.body(title(name, key, expander.page)) {
        expandBody(call, body, into: &out)
      } else {
        expander.counts.countUnknown(key)
        out.append(Mark.vanished)
      }
    }
  }

  /// Where the colon of the name is in the source.
  private static func colonInSource(_ call: WikitextCall) -> Int? {
    let range = call.parts[0].bytes
    return call.source.bytes[range].firstIndex(of: UInt8(ascii: ":"))
  }

  private static func expandBody(_ call: WikitextCall, _ body: WikipediaTemplates.Body, into out: inout [UInt8]) {
    let expander = call.expander
    guard !call.isWithin(body.title) else {
      expander.counts.loops += 1
      return out.append(Mark.vanished)
    }
    expander.counts.templatesExpanded += 1
    call.expandedTemplate = body.title
    expander.spend(body.text.count)
    let source = WikitextSource(body.text, hasVariants: expander.page.hasVariants, isTransclusion: true)
    var text: [UInt8] = []
    expander.expand(
      source, 0..<source.bytes.count, 0..<source.tokens.count, frame: call, depth: call.depth, into: &text)
    guard let first = text.first else { return out.append(Mark.vanished) }
    // Source: MediaWiki puts lists and tables that a template begins with on a line of their own.
    let isBlock =
      "*#:;".utf8.contains(first) || (first == UInt8(ascii: "{") && text.dropFirst().first == UInt8(ascii: "|"))
    if isBlock, let last = out.last, last != 0x0A { out.append(0x0A) }
    out.append(contentsOf: text)
  }

  /// A name as the tables have it: in lower case, with single spaces, without the prefix of templates.
  static func normalized(_ name: [UInt8]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(name.count)
    var isASCII = true
    for byte in name {
      if byte == 0x5F || WikitextBytes.isSpace(byte) {
        if let last = bytes.last, last != 0x20 { bytes.append(0x20) }
      } else if byte >= 0x41, byte <= 0x5A {
        bytes.append(byte | 0x20)
      } else {
        if byte >= 0x80 { isASCII = false }
        bytes.append(byte)
      }
    }
    if bytes.last == 0x20 { bytes.removeLast() }
    let text = String(decoding: bytes, as: UTF8.self)
    return isASCII ? text : text.lowercased()
  }

  /// The name that a template of the dump is stored by: the first letter is a capital, the others are as they are.
  static func canonical(_ name: [UInt8]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(name.count)
    for byte in name {
      if byte == 0x5F || WikitextBytes.isSpace(byte) {
        if let last = bytes.last, last != 0x20 { bytes.append(0x20) }
      } else {
        bytes.append(byte)
      }
    }
    if bytes.last == 0x20 { bytes.removeLast() }
    guard let first = bytes.first else { return "" }
    if first < 0x80 {
      if first >= 0x61, first <= 0x7A { bytes[0] = first & 0xDF }
      return String(decoding: bytes, as: UTF8.self)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.prefix(1).uppercased() + text.dropFirst()
  }

  /// The name that a template is looked up by: without the prefix of its namespace and what functions take from it.
  private static func title(_ name: [UInt8], _ key: String, _ page: WikitextPage) -> String {
    var rest = name[...]
    for prefix in ["safesubst:", "subst:", "msg:", "msgnw:", "template:"] + page.namespaces.values.map({ "\($0):" }) {
      let start = normalized(Array(rest.prefix(prefix.utf8.count)))
      if start == prefix.lowercased() { rest = rest.dropFirst(prefix.utf8.count) }
    }
    return canonical(Array(rest))
  }
}
