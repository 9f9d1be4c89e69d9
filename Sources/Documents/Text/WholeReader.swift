/// An input as one record, or where it is longer than the limit, as records that go on in one another.
///
/// Of a text within the limit all is left out where any of it is unfit; of a longer one only the part that is unfit, and
/// what follows is a new text.
struct WholeReader: RecordReader {
  /// The header of records that are parts of a text.
  static let partHeader = "part"
  /// Its value where the text goes on in the next record.
  static let continues = "continues"

  private let input: any ByteInput
  private let name: String
  private let rules: TextRules
  private var buffer: [UInt8] = []
  private var position = 0
  /// The offset of the buffer in the input.
  private var offset = 0
  private var atEnd = false
  private var isWhole = true
  private var isFinished = false
  /// The part before the present one, whose text goes on if the present one is fit.
  private var held: Record?
  private var waiting: RecordEvent?

  init(_ input: any ByteInput, name: String, rules: TextRules) {
    self.input = input
    self.name = name
    self.rules = rules
  }

  mutating func next() throws -> RecordEvent? {
    if let event = waiting {
      waiting = nil
      return event
    }
    if isFinished { return nil }
    if isWhole {
      try fill(rules.longest)
      if atEnd && buffer.count - position <= rules.longest {
        isFinished = true
        let bytes = position == 0 ? buffer : Array(buffer[position...])
        buffer = []
        return .record(Record(bytes: bytes, provenance: Provenance(input: name, place: "whole text")))
      }
      isWhole = false
    }
    while true {
      try fill(rules.partSize + textCutReach)
      if position == buffer.count {
        isFinished = true
        return held.map { .record($0) }
      }
      let size = min(rules.partSize, rules.longest)
      let end = buffer.withUnsafeBufferPointer { textCut($0, from: position, size: size) }
      let part = Record(
        bytes: Array(buffer[position..<end]), headers: [Self.partHeader: "last"],
        provenance: Provenance(input: name, place: "byte \(offset + position)"))
      position = end
      let before = held
      if let reason = fault(of: part) {
        held = nil
        let skip = RecordEvent.skip(Skip(reason, part.provenance, sample: part.bytes))
        guard let before else { return skip }
        waiting = skip
        return .record(before)
      }
      held = part
      if var before {
        before.headers[Self.partHeader] = Self.continues
        return .record(before)
      }
    }
  }

  private func fault(of part: Record) -> SkipReason? {
    if part.bytes.containsNUL { return .nulBytes }
    if rules.brokenUTF8 == .drop, String(validating: part.bytes, as: UTF8.self) == nil { return .brokenUTF8 }
    return nil
  }

  /// Reads until more than `count` bytes are there, or all.
  private mutating func fill(_ count: Int) throws {
    if position > 0, position > buffer.count / 2 {
      buffer.removeFirst(position)
      offset += position
      position = 0
    }
    while !atEnd, buffer.count - position <= count {
      let wasEmpty = buffer.count < 3 && offset == 0
      let chunk = try input.read()
      atEnd = chunk.isEmpty
      if buffer.isEmpty { buffer = chunk } else { buffer += chunk }
      if wasEmpty, position == 0, buffer.starts(with: byteOrderMark) { position = 3 }
    }
  }
}
