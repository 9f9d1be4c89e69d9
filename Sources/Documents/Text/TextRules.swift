import Core

/// What becomes of texts that are broken, blank or long.
public struct TextRules: Sendable, Equatable {
  /// What becomes of a text with broken UTF-8.
  public enum BrokenUTF8: String, Sendable, CaseIterable {
    /// Each broken sequence becomes U+FFFD, and the document gets the attribute `repaired_utf8`.
    case repair
    /// The text is left out.
    case drop
  }

  /// What becomes of broken UTF-8 and of halves of surrogate pairs.
  public var brokenUTF8: BrokenUTF8
  /// Records with more bytes are left out; whole files with more are read in parts that are looked at one by one.
  public var longest: Int
  /// Texts with more bytes become several documents, all but the last of which go on in the next.
  public var partSize: Int

  /// Rules; sizes below 16 bytes count as 16.
  public init(brokenUTF8: BrokenUTF8 = .repair, longest: Int = 64 << 20, partSize: Int = 4 << 20) {
    self.brokenUTF8 = brokenUTF8
    self.longest = max(1, longest)
    self.partSize = max(16, partSize)
  }

  /// The documents of a text that is not yet looked at.
  package func extraction(
    of bytes: some Collection<UInt8>, _ provenance: Provenance, attributes: [String: JSONValue] = [:],
    isPart: Bool = false, continues: Bool = false
  ) -> Extraction {
    let valid = String(validating: bytes, as: UTF8.self)
    return extraction(
      of: valid ?? String(decoding: bytes, as: UTF8.self), wasRepaired: valid == nil, provenance,
      attributes: attributes, isPart: isPart, continues: continues)
  }

  /// The documents of a text that is valid UTF-8, perhaps by a repair.
  package func extraction(
    of text: String, wasRepaired: Bool, _ provenance: Provenance, attributes: [String: JSONValue] = [:],
    isPart: Bool = false, continues: Bool = false
  ) -> Extraction {
    if let reason = fault(of: text, wasRepaired: wasRepaired, canBeBlank: isPart) {
      return Extraction(skips: [Skip(reason, provenance, sample: text.utf8)])
    }
    var attributes = attributes
    if wasRepaired { attributes[Self.repairedAttribute] = .bool(true) }
    if text.utf8.count <= partSize {
      return Extraction(documents: [
        Document(text: text, provenance: provenance, attributes: attributes, continues: continues)
      ])
    }
    var documents: [Document] = []
    var text = text
    text.withUTF8 { bytes in
      var start = 0
      while start < bytes.count {
        let end = textCut(bytes, from: start, size: partSize)
        var part = provenance
        if start > 0 { part.place += ", part \(documents.count + 1)" }
        documents.append(
          Document(
            text: String(decoding: bytes[start..<end], as: UTF8.self), provenance: part, attributes: attributes,
            continues: continues || end < bytes.count))
        start = end
      }
    }
    return Extraction(documents: documents)
  }

  /// Why a text is not fit to be a document, if so.
  package func fault(of text: String, wasRepaired: Bool, canBeBlank: Bool = false) -> SkipReason? {
    if text.utf8.containsNUL { return .nulBytes }
    if !canBeBlank, text.utf8.allSatisfy(isWhiteSpace) { return .empty }
    return wasRepaired && brokenUTF8 == .drop ? .brokenUTF8 : nil
  }

  /// The attribute of documents whose UTF-8 was repaired.
  public static let repairedAttribute = "repaired_utf8"
}

/// Whether a byte is white space of ASCII.
@inline(__always)
package func isWhiteSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte >= 0x09 && byte <= 0x0D }

/// A text without the white space and control characters around it.
func trimmingSpace(_ text: some StringProtocol) -> String {
  let bytes = Array(text.utf8)
  guard let first = bytes.firstIndex(where: { $0 > 0x20 }), let last = bytes.lastIndex(where: { $0 > 0x20 }) else {
    return ""
  }
  return String(decoding: bytes[first...last], as: UTF8.self)
}

extension Collection<UInt8> {
  /// Whether there is a NUL byte.
  package var containsNUL: Bool {
    withContiguousStorageIfAvailable { $0.firstPlace(of: 0) != nil } ?? contains(0)
  }
}
