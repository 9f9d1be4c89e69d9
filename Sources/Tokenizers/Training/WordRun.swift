import Core

/// Words and counts that did not fit in memory: a temporary file of them, sorted by the words' bytes.
final class WordRun {
  private let file: TemporaryFile
  private var buffer: [UInt8] = []
  /// The next byte of the buffer.
  private var position = 0
  /// Where in the file the buffer ends.
  private var end = 0

  private static let bufferSize = 1 << 20

  /// Writes the words of a table.
  ///
  /// Throws: `MartletError` with code `resource` or `inputOutput`.
  init(_ counts: WordCounts) throws {
    file = try TemporaryFile()
    var bytes: [UInt8] = []
    var failure: (any Error)?
    counts.forEachSorted { word, count in
      guard failure == nil else { return }
      bytes.append(littleEndian: UInt64(word.count))
      bytes.append(littleEndian: count)
      bytes.append(contentsOf: word)
      if bytes.count >= WordRun.bufferSize {
        do { try bytes.withUnsafeBytes { try file.append($0) } } catch { failure = error }
        bytes.removeAll(keepingCapacity: true)
      }
    }
    if let failure { throw failure }
    try bytes.withUnsafeBytes { try file.append($0) }
  }

  /// Goes back to the first word.
  func rewind() {
    buffer = []
    position = 0
    end = 0
  }

  /// The next word and its count; nil at the end.
  ///
  /// Throws: `MartletError` with code `inputOutput`, or `corrupted` if the file is not what was written.
  func next() throws -> (word: [UInt8], count: UInt64)? {
    guard try has(16) else { return nil }
    let (length, count) = buffer.withUnsafeBytes {
      ($0.integer(at: position, as: UInt64.self), $0.integer(at: position + 8, as: UInt64.self))
    }
    guard length <= UInt64(file.count), try has(16 + Int(length)) else {
      throw MartletError(.corrupted, "words that were put aside are damaged", remedy: "Check the disk and run again.")
    }
    let word = position + 16..<position + 16 + Int(length)
    position = word.upperBound
    return (Array(buffer[word]), count)
  }

  /// Whether so many bytes are there, which are then in the buffer.
  private func has(_ needed: Int) throws -> Bool {
    let rest = buffer.count - position
    if rest >= needed { return true }
    let size = min(file.count - end, max(WordRun.bufferSize, needed - rest))
    buffer.removeFirst(position)
    position = 0
    buffer += try file.bytes(end..<end + size)
    end += size
    return buffer.count >= needed
  }
}
