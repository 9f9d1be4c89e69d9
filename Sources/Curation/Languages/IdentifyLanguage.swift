import CCLD2
import Core
import Documents

/// Identifies the language of a document and keeps or drops it by that.
///
/// The attributes `language` (by ISO 639; `zh` is simplified and `zh-Hant` traditional Chinese, `un` unknown) and
/// `language_confidence` (from 0 to 1) are set. CLD2 judges the text piece by piece, so that a long text is what most of it
/// is, and the confidence is the share of the text that is in that language.
public struct IdentifyLanguage: DocumentStep {
  /// The name of the step in recipes and reports.
  public static let name = "identify_language"

  /// What happens to a document whose language is not known, such as one that is too short.
  public enum UnknownPolicy: String, Sendable, CaseIterable {
    /// It stays.
    case keep
    /// It is dropped.
    case drop
  }

  /// The languages to keep; none: all. `zh` stands for `zh-Hant` too, unless that is listed by itself.
  public var kept: Set<String> = []
  /// The languages to drop.
  public var dropped: Set<String> = []
  /// The least confidence that a language needs to count as known.
  public var minimumConfidence = 0.65
  /// The least confidence that some languages need instead.
  public var minimumConfidences: [String: Double] = [:]
  /// Shorter texts, in bytes without white space, are of unknown language.
  public var minimumLength = 24
  /// What happens to documents of unknown language.
  public var unknown = UnknownPolicy.keep
  /// At most so many bytes are looked at, in pieces from all over the text.
  public var maximumLength = 1 << 14

  /// The step, keeping only some languages.
  public init(keeping kept: Set<String> = [], dropping dropped: Set<String> = []) {
    self.kept = kept
    self.dropped = dropped
  }

  /// How long a piece is that CLD2 judges.
  private static let pieceLength = 4096

  /// Identifies the language and decides.
  public func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    let found = document.text.withUTF8 { identify($0) }
    document.attributes["language"] = .string(found.language)
    document.attributes["language_confidence"] = .double((found.confidence * 1000).rounded() / 1000)
    let isKnown =
      found.language != "un" && found.confidence >= minimumConfidences[found.language] ?? minimumConfidence
    guard isKnown else {
      counters["language unknown", default: 0] += 1
      if found.language != "un" { document.attributes["language"] = .string("un") }
      return unknown == .drop ? .drop(reason: "language unknown") : .keep
    }
    counters["language \(found.language)", default: 0] += 1
    if dropped.contains(found.language) || !(kept.isEmpty || isKept(found.language)) {
      return .drop(reason: "language \(found.language)")
    }
    return .keep
  }

  private func isKept(_ language: String) -> Bool {
    kept.contains(language) || (language == "zh-Hant" && kept.contains("zh"))
  }

  private func identify(_ bytes: UnsafeBufferPointer<UInt8>) -> (language: String, confidence: Double) {
    let solid = bytes.count { $0 > 0x20 }
    guard solid >= minimumLength else { return ("un", 0) }
    // Whole pieces of the text that lie evenly over it, where it is too long to be looked at as a whole.
    let pieces = max(1, maximumLength / IdentifyLanguage.pieceLength)
    let stride = max(IdentifyLanguage.pieceLength, bytes.count / pieces)
    var shares: [(language: UnsafePointer<CChar>, bytes: Double)] = []
    var all = 0.0
    var start = 0
    while start < bytes.count {
      start = boundary(bytes, start)
      let end = boundary(bytes, min(bytes.count, start + IdentifyLanguage.pieceLength))
      let piece = bytes.slice(start..<end)
      let weight = Double(piece.count { $0 > 0x20 })
      if weight > 0 {
        all += weight
        judge(piece) { language, share in
          if let index = shares.firstIndex(where: { $0.language == language }) {
            shares[index].bytes += share * weight
          } else {
            shares.append((language, share * weight))
          }
        }
      }
      start = max(end, start + stride)
    }
    let best = shares.max { left, right in
      left.bytes != right.bytes
        ? left.bytes < right.bytes : String(cString: left.language) > String(cString: right.language)
    }
    guard let best, all > 0 else { return ("un", 0) }
    return (String(cString: best.language), min(1, best.bytes / all))
  }

  /// Calls `add` with the languages of a piece and their shares; nothing where CLD2 is not sure.
  private func judge(_ piece: UnsafeBufferPointer<UInt8>, _ add: (UnsafePointer<CChar>, Double) -> Void) {
    var languages = (CCLD2Language(), CCLD2Language(), CCLD2Language())
    piece.withMemoryRebound(to: CChar.self) { text in
      withUnsafeMutableBytes(of: &languages) { raw in
        let list = raw.bindMemory(to: CCLD2Language.self)
        guard let base = text.baseAddress,
          ccld2_detect(base, Int32(text.count), true, list.baseAddress)
        else { return }
        for found in list where found.percent > 0 {
          guard let code = found.code, !(code[0] == 0x75 && code[1] == 0x6E && code[2] == 0) else { continue }
          add(code, Double(found.percent) / 100)
        }
      }
    }
  }

  /// The first beginning of a scalar at or behind a place, and better the place behind a space nearby.
  private func boundary(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int {
    guard place > 0, place < bytes.count else { return place }
    for near in place..<min(bytes.count, place + 64) where bytes[near] <= 0x20 { return near }
    var place = place
    while place < bytes.count, bytes[place] & 0xC0 == 0x80 { place += 1 }
    return place
  }
}
