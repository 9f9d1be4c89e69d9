/// What each id stands for, in one block of memory.
struct DecodeTable: Sendable {
  private var starts: [Int] = [0]
  private var bytes: [UInt8] = []
  private var special: [Bool] = []
  private let separator: [UInt8]

  init(_ vocabulary: Vocabulary, _ decoder: any TokenDecoder, special: Set<Int32>) {
    separator = decoder.separator
    for id in 0..<Int32(vocabulary.size) {
      if let token = vocabulary.token(of: id) { bytes += decoder.bytes(of: token) }
      starts.append(bytes.count)
      self.special.append(special.contains(id))
    }
  }

  func isSpecial(_ id: Int32) -> Bool { id >= 0 && Int(id) < special.count && special[Int(id)] }

  /// How many bytes of text each id stands for; special tokens are no text.
  var byteCounts: [Int] { special.indices.map { special[$0] ? 0 : starts[$0 + 1] - starts[$0] } }

  func append(_ id: Int32, skipsSpecialTokens: Bool, isFirst: inout Bool, to result: inout [UInt8]) {
    guard id >= 0, Int(id) < special.count else { return }
    let index = Int(id)
    if (special[index] && skipsSpecialTokens) || starts[index] == starts[index + 1] { return }
    if !isFirst { result += separator }
    isFirst = false
    result.append(contentsOf: bytes[starts[index]..<starts[index + 1]])
  }
}

/// Decodes ids that come one by one, holding back the bytes of a character until all of them are there.
public struct StreamingDecoder: Sendable {
  private let table: DecodeTable
  private let skipsSpecialTokens: Bool
  private var pending: [UInt8] = []
  private var isFirst = true

  init(table: DecodeTable, skipsSpecialTokens: Bool) {
    self.table = table
    self.skipsSpecialTokens = skipsSpecialTokens
  }

  /// The text that is complete with this id; empty while a character is not.
  public mutating func append(_ id: Int32) -> String {
    table.append(id, skipsSpecialTokens: skipsSpecialTokens, isFirst: &isFirst, to: &pending)
    let complete = pending.count - StreamingDecoder.unfinishedCount(pending)
    let text = String(decoding: pending[..<complete], as: UTF8.self)
    pending.removeFirst(complete)
    return text
  }

  /// What was held back; U+FFFD for a character that never became complete.
  public mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
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
