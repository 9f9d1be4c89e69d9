import Core
import Curation

// How parts hold the signatures of their documents, all of one size.
extension DocumentSignature {
  /// The bytes that a signature takes.
  static func size(_ settings: DuplicateSettings) -> Int { 20 + (settings.isExact ? 0 : settings.permutations) }

  func append(to bytes: inout [UInt8]) {
    bytes.append(littleEndian: exact.low)
    bytes.append(littleEndian: exact.high)
    bytes.append(littleEndian: nGrams)
    bytes += values
  }

  init(_ bytes: UnsafeRawBufferPointer) {
    self.init(
      exact: ExactHash(low: bytes.integer(at: 0), high: bytes.integer(at: 8)), nGrams: bytes.integer(at: 16),
      values: Array(bytes[20...]))
  }
}

extension CorpusPart {
  /// Calls `body` with the signature of each document in order.
  ///
  /// Throws: `MartletError` with code `corrupted`, or what `body` throws.
  func forEachSignature(_ settings: DuplicateSettings, _ body: (DocumentSignature) throws -> Void) throws {
    guard summary.documents > 0 else { return }
    let size = DocumentSignature.size(settings)
    let path = Self.signatures(folder)
    guard try FileSystem.size(of: path) == size * summary.documents else {
      throw MartletError(
        .corrupted, "the signatures do not belong to the documents", at: path,
        remedy: "Remove the folder and run `martlet data` again; it is made anew.")
    }
    let file = try ByteStream(path)
    let atOnce = 4096
    for first in stride(from: 0, to: summary.documents, by: atOnce) {
      let count = min(atOnce, summary.documents - first)
      let bytes = try file.bytes(size * first..<size * (first + count))
      for index in 0..<count {
        try body(
          bytes.withUnsafeBytes {
            DocumentSignature(UnsafeRawBufferPointer(rebasing: $0[size * index..<size * (index + 1)]))
          })
      }
    }
  }
}
