#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What stands between delimiters in an input, one after the other, none longer than a limit in memory.
package struct PieceReader {
  /// A piece and where it starts. Of a piece that is longer than the limit only the beginning is there.
  package struct Piece {
    package var bytes: [UInt8]
    package var isTooLong: Bool
    package var line: Int
  }

  private let input: any ByteInput
  private let delimiter: [UInt8]
  private let delimiterLines: Int
  private let countsLines: Bool
  private let limit: Int
  private var buffer: [UInt8] = []
  private var position = 0
  private var line: Int
  private var atEnd = false
  private var isFirst = true

  /// A reader.
  ///
  /// - Parameters:
  ///   - delimiter: at least one byte.
  ///   - line: the number of the first line.
  package init(_ input: any ByteInput, delimiter: [UInt8], limit: Int, line: Int = 1) {
    self.input = input
    self.delimiter = delimiter
    self.limit = limit
    self.line = line
    delimiterLines = delimiter.count(where: { $0 == 0x0A })
    countsLines = delimiter != [0x0A]
  }

  /// The next piece, nil after the last. A byte-order mark at the start of the input is dropped.
  package mutating func next() throws -> Piece? {
    var searched = position
    var beginning: [UInt8]?
    let startLine = line
    while true {
      let found = firstDelimiter(from: searched)
      if found != nil || atEnd {
        let end = found ?? buffer.count
        guard found != nil || position < end || beginning != nil else { return nil }
        if found != nil { line += delimiterLines }
        countLines(position..<end)
        let isTooLong = beginning != nil || end - position > limit
        let bytes = beginning ?? Array(buffer[position..<(isTooLong ? min(end, position + Self.kept) : end)])
        position = end + (found == nil ? 0 : delimiter.count)
        return Piece(bytes: bytes, isTooLong: isTooLong, line: startLine)
      }
      if buffer.count - position > limit + delimiter.count - 1 {
        // Whatever comes, the piece is too long. Only what may be the beginning of a delimiter is kept of a piece that is left out.
        beginning = beginning ?? Array(buffer[position..<min(buffer.count, position + Self.kept)])
        let drop = max(position, buffer.count - delimiter.count + 1)
        countLines(position..<drop)
        position = drop
      }
      searched = max(position, buffer.count - delimiter.count + 1) - position
      try refill()
      searched = max(searched, position)
    }
  }

  /// How much of a piece that is too long is kept to be shown.
  private static let kept = 256

  private mutating func countLines(_ range: Range<Int>) {
    if countsLines { line += buffer[range].count(where: { $0 == 0x0A }) }
  }

  private mutating func refill() throws {
    if position > 0 { buffer.removeFirst(position) }
    position = 0
    repeat {
      let chunk = try input.read()
      atEnd = chunk.isEmpty
      if buffer.isEmpty { buffer = chunk } else { buffer += chunk }
    } while isFirst && buffer.count < 3 && !atEnd
    if isFirst, buffer.starts(with: byteOrderMark) { position = 3 }
    isFirst = false
  }

  /// Where the next delimiter is; `memchr` finds its first byte, which is fast for what separates documents.
  private func firstDelimiter(from start: Int) -> Int? {
    buffer.withUnsafeBufferPointer { buffer -> Int? in
      var place = start
      while place + delimiter.count <= buffer.count,
        let found = buffer[..<(buffer.count - delimiter.count + 1)].firstPlace(of: delimiter[0], from: place)
      {
        place = found
        if delimiter.count == 1 || buffer[place..<place + delimiter.count].elementsEqual(delimiter) { return place }
        place += 1
      }
      return nil
    }
  }
}

/// What some programs write at the start of UTF-8.
package let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

extension UnsafeBufferPointer<UInt8> {
  /// The first place of a byte.
  package func firstPlace(of byte: UInt8, from start: Int = 0) -> Int? { self[...].firstPlace(of: byte, from: start) }
}

extension Slice<UnsafeBufferPointer<UInt8>> {
  /// The first place of a byte in the slice from `start` on.
  package func firstPlace(of byte: UInt8, from start: Int) -> Int? {
    guard start < endIndex, let first = base.baseAddress,
      let found = memchr(first + start, Int32(byte), endIndex - start)
    else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(first)
  }
}
