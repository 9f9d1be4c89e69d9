/// Decodes ids that come one by one, holding back the bytes of a character until all of them are there.
public struct StreamingDecoder: Sendable {
  private let table: TokenTable
  private let skipsSpecialTokens: Bool
  private var pending: [UInt8] = []
  private var isFirst = true
  // Where ids need context: the last ids, and the text of those of them that was given out.
  private var window: [Int32] = []
  private var given = 0
  private var prefix: [UInt8] = []

  init(table: TokenTable, skipsSpecialTokens: Bool) {
    self.table = table
    self.skipsSpecialTokens = skipsSpecialTokens
  }

  /// The text that is complete with this id; empty while a character is not.
  public mutating func append(_ id: Int32) -> String {
    if table.needsContext { return appendInContext(id) }
    table.append(id, skipsSpecialTokens: skipsSpecialTokens, isFirst: &isFirst, to: &pending)
    let complete = pending.count - StreamingDecoder.unfinishedCount(pending)
    let text = String(decoding: pending[..<complete], as: UTF8.self)
    pending.removeFirst(complete)
    return text
  }

  /// What was held back; U+FFFD for a character that never became complete.
  public mutating func finish() -> String {
    if table.needsContext {
      let text = table.decode(window, skipsSpecialTokens: skipsSpecialTokens)
      defer { (window, given, prefix) = ([], 0, []) }
      return text.count > prefix.count ? String(decoding: text[prefix.count...], as: UTF8.self) : ""
    }
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }

  /// Decodes the last ids with and without the new one; what is more is the text of the new one.
  private mutating func appendInContext(_ id: Int32) -> String {
    window.append(id)
    let text = table.decode(window, skipsSpecialTokens: skipsSpecialTokens)
    guard text.count > prefix.count, !text.suffix(3).elementsEqual([0xEF, 0xBF, 0xBD]) || window.count > 16 else {
      return ""
    }
    let new = String(decoding: text[prefix.count...], as: UTF8.self)
    window.removeFirst(given)
    given = window.count
    prefix = table.decode(window, skipsSpecialTokens: skipsSpecialTokens)
    return new
  }

  /// How many bytes at the end begin a character that more bytes could complete.
  private static func unfinishedCount(_ bytes: [UInt8]) -> Int {
    for count in 1...3 where count <= bytes.count {
      let lead = bytes[bytes.count - count]
      if lead & 0xC0 == 0x80 { continue }
      let needed = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1
      guard count < needed else { return 0 }
      let valid = bytes.suffix(count).withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map { invalidSequenceLength($0, at: 0, end: count) } ?? 0
      }
      // One byte is its own longest start whether or not it can begin a character.
      return valid == count && (0xC2...0xF4).contains(lead) ? count : 0
    }
    return 0
  }
}
