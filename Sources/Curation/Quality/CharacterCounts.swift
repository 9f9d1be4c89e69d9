import Glibc
import Tokenizers

/// What the rules for Chinese ask of the characters of a text.
struct CharacterCounts {
  /// All characters.
  var all = 0
  /// Chinese ones.
  var chinese = 0
  /// Digits, as they are or as wide as a Chinese character.
  var digits = 0
  /// Neither letters, numbers nor white space.
  var punctuation = 0
  /// Runs of hashes.
  var hashes = 0
  /// Runs of `…`, and of two or more full stops.
  var ellipses = 0
  /// Characters between `【` and `】` of one line.
  var bracketed = 0
  /// Different characters among the first ones.
  var different = 0
  /// The entropy of the first ones, in nats.
  var entropy = 0.0

  /// Counts in one pass.
  init(_ bytes: UnsafeBufferPointer<UInt8>, variedPrefix: Int) {
    let table = HashTable(for: min(bytes.count, variedPrefix))
    var previous: UInt32 = 0
    var run = 0
    var bracket: Int?
    var place = 0
    while place < bytes.count {
      let next = scalar(bytes, at: place)
      let value = next.value
      place += next.length
      if all < variedPrefix { _ = table.add(UInt64(value)) }
      all += 1
      run = value == previous ? run + 1 : 1
      previous = value
      switch value {
      case _ where isHan(value): chinese += 1
      case 0x30...0x39, 0xFF10...0xFF19: digits += 1
      case 0x23:
        if run == 1 { hashes += 1 }
        punctuation += 1
      case 0x2026:
        if run == 1 { ellipses += 1 }
        punctuation += 1
      case 0x2E, 0x3002:
        if run == 2 { ellipses += 1 }
        punctuation += 1
      case 0x3010:
        if bracket == nil { bracket = all }
        punctuation += 1
      case 0x3011:
        if let open = bracket { bracketed += all - open - 1 }
        bracket = nil
        punctuation += 1
      case 0x0A: bracket = nil
      case 0..<0x80:
        if !isSpace(value), !isWordPart(value) { punctuation += 1 }
      default:
        if !isSpace(value), !TextProperties.isLetterOrNumber(value) { punctuation += 1 }
      }
    }
    let varied = Double(min(all, variedPrefix))
    guard varied > 0 else { return }
    var sum = 0.0
    table.forEachCount { count in
      different += 1
      sum += Double(count) * log(Double(count))
    }
    entropy = log(varied) - sum / varied
  }
}
