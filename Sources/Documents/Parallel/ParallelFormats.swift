import Core

/// Pairs in two columns of lines with tabs; further columns are not read.
public struct ParallelTable: DocumentFormat, Equatable {
  /// The languages and rules.
  public var text: ParallelText
  /// The columns of the first and the second language, from 1.
  public var columns: [Int]

  /// A format of pairs in lines.
  public init(_ text: ParallelText, sourceColumn: Int = 1, targetColumn: Int = 2) {
    self.text = text
    columns = [max(1, sourceColumn), max(1, targetColumn)]
  }

  /// A reader of the lines.
  public func reader(_ input: any ByteInput, named name: String) -> any RecordReader {
    LineReader(input, name: name, limit: text.rules.longest, skipsBlank: true)
  }

  /// The pair of a line.
  public func extract(_ record: Record) -> Extraction {
    record.bytes.withUnsafeBufferPointer { bytes in
      var sides: [Slice<UnsafeBufferPointer<UInt8>>?] = [nil, nil]
      TableDialect.tabs.forEachField(of: bytes) { number, field, _ in
        for side in 0..<2 where columns[side] == number + 1 { sides[side] = field }
      }
      guard let source = sides[0], let target = sides[1] else {
        return Extraction(skips: [Skip(.tooFewFields, record.provenance, sample: record.bytes)])
      }
      return text.extraction(source, target, record.provenance)
    }
  }
}

/// Pairs in two files, line by line.
public struct ParallelFiles: Sendable, Equatable {
  /// The languages and rules.
  public var text: ParallelText

  /// A format of pairs in two files.
  public init(_ text: ParallelText) { self.text = text }

  /// A reader of the pairs: line 7 of one file with line 7 of the other.
  ///
  /// - Parameters:
  ///   - source: the lines of the first language, and the input's name.
  ///   - target: the lines of the second.
  ///
  /// The reader throws a `MartletError` with code `mismatch` if one has more lines than the other.
  public func reader(
    _ source: (input: any ByteInput, name: String), _ target: (input: any ByteInput, name: String)
  ) -> any RecordReader {
    PairReader(
      lines: [source.input, target.input].map { PieceReader($0, delimiter: [0x0A], limit: text.rules.longest) },
      names: [source.name, target.name])
  }

  /// The pair of a record of the reader.
  public func extract(_ record: Record) -> Extraction {
    let feed = record.bytes.firstIndex(of: 0x0A) ?? record.bytes.endIndex
    return text.extraction(record.bytes[..<feed], record.bytes[feed...].dropFirst(), record.provenance)
  }
}

private struct PairReader: RecordReader {
  var lines: [PieceReader]
  let names: [String]
  var number = 0

  mutating func next() throws -> RecordEvent? {
    let pair = [try lines[0].next(), try lines[1].next()]
    guard let source = pair[0], let target = pair[1] else {
      if pair.allSatisfy({ $0 == nil }) { return nil }
      var counts = pair.map { number + ($0 == nil ? 0 : 1) }
      let longer = pair[0] == nil ? 1 : 0
      while try lines[longer].next() != nil { counts[longer] += 1 }
      throw MartletError(
        .mismatch,
        "\(names[0]) has \(counts[0]) lines and \(names[1]) has \(counts[1]), so they are no pairs of lines",
        at: names[0], remedy: "Give two files of which each line is the translation of the same line of the other.")
    }
    number += 1
    let provenance = Provenance(input: names[0], place: "line \(number)")
    for piece in [source, target] where piece.isTooLong {
      return .skip(Skip(.tooLong, provenance, sample: piece.bytes))
    }
    let sides = [source, target].map { $0.bytes.last == 0x0D ? $0.bytes.dropLast() : $0.bytes[...] }
    return .record(Record(bytes: sides[0] + [0x0A] + sides[1], provenance: provenance))
  }
}

/// Pairs in JSON: an object with the texts by language under a key, `{"translation": {"de": …, "en": …}}`.
public struct ParallelMapping: JSONMapping, Equatable {
  /// The languages and rules.
  public var text: ParallelText
  /// Where the object is; nil where the record itself has the languages.
  public var field: FieldPath?
  /// The fields that are kept and those of the provenance; the field of the text is not read.
  public var fields: TextFields

  /// A mapping of pairs.
  public init(_ text: ParallelText, field: FieldPath? = "translation", fields: TextFields = TextFields()) {
    self.text = text
    self.field = field
    self.fields = fields
  }

  /// The pair of an object.
  public func extract(_ record: Record) -> Extraction {
    func skip(_ reason: SkipReason) -> Extraction {
      Extraction(skips: [Skip(reason, record.provenance, sample: record.bytes)])
    }
    switch ParsedRecord.read(record.bytes) {
    case .failure(let failure): return skip(failure.reason)
    case .success(let parsed):
      let pair = field.map { $0.value(in: parsed.object)?.objectValue } ?? parsed.object
      guard let source = pair?[text.source], let target = pair?[text.target] else { return skip(.noText) }
      guard let source = source.stringValue, let target = target.stringValue else { return skip(.textNotAString) }
      var attributes: [String: JSONValue] = [:]
      for (name, path) in fields.attributes { attributes[name] = path.value(in: parsed.object) }
      return text.extraction(
        source, target, wasRepaired: parsed.wasRepaired,
        fields.provenance(record.provenance) { $0.value(in: parsed.object) }, attributes: attributes)
    }
  }
}
