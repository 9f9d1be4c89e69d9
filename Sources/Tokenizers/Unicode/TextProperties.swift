/// Properties of scalars and normalised forms of text, for other targets that work on UTF-8 bytes.
package enum TextProperties {
  /// Whether a scalar is a letter of any script.
  package static func isLetter(_ scalar: UInt32) -> Bool { UnicodeProperties.shared.category(scalar).isLetter }

  /// Whether a scalar is a letter or a number of any script.
  package static func isLetterOrNumber(_ scalar: UInt32) -> Bool {
    let category = UnicodeProperties.shared.category(scalar)
    return category.isLetter || category.isNumber
  }

  /// The small form of a letter where it is one scalar; else the scalar itself.
  package static func lowercase(_ scalar: UInt32) -> UInt32 {
    guard let mapped = ScalarMapping.lowerCase(scalar), mapped.count == 1, let first = mapped.first else {
      return scalar
    }
    return first
  }
}

/// A form of text by the Unicode standard.
package enum TextForm: String, Sendable, CaseIterable {
  case nfc = "NFC"
  case nfkc = "NFKC"

  /// The text in this form, or nil where it is in it already.
  ///
  /// Complexity: O(bytes), plus sorting of runs of combining marks.
  package func normalized(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    let normalizer = self == .nfc ? TextForm.nfcNormalizer : TextForm.nfkcNormalizer
    var result: [UInt8]?
    normalizer.normalize(TextSlice(bytes, tracksSources: false)) { text in
      if text.bytes.baseAddress != bytes.baseAddress { result = [UInt8](text.bytes) }
    }
    return result
  }

  private static let nfcNormalizer = FormNormalizer(.nfc)
  private static let nfkcNormalizer = FormNormalizer(.nfkc)
}
