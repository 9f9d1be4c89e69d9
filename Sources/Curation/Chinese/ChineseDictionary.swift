import COpenCC
import Core

/// What characters and phrases of one way to write Chinese become in another.
///
/// The dictionaries are OpenCC's, read when a converter is made. OpenCC's own matching runs at 7 MB/s, so it is done here:
/// the longest phrase at a place, else the character, as there.
struct ChineseDictionary: Sendable {
  /// For each scalar of the basic plane what it becomes, or 0 where it stays.
  private var characters: [UInt32]
  /// What scalars of other planes become.
  private var rareCharacters: [UInt32: UInt32] = [:]
  /// Which scalars of the basic plane begin a phrase.
  private var beginsPhrase: [Bool]
  /// Phrases by their first two scalars, the longest first.
  private var phrases: [UInt64: [Phrase]] = [:]

  struct Phrase: Sendable {
    var key: [UInt8]
    var value: [UInt8]
  }

  /// Reads the dictionaries of a configuration.
  ///
  /// Throws: `MartletError` with code `notFound` if OpenCC's data is not installed.
  init(configuration: String) throws {
    characters = [UInt32](repeating: 0, count: 0x10000)
    beginsPhrase = [Bool](repeating: false, count: 0x10000)
    let collector = EntryCollector()
    var message = [CChar](repeating: 0, count: 512)
    let status = copencc_read(
      configuration, collectEntry, Unmanaged.passUnretained(collector).toOpaque(), &message, message.count)
    guard status == 0 else {
      let reason = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw MartletError(
        .notFound, "OpenCC's dictionaries cannot be read: \(reason)", at: configuration,
        remedy: "Install OpenCC with its data: on Debian the packages libopencc-dev and libopencc-data.")
    }
    for entry in collector.entries.sorted(by: { $0.dictionary < $1.dictionary }) { add(entry) }
    for key in phrases.keys { phrases[key]?.sort { $0.key.count > $1.key.count } }
  }

  private mutating func add(_ entry: EntryCollector.Entry) {
    let scalars = Array(String(decoding: entry.key, as: UTF8.self).unicodeScalars)
    guard let first = scalars.first?.value else { return }
    if scalars.count == 1 {
      let value = Array(String(decoding: entry.value, as: UTF8.self).unicodeScalars)
      guard value.count == 1, let target = value.first?.value, target != first else { return }
      if first < 0x10000 {
        if characters[Int(first)] == 0 { characters[Int(first)] = target }
      } else if rareCharacters[first] == nil {
        rareCharacters[first] = target
      }
      return
    }
    let key = UInt64(first) << 32 | UInt64(scalars[1].value)
    // A phrase of an earlier dictionary stands before one of a later.
    if phrases[key]?.contains(where: { $0.key == entry.key }) == true { return }
    phrases[key, default: []].append(Phrase(key: entry.key, value: entry.value))
    if first < 0x10000 { beginsPhrase[Int(first)] = true }
  }

  /// The text in the other way of writing, and how many characters were replaced; nil where nothing was.
  ///
  /// Complexity: O(bytes x the longest phrase).
  func converted(_ bytes: UnsafeBufferPointer<UInt8>) -> (text: [UInt8], replaced: Int)? {
    var result: [UInt8] = []
    var replaced = 0
    var copied = 0
    var place = 0
    func replace(_ length: Int, _ write: () -> Void) {
      if replaced == 0 { result.reserveCapacity(bytes.count + bytes.count / 64) }
      result.append(contentsOf: bytes[copied..<place])
      write()
      place += length
      copied = place
    }
    characters.withUnsafeBufferPointer { characters in
      beginsPhrase.withUnsafeBufferPointer { beginsPhrase in
        while place < bytes.count {
          // The dictionaries hold nothing below U+2E80, which begins with E2.
          guard bytes[place] >= 0xE2 else {
            place += 1
            continue
          }
          let next = scalar(bytes, at: place)
          let isBasic = next.value < 0x10000
          if isBasic, beginsPhrase[Int(next.value)], let phrase = phrase(bytes, place, next) {
            if phrase.key == phrase.value {
              place += phrase.key.count
            } else {
              replace(phrase.key.count) { result.append(contentsOf: phrase.value) }
              replaced += scalarCount(bytes, place - phrase.key.count..<place)
            }
            continue
          }
          let target = isBasic ? characters[Int(next.value)] : rareCharacters[next.value] ?? 0
          if target == 0 {
            place += next.length
          } else {
            replace(next.length) { append(target, to: &result) }
            replaced += 1
          }
        }
      }
    }
    if replaced == 0 { return nil }
    result.append(contentsOf: bytes[copied...])
    return (result, replaced)
  }

  private func phrase(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int, _ first: TextScalar) -> Phrase? {
    let second = place + first.length
    guard second < bytes.count,
      let candidates = phrases[UInt64(first.value) << 32 | UInt64(scalar(bytes, at: second).value)]
    else { return nil }
    return candidates.first { candidate in
      place + candidate.key.count <= bytes.count
        && bytes[place..<place + candidate.key.count].elementsEqual(candidate.key)
    }
  }
}

/// The entries that the C function hands over.
private final class EntryCollector {
  struct Entry {
    var dictionary: Int32
    var key: [UInt8]
    var value: [UInt8]
  }
  var entries: [Entry] = []
}

private func collectEntry(
  _ context: UnsafeMutableRawPointer?, _ dictionary: Int32, _ key: UnsafePointer<CChar>?, _ keyLength: Int,
  _ value: UnsafePointer<CChar>?, _ valueLength: Int
) {
  guard let context, let key, let value else { return }
  let collector = Unmanaged<EntryCollector>.fromOpaque(context).takeUnretainedValue()
  func bytes(_ start: UnsafePointer<CChar>, _ count: Int) -> [UInt8] {
    UnsafeBufferPointer(start: start, count: count).map { UInt8(bitPattern: $0) }
  }
  collector.entries.append(
    EntryCollector.Entry(dictionary: dictionary, key: bytes(key, keyLength), value: bytes(value, valueLength)))
}
