import Dispatch
import Synchronization

/// A document that has a text that was looked for.
public struct FoundDocument: Sendable, Equatable {
  /// The document.
  public var ordinal: UInt64
  /// Where in it.
  public var match: TextMatch
  /// The bytes of the place, with some of what is around it.
  public var excerpt: String
}

/// Looks for a text in many documents on several threads.
public struct DocumentSearch: Sendable {
  /// What is looked for.
  public let query: TextQuery
  /// How many bytes around a match are shown on either side.
  public let context: Int

  /// A search.
  public init(_ query: TextQuery, context: Int = 60) {
    self.query = query
    self.context = context
  }

  /// The documents that match, in their order.
  ///
  /// - Parameters:
  ///   - blocks: how many blocks of documents there are, such as files.
  ///   - threads: how many are read at a time.
  ///   - read: reads a block, on any thread, and hands over each of its documents: its ordinal and its text in UTF-8.
  ///
  /// Throws: the first error of a block, by their order.
  public func search(
    blocks: Int, threads: Int,
    _ read: @Sendable (_ block: Int, _ document: (UInt64, UnsafeBufferPointer<UInt8>) -> Void) throws -> Void
  ) throws -> [FoundDocument] {
    let next = Atomic<Int>(0)
    let results = Mutex<[Int: Result<[FoundDocument], any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, blocks))) { _ in
      while true {
        let block = next.add(1, ordering: .relaxed).oldValue
        if block >= blocks { return }
        let result = Result {
          var found: [FoundDocument] = []
          try read(block) { ordinal, text in
            if let match = query.match(in: text) {
              found.append(FoundDocument(ordinal: ordinal, match: match, excerpt: excerpt(of: text, match.range)))
            }
          }
          return found
        }
        results.withLock { $0[block] = result }
      }
    }
    let found = results.withLock { $0 }
    return try (0..<max(0, blocks)).flatMap { try found[$0]?.get() ?? [] }.sorted { $0.ordinal < $1.ordinal }
  }

  /// The text around a place, cut at characters, with its white space in single spaces.
  package func excerpt(of text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String {
    var start = max(0, range.lowerBound - context)
    while start > 0, start < range.lowerBound, text[start] & 0xC0 == 0x80 { start -= 1 }
    var end = min(text.count, range.upperBound + context)
    while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
    var bytes: [UInt8] = []
    for byte in text[start..<end] {
      if byte > 0x20 {
        bytes.append(byte)
      } else if let last = bytes.last, last != 0x20 {
        bytes.append(0x20)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
