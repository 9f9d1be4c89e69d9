import Core
import Foundation

/// Words and counts that did not fit in memory: a temporary file of them, sorted by the words' bytes.
///
/// The file has no name, so that nothing is left of it whatever happens to the process.
final class WordRun {
  private let file: FileHandle
  private var buffer: [UInt8] = []
  private var position = 0
  private var isAtEnd = false

  private static let bufferSize = 1 << 20

  /// Writes the words of a table.
  ///
  /// Throws: `MartletError` if the system refuses to write.
  init(_ counts: WordCounts) throws {
    file = try WordRun.temporaryFile()
    var bytes: [UInt8] = []
    var failure: (any Error)?
    counts.forEachSorted { word, count in
      guard failure == nil else { return }
      withUnsafeBytes(of: UInt64(word.count).littleEndian) { bytes.append(contentsOf: $0) }
      withUnsafeBytes(of: count.littleEndian) { bytes.append(contentsOf: $0) }
      bytes.append(contentsOf: word)
      if bytes.count >= WordRun.bufferSize {
        do { try file.write(contentsOf: Data(bytes)) } catch { failure = error }
        bytes.removeAll(keepingCapacity: true)
      }
    }
    do {
      if let failure { throw failure }
      try file.write(contentsOf: Data(bytes))
      try rewind()
    } catch {
      throw WordRun.failure(error.localizedDescription)
    }
  }

  deinit { try? file.close() }

  private static func temporaryFile() throws -> FileHandle {
    var path = Array((NSTemporaryDirectory() + "/martlet-words-XXXXXX").utf8CString)
    let descriptor = mkstemp(&path)
    guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
    unlink(path)
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  private static func failure(_ reason: String) -> MartletError {
    MartletError(
      .inputOutput, "words that do not fit in memory cannot be put aside: \(reason)", at: NSTemporaryDirectory(),
      remedy: "Make room there, set TMPDIR to a folder with room, or allow more memory.")
  }

  /// Goes back to the first word.
  func rewind() throws {
    try file.seek(toOffset: 0)
    buffer = []
    position = 0
    isAtEnd = false
  }

  /// The next word and its count; nil at the end.
  func next() throws -> (word: [UInt8], count: UInt64)? {
    try fill(16)
    guard buffer.count - position >= 16 else { return nil }
    func number(_ start: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(buffer[start + $1]) << UInt64(8 * $1) } }
    let length = Int(number(position))
    let count = number(position + 8)
    try fill(16 + length)
    guard buffer.count - position >= 16 + length else { throw WordRun.failure("the temporary file is cut short") }
    defer { position += 16 + length }
    return (Array(buffer[position + 16..<position + 16 + length]), count)
  }

  private func fill(_ needed: Int) throws {
    while buffer.count - position < needed, !isAtEnd {
      buffer.removeFirst(position)
      position = 0
      guard let data = try file.read(upToCount: max(WordRun.bufferSize, needed)), !data.isEmpty else {
        isAtEnd = true
        return
      }
      buffer.append(contentsOf: data)
    }
  }
}
