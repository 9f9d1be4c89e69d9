import Core

/// A document that a step dropped or changed, as an example for people.
public struct StepSample: Sendable, Equatable {
  /// A hash of the document's text before the step; the samples with the smallest are kept.
  public let hash: UInt64
  /// The input that the document is from.
  public let input: String
  /// The place in the input.
  public let place: String
  /// A piece of the text before the step: the beginning of a dropped one, the surroundings of the first change.
  public let before: String
  /// The same piece after the step; nil if the document was dropped.
  public let after: String?
}

extension StepSample: Comparable {
  /// By hash, then by place: an order that does not depend on who saw the document.
  public static func < (left: StepSample, right: StepSample) -> Bool {
    if left.hash != right.hash { return left.hash < right.hash }
    return (left.input, left.place, left.before, left.after ?? "")
      < (right.input, right.place, right.before, right.after ?? "")
  }
}

extension StepSample {
  /// The sample as a JSON object.
  public var json: JSONValue {
    .object([
      "hash": .string(String(hash, radix: 16)), "input": .string(input), "place": .string(place),
      "before": .string(before), "after": after.map { .string($0) } ?? .null,
    ])
  }

  /// Reads a sample that `json` wrote.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public init(_ fields: JSONFields) throws {
    guard let hash = UInt64(try fields.string("hash"), radix: 16) else {
      throw fields.failure("hash", mustBe: "a hexadecimal number of up to 16 digits")
    }
    self.init(
      hash: hash, input: try fields.string("input"), place: try fields.string("place"),
      before: try fields.string("before"),
      after: fields.object["after"] == .null ? nil : try fields.string("after"))
  }
}

/// How much of a text a sample shows.
private let excerptLength = 240
/// How much of it stands before the first change.
private let contextLength = 80
/// How much of a text the hash of samples reads: texts that only differ later are told apart by their lengths.
private let hashedLength = 4096

/// The beginning of a text, cut between scalars.
func excerpt(of text: String) -> String {
  var text = text
  return text.withUTF8 { excerpt(of: $0, from: 0) }
}

private func excerpt(of bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> String {
  var end = min(bytes.count, start + excerptLength)
  while end > start, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
  return String(decoding: bytes[start..<end], as: UTF8.self)
}

/// A hash that is the same on every machine and in every run.
///
/// Source: the finaliser of SplitMix64 over words of eight bytes.
func sampleHash(of text: String) -> UInt64 {
  var text = text
  return text.withUTF8 { bytes in
    contentHash(UnsafeBufferPointer(rebasing: bytes.prefix(hashedLength)), seed: UInt64(bytes.count))
  }
}

/// A hash of bytes that is the same on every machine and in every run.
///
/// Source: the finaliser of SplitMix64 over words of eight bytes.
func contentHash(_ bytes: UnsafeBufferPointer<UInt8>, seed: UInt64) -> UInt64 {
  var hash = seed &+ 0x9E37_79B9_7F4A_7C15
  func add(_ word: UInt64) {
    hash = (hash ^ word) &* 0xBF58_476D_1CE4_E5B9
    hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
    hash ^= hash >> 31
  }
  var position = 0
  while position + 8 <= bytes.count {
    let word = UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: position, as: UInt64.self)
    add(UInt64(littleEndian: word))
    position += 8
  }
  var rest: UInt64 = 0
  for byte in bytes[position...] { rest = rest << 8 | UInt64(byte) }
  add(rest)
  add(UInt64(bytes.count))
  return hash
}

/// The surroundings of the first change of a text.
struct TextChange {
  let before: String
  let after: String

  /// Nil if the texts are the same, byte for byte.
  init?(from old: String, to new: String) {
    var (old, new) = (old, new)
    let change: (String, String)? = old.withUTF8 { old in
      new.withUTF8 { new in
        if old.baseAddress == new.baseAddress, old.count == new.count { return nil }
        let shared = zip(old, new).prefix { $0 == $1 }.count
        if shared == old.count, shared == new.count { return nil }
        var start = max(0, shared - contextLength)
        // What comes before the change is the same in both, so one place cuts both between scalars.
        while start > 0, start < old.count, old[start] & 0xC0 == 0x80 { start -= 1 }
        return (excerpt(of: old, from: start), excerpt(of: new, from: start))
      }
    }
    guard let change else { return nil }
    (before, after) = change
  }
}
