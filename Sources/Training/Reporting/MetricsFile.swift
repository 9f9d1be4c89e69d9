import Core
import Foundation

/// `metrics.jsonl`: one JSON object a line, each with the step it belongs to, in the order of the steps.
///
/// A line is in the file as soon as `append` returns, so that a killed process loses none. What a killed run wrote
/// beyond its last checkpoint is cut off when it resumes, and so no step is there twice.
package final class MetricsFile {
  /// The path of the file.
  package let path: String
  private var descriptor: Int32

  /// Opens the file for a run that goes on behind `step`; 0 begins anew.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  package init(_ path: String, resumingAt step: Int) throws {
    self.path = path
    let kept = step > 0 ? try MetricsFile.read(path).filter { $0.step <= step } : []
    try AtomicFile.write(kept.map { $0.text + "\n" }.joined(), to: path)
    descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    if descriptor < 0 { throw MartletError.system("write", path, errno: errno) }
  }

  deinit { close(descriptor) }

  /// Appends a line for a step.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  package func append(step: Int, _ values: [(String, JSONValue)]) throws {
    var object = JSONObject()
    object["step"] = .integer(step)
    for (key, value) in values { object[key] = value }
    let bytes = Array((JSONValue.object(object).text() + "\n").utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw MartletError.system("write", path, errno: errno)
      }
      written += count
    }
  }

  /// Makes the lines durable; called before a checkpoint, so that it never is ahead of them.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  package func sync() throws {
    if fsync(descriptor) != 0 { throw MartletError.system("write", path, errno: errno) }
  }

  /// A line of the file.
  package struct Line {
    package var step: Int
    package var text: String
    package var values: JSONObject
  }

  /// The whole lines of a metrics file; no file is no lines. A last line that a kill cut off is left out.
  ///
  /// Throws: `MartletError` with code `inputOutput`, or `malformedFile` if it is no metrics file.
  package static func read(_ path: String) throws -> [Line] {
    guard FileSystem.kind(of: path) != nil else { return [] }
    let bytes = try FileSystem.read(path, limit: 1 << 30)
    let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { bytes[...$0] } ?? []
    return try whole.split(separator: UInt8(ascii: "\n")).enumerated().map { index, line in
      guard let value = try? JSONValue(parsing: Array(line), name: path), case .object(let object) = value,
        let step = object["step"]?.integerValue
      else {
        throw MartletError(
          .malformedFile, "this is not a line of metrics: a JSON object with a step", at: "\(path), line \(index + 1)",
          remedy: "Move the file away; training writes a new one.")
      }
      return Line(step: step, text: String(decoding: line, as: UTF8.self), values: object)
    }
  }
}
