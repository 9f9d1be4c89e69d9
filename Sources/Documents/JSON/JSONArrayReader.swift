import Core

/// The elements of arrays in a JSON text of any size, each a record; no more than one element is in memory.
///
/// Elements are cut by their brackets and strings alone: whether they are JSON is seen where they are read.
package struct JSONArrayReader: RecordReader {
  /// Elements that are arrays' members of the outermost object have its key under this name in `headers`.
  package static let memberHeader = "member"

  private enum State { case top, key, afterKey, value, skipped, element, afterElement, afterMember, end }

  private let input: any ByteInput
  private let name: String
  private let members: [String]?
  private let limit: Int
  private var chunk: [UInt8] = []
  private var place = 0
  private var state = State.top
  /// What is open inside the present value.
  private var depth = 0
  private var inString = false
  private var isEscaped = false
  private var member: String?
  private var key: [UInt8] = []
  private var element: [UInt8] = []
  private var elementBytes = 0
  private var number = 0
  private var foundMember = false
  private var isFirst = true

  /// A reader.
  ///
  /// - Parameters:
  ///   - members: the members of the outermost object whose elements are wanted; nil where the text is an array.
  ///   - limit: longer elements are left out.
  package init(_ input: any ByteInput, name: String, members: [String]?, limit: Int) {
    self.input = input
    self.name = name
    self.members = members
    self.limit = limit
  }

  /// The next element.
  ///
  /// Throws: `MartletError` with code `malformedFile` where the text is not what was said; what follows is lost.
  package mutating func next() throws -> RecordEvent? {
    while state != .end {
      if place == chunk.count {
        chunk = try input.read()
        place = 0
        if chunk.isEmpty { return try finish() }
        if isFirst {
          while chunk.count < 3 {
            let more = try input.read()
            if more.isEmpty { break }
            chunk += more
          }
          if chunk.starts(with: byteOrderMark) { place = 3 }
          isFirst = false
        }
      }
      if let event = try step() { return event }
    }
    return nil
  }

  /// Goes on to the end of the chunk or of an element.
  private mutating func step() throws -> RecordEvent? {
    while place < chunk.count {
      let byte = chunk[place]
      switch state {
      case .element, .skipped:
        let start = place
        let ended = scanValue()
        if state == .element { keep(start..<place) }
        guard ended else { continue }
        if state == .skipped {
          state = .afterMember
        } else {
          state = .afterElement
          return takeElement()
        }
      case .key where inString:
        place += 1
        if !isEscaped, byte == UInt8(ascii: "\"") {
          inString = false
          state = .afterKey
        } else {
          isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
          // A longer key is none of those that are asked for.
          if key.count < 1 << 16 { key.append(byte) }
        }
      case .end: place = chunk.count
      default:
        place += 1
        if !isSpace(byte) { try separator(byte) }
      }
    }
    return nil
  }

  /// Takes a byte between values.
  private mutating func separator(_ byte: UInt8) throws {
    switch (state, byte) {
    case (.top, UInt8(ascii: "[")) where members == nil: beginArray(nil)
    case (.top, UInt8(ascii: "{")) where members != nil: state = .key
    case (.top, _): throw failure(members == nil ? "expected an array" : "expected an object")
    case (.key, UInt8(ascii: "\"")):
      key = []
      inString = true
    case (.key, UInt8(ascii: "}")): try finishObject()
    case (.afterKey, UInt8(ascii: ":")): state = .value
    case (.value, _):
      let isWanted = wantedMember()
      if let isWanted, byte == UInt8(ascii: "[") {
        beginArray(isWanted)
      } else {
        state = .skipped
        place -= 1
      }
    case (.afterMember, UInt8(ascii: ",")): state = .key
    case (.afterMember, UInt8(ascii: "}")): try finishObject()
    case (.afterElement, UInt8(ascii: ",")): beginElement()
    case (.afterElement, UInt8(ascii: "]")): state = members == nil ? .end : .afterMember
    default: throw failure("expected a separator")
    }
  }

  private mutating func beginArray(_ member: String?) {
    self.member = member
    if member != nil { foundMember = true }
    number = 0
    beginElement()
  }

  private mutating func beginElement() {
    state = .element
    element = []
    elementBytes = 0
  }

  private mutating func finishObject() throws {
    state = .end
    if let members, !foundMember {
      let names = members.map { "\"\($0)\"" }.joined(separator: ", ")
      throw MartletError(
        .malformedFile, "the object has no array under the key \(names)", at: name, remedy: "Name the key of the array."
      )
    }
  }

  private func wantedMember() -> String? {
    let text = [UInt8(ascii: "\"")] + key + [UInt8(ascii: "\"")]
    guard let key = (try? JSONValue(parsing: text, name: name))?.stringValue else { return nil }
    return members?.first { $0.utf8.elementsEqual(key.utf8) }
  }

  /// Goes to the end of a value or of the chunk; true at the end of the value, whose next byte is not taken.
  private mutating func scanValue() -> Bool {
    chunk.withUnsafeBufferPointer { bytes in
      var place = self.place
      defer { self.place = place }
      while place < bytes.count {
        let byte = bytes[place]
        if inString {
          if isEscaped {
            isEscaped = false
          } else if byte == UInt8(ascii: "\"") {
            inString = false
          } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
          }
          place += 1
          continue
        }
        switch byte {
        case UInt8(ascii: "\""): inString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          if depth == 0 { return true }
          depth -= 1
        case UInt8(ascii: ",") where depth == 0: return true
        default: break
        }
        place += 1
      }
      return false
    }
  }

  private mutating func keep(_ range: Range<Int>) {
    elementBytes += range.count
    if elementBytes <= limit {
      element += chunk[range]
    } else {
      // Only the beginning, to be shown.
      element = Array((element.prefix(Self.shown) + chunk[range].prefix(Self.shown)).prefix(Self.shown))
    }
  }

  private static let shown = 256

  private var provenance: Provenance {
    Provenance(input: name, place: (member.map { "\($0) " } ?? "element ") + "\(number)")
  }

  private mutating func takeElement() -> RecordEvent? {
    // `[]` has no element; `[1,]` has one that is no JSON.
    if number == 0, chunk[place] == UInt8(ascii: "]"), element.allSatisfy(isSpace) { return nil }
    number += 1
    if elementBytes > limit { return .skip(Skip(.tooLong, provenance, sample: element)) }
    return .record(
      Record(bytes: element, headers: member.map { [Self.memberHeader: $0] } ?? [:], provenance: provenance))
  }

  /// What is left when the input ends.
  private mutating func finish() throws -> RecordEvent? {
    let last = state
    state = .end
    switch last {
    case .end: return nil
    case .top: return nil
    case .element:
      number += 1
      return .skip(Skip(.cutOff, provenance, sample: element))
    default:
      number += 1
      return .skip(Skip(.cutOff, provenance))
    }
  }

  private func failure(_ message: String) -> MartletError {
    let after = number == 0 ? "" : " after element \(number)"
    return MartletError(
      .malformedFile, "\(message)\(after)", at: name,
      remedy: "The file is no valid JSON there; correct it, or say how its records are stored.")
  }
}

@inline(__always)
private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
