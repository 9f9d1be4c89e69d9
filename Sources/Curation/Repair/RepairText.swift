import Documents
import Tokenizers

/// Repairs text that was decoded wrongly, takes out what nobody sees, and writes the rest in one form.
///
/// Every setting can be switched off by itself. Done in this order: lines that were decoded wrongly, characters one by one,
/// blank lines, the normal form.
public struct RepairText: DocumentStep {
  /// The name of the step in recipes and reports.
  public static let name = "repair_text"

  /// Normal forms of the Unicode standard.
  public enum Form: String, Sendable, CaseIterable {
    /// Text stays as it is composed.
    case none
    /// Letters and marks that have a composed form are composed: nothing that can be seen changes.
    case nfc
    /// Composed, and variants that only look different become the plain character: ligatures, full-width and raised ones.
    case nfkc
  }

  /// Which characters as wide as a Chinese one become narrow.
  public enum FullWidth: String, Sendable, CaseIterable {
    /// None.
    case keep
    /// Letters and digits: punctuation in Chinese text is meant to be wide.
    case lettersAndDigits = "letters-and-digits"
    /// All that ASCII has.
    case all
  }

  /// Whether UTF-8 that was read as Latin-1 or Windows-1252 is repaired.
  public var repairsMojibake = true
  /// Whether control characters and characters that are none are taken out.
  public var removesControls = true
  /// Whether zero-width spaces, marks of byte order, soft hyphens and joiners that join nothing are taken out.
  public var removesInvisible = true
  /// Whether controls of the direction of writing are taken out.
  public var removesBidirectionalControls = true
  /// Whether non-breaking and other unusual spaces become plain ones.
  public var plainSpaces = true
  /// Whether all ends of lines become line feeds and spaces before them go.
  public var plainLineEnds = true
  /// Which wide characters become narrow.
  public var fullWidth = FullWidth.keep
  /// How many blank lines may follow each other; nil: any number. None stay at the beginning and the end.
  public var maximumBlankLines: Int? = 1
  /// The normal form.
  public var form = Form.nfc
  /// The greatest fraction of U+FFFD, which stands for what could not be decoded, in a document that stays.
  public var maximumUndecodable: Double? = 0.01

  /// The step with its usual settings.
  public init() {}

  /// Repairs the text of a document; drops it if too much of it could not be decoded.
  public func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    var text = document.text
    var counts = RepairCounts()
    var characters = 0
    let changed = text.withUTF8 { bytes -> [UInt8]? in
      var current = repairsMojibake ? mojibakeRepaired(bytes, &counts) : nil
      func next(_ change: (UnsafeBufferPointer<UInt8>) -> [UInt8]?) {
        let changed = current.map { $0.withUnsafeBufferPointer(change) } ?? change(bytes)
        if let changed { current = changed }
      }
      next { bytes in
        characters = scalarCount(bytes, 0..<bytes.count)
        var repair = CharacterRepair(self, bytes, counts)
        defer { counts = repair.counts }
        return repair.run()
      }
      next { repairLines($0, self, &counts) }
      if form != .none {
        next { bytes in
          let normal = (form == .nfc ? TextForm.nfc : .nfkc).normalized(bytes)
          if normal != nil { counts.normalised += 1 }
          return normal
        }
      }
      return current
    }
    counts.add(to: &counters)
    if let limit = maximumUndecodable, Double(counts.undecodable) / Double(max(1, characters)) > limit {
      return .drop(reason: "undecodable characters")
    }
    if let changed { document.text = String(decoding: changed, as: UTF8.self) }
    return .keep
  }

  /// The text with its lines repaired; nil where none needed it.
  private func mojibakeRepaired(_ bytes: UnsafeBufferPointer<UInt8>, _ counts: inout RepairCounts) -> [UInt8]? {
    guard Mojibake.isPossible(bytes, 0..<bytes.count) else { return nil }
    var result: [UInt8] = []
    var copied = 0
    lines(bytes) { line in
      guard let repaired = Mojibake.repaired(bytes, line) else { return }
      counts.decodedLines += 1
      result.append(contentsOf: bytes[copied..<line.lowerBound])
      result += repaired
      copied = line.upperBound
    }
    if copied == 0 { return nil }
    result.append(contentsOf: bytes[copied...])
    return result
  }
}
