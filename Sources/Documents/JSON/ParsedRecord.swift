import Core

/// The members of a record's JSON object that are asked for.
struct ParsedRecord {
  /// The members, the last of each key.
  var object = JSONObject()
  /// Whether the text is repaired: broken UTF-8 in the record, or halves of surrogate pairs in what was read.
  var wasRepaired = false

  /// Reads a record.
  ///
  /// - Parameter isWanted: whether a member of the object is read; the others must only be well formed.
  ///
  /// Broken UTF-8 becomes U+FFFD, and so do halves of surrogate pairs, which are no text in any encoding.
  static func read(
    _ bytes: [UInt8], _ isWanted: (_ key: String) -> Bool = { _ in true }
  ) -> Result<ParsedRecord, Failure> {
    switch attempt(bytes, isWanted) {
    case .success(let record): return .success(record)
    case .failure(let failure):
      if bytes.containsNUL { return .failure(Failure(reason: .nulBytes)) }
      if failure.reason != .notJSON || String(validating: bytes, as: UTF8.self) != nil { return .failure(failure) }
      return attempt(Array(String(decoding: bytes, as: UTF8.self).utf8), isWanted).map {
        var record = $0
        record.wasRepaired = true
        return record
      }
    }
  }

  /// Why there is no record.
  struct Failure: Error { var reason: SkipReason }

  private static func attempt(_ bytes: [UInt8], _ isWanted: (String) -> Bool) -> Result<ParsedRecord, Failure> {
    bytes.withUnsafeBytes { bytes in
      var reader = JSONReader(bytes, name: "", positions: .offset(0), repairsSurrogates: true)
      var record = ParsedRecord()
      do {
        guard reader.peek() == UInt8(ascii: "{") else {
          try reader.skip()
          try reader.end()
          return .failure(Failure(reason: .notAnObject))
        }
        try reader.object { reader, key in
          if isWanted(key) {
            record.object[key] = try reader.value()
          } else {
            try reader.skip()
          }
        }
        try reader.end()
      } catch {
        return .failure(Failure(reason: reader.isNestedTooDeep ? .nestedTooDeep : .notJSON))
      }
      record.wasRepaired = reader.repairedSurrogates > 0
      return .success(record)
    }
  }
}
