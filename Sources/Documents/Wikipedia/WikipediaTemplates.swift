import Core

/// The templates of a dump, which a first reading of it collects: in memory up to a limit, the rest in a nameless file.
public final class WikipediaTemplates: Sendable {
  /// A template's text, as pages include it.
  struct Body {
    var title: String
    var text: [UInt8]
  }

  private struct Place {
    var offset: Int
    var count: Int
  }

  /// How many templates there are.
  public var count: Int { places.count }
  /// What was left out of the reading.
  public let skips: [Skip]

  private let places: [String: Place]
  private let redirects: [String: String]
  private let memory: [UInt8]
  private let file: TemporaryFile?

  /// Collects the templates of a dump.
  ///
  /// - Parameters:
  ///   - input: the dump, from its beginning.
  ///   - name: its path, as errors say it.
  ///   - memoryLimit: how many bytes of text are held in memory.
  ///   - folder: where the rest goes; nil for the system's folder of temporary files.
  ///
  /// Throws: the errors of a `WikipediaReader`, or `MartletError` with code `inputOutput` if the rest cannot be written.
  public init(
    _ input: any ByteInput, named name: String, memoryLimit: Int = 256 << 20, folder: String? = nil
  ) throws {
    let reader = WikipediaReader(
      input, named: name,
      selection: .init(namespaces: [10], includesRedirects: true, maximumPageBytes: 2 << 20, licence: nil))
    var places: [String: Place] = [:]
    var redirects: [String: String] = [:]
    var skips: [Skip] = []
    var memory: [UInt8] = []
    var file: TemporaryFile?
    while let event = try reader.next() {
      switch event {
      case .skip(let skip):
        if skip.reason != "other namespace" { skips.append(skip) }
      case .record(let record):
        let title = Self.key(record.headers["title"] ?? "")
        if let target = record.headers["redirect"] ?? WikitextRedirect.target(record.bytes) {
          redirects[title] = Self.key(target)
          continue
        }
        // Documentation and trials are included by nobody's article.
        if title.hasSuffix("/doc") || title.hasSuffix("/sandbox") || title.hasSuffix("/testcases") { continue }
        let text = WikitextInclusion.included(WikitextBytes.cleaned(record.bytes))
        if memory.count + text.count <= memoryLimit {
          places[title] = Place(offset: memory.count, count: text.count)
          memory.append(contentsOf: text)
        } else {
          let spill = try file ?? TemporaryFile(in: folder ?? FileSystem.temporaryFolder)
          file = spill
          places[title] = Place(offset: -1 - spill.count, count: text.count)
          try text.withUnsafeBytes { try spill.append($0) }
        }
      }
    }
    self.places = places
    self.redirects = redirects
    self.skips = skips
    self.memory = memory
    self.file = file
  }

  /// The text of a template by its name, redirects followed; nil if the dump has none.
  func body(_ name: String) -> Body? {
    var title = name
    for _ in 0..<3 {
      guard let target = redirects[title] else { break }
      title = target
    }
    guard let place = places[title] else { return nil }
    if place.offset >= 0 { return Body(title: title, text: Array(memory[place.offset..<place.offset + place.count])) }
    let start = -1 - place.offset
    return (try? file?.bytes(start..<start + place.count)).map { Body(title: title, text: $0) }
  }

  /// The name of a template's page, without its namespace, as `body` looks it up.
  private static func key(_ title: String) -> String {
    let name = title.utf8.firstIndex(of: UInt8(ascii: ":")).map { title[title.utf8.index(after: $0)...] } ?? title[...]
    return WikitextTemplates.canonical(Array(name.utf8))
  }
}

/// What pages get of a template's text.
enum WikitextInclusion {
  /// The text without `noinclude`, or only what is in `onlyinclude` where that is.
  static func included(_ text: [UInt8]) -> [UInt8] {
    guard text.contains(UInt8(ascii: "<")) else { return text }
    return text.withUnsafeBufferPointer { bytes in
      var all: [UInt8] = []
      var only: [UInt8] = []
      var hasOnly = false
      var isOnly = false
      var i = 0
      var start = 0
      var noMoreEnds = false
      func take(_ end: Int) {
        guard end > start else { return }
        all.append(contentsOf: bytes[start..<end])
        if isOnly { only.append(contentsOf: bytes[start..<end]) }
      }
      while i < bytes.count {
        guard bytes[i] == UInt8(ascii: "<") else {
          i += 1
          continue
        }
        let isClosing = i + 1 < bytes.count && bytes[i + 1] == UInt8(ascii: "/")
        guard let (tag, nameEnd) = WikitextTag.named(at: i + (isClosing ? 2 : 1), in: bytes), tag.isInclusion else {
          i += 1
          continue
        }
        var end = nameEnd
        while end < bytes.count, bytes[end] != UInt8(ascii: ">"), bytes[end] != UInt8(ascii: "<") { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: ">") else {
          i = end
          continue
        }
        take(i)
        let isEmpty = bytes[end - 1] == UInt8(ascii: "/")
        end += 1
        if tag == .onlyinclude, !isEmpty {
          hasOnly = true
          isOnly = !isClosing
        } else if tag == .noinclude, !isClosing, !isEmpty {
          // Without an end it goes on to the end of the page.
          let content = noMoreEnds ? nil : tag.content(from: end, in: bytes)
          if content == nil { noMoreEnds = true }
          end = content?.end ?? bytes.count
        }
        i = end
        start = end
      }
      take(bytes.count)
      return hasOnly ? only : all
    }
  }
}
