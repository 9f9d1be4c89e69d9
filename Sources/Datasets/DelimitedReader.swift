import Core
import Foundation

/// What stands between delimiters in a file, one after the other, none longer than a limit in memory.
struct DelimitedReader {
  /// A piece and where it starts; `bytes` is nil where it is longer than the limit.
  struct Piece {
    var bytes: [UInt8]?
    var offset: Int
    var line: Int
  }

  private let stream: ByteStream
  private let delimiter: [UInt8]
  private let limit: Int
  private var buffer: [UInt8] = []
  private var position = 0
  private var consumed = 0
  private var line = 1
  private var atEnd = false
  private var isFirst = true

  init(_ stream: ByteStream, delimiter: [UInt8], limit: Int) {
    self.stream = stream
    self.delimiter = delimiter
    self.limit = limit
  }

  /// The next piece, nil after the last. A byte-order mark at the start of the file is dropped.
  mutating func next() throws -> Piece? {
    var searched = position
    var isTooLong = false
    let start = consumed + position
    let startLine = line
    while true {
      if let end = firstDelimiter(from: searched) {
        let bytes = Array(buffer[position..<end])
        line += delimiterLines + bytes.count(where: { $0 == 0x0A })
        position = end + delimiter.count
        return piece(bytes, start, startLine, isTooLong || bytes.count > limit)
      }
      if atEnd {
        guard position < buffer.count || isTooLong else { return nil }
        let bytes = Array(buffer[position...])
        position = buffer.count
        return piece(bytes, start, startLine, isTooLong || bytes.count > limit)
      }
      if buffer.count - position > limit {
        // Only what may be the beginning of a delimiter is kept of a piece that is left out.
        isTooLong = true
        let drop = max(position, buffer.count - delimiter.count + 1)
        line += buffer[position..<drop].count(where: { $0 == 0x0A })
        position = drop
      }
      searched = max(position, buffer.count - delimiter.count + 1)
      searched -= position
      consumed += position
      buffer.removeFirst(position)
      position = 0
      let chunk = try stream.read()
      if chunk.isEmpty { atEnd = true }
      buffer += chunk
      if isFirst, buffer.count >= 3 || atEnd {
        isFirst = false
        if buffer.starts(with: [0xEF, 0xBB, 0xBF]) {
          position = 3
          searched = 3
        }
      } else if isFirst {
        searched = 0
      }
    }
  }

  private var delimiterLines: Int { delimiter.count(where: { $0 == 0x0A }) }

  private func piece(_ bytes: [UInt8], _ offset: Int, _ line: Int, _ isTooLong: Bool) -> Piece {
    Piece(bytes: isTooLong ? nil : bytes, offset: offset, line: line)
  }

  /// Where the next delimiter is; `memchr` finds its first byte, which is fast for what separates documents.
  private func firstDelimiter(from start: Int) -> Int? {
    buffer.withUnsafeBufferPointer { buffer -> Int? in
      guard let base = buffer.baseAddress else { return nil }
      var place = start
      while place + delimiter.count <= buffer.count,
        let found = memchr(base + place, Int32(delimiter[0]), buffer.count - delimiter.count + 1 - place)
      {
        place = UnsafeRawPointer(found) - UnsafeRawPointer(base)
        if buffer[place..<place + delimiter.count].elementsEqual(delimiter) { return place }
        place += 1
      }
      return nil
    }
  }
}
