import Core
import Documents

/// Kinds of personal data.
public enum PersonalDataKind: String, Sendable, CaseIterable {
  /// E-mail addresses, also with `[at]`.
  case email
  /// Telephone numbers: international, Chinese, North American, and others with their leading zero.
  case phone
  /// Chinese identity numbers.
  case chineseIdentity = "chinese-identity"
  /// US social security numbers.
  case socialSecurity = "social-security"
  /// Numbers of payment cards.
  case card
  /// International bank account numbers.
  case iban
  /// Addresses of the internet, version 4.
  case ipv4
  /// Addresses of the internet, version 6.
  case ipv6
  /// Addresses of network cards.
  case mac

  /// What stands in place of such data.
  public var placeholder: String {
    switch self {
    case .email: "EMAIL"
    case .phone: "PHONE"
    case .chineseIdentity, .socialSecurity: "ID"
    case .card: "CARD"
    case .iban: "IBAN"
    case .ipv4, .ipv6: "IP"
    case .mac: "MAC"
    }
  }
}

/// Replaces personal data, or drops documents that have too much of it.
///
/// Numbers with check digits are only taken where these fit; for others the way they are written and the words before them
/// decide. Digits as wide as Chinese characters are not read: `RepairText` can narrow them before.
public struct ScrubPersonalData: DocumentStep {
  /// The name of the step in recipes and reports.
  public static let name = "scrub_personal_data"

  /// What takes the place of personal data.
  public enum Replacement: String, Sendable, CaseIterable {
    /// The kind: `<EMAIL>`.
    case placeholder
    /// The kind and a name that is the same for the same data: `<EMAIL-3F09AC72>`. The key keeps it from being guessed.
    case pseudonym
    /// Nothing.
    case nothing
  }

  /// The kinds that are looked for.
  public var kinds = Set(PersonalDataKind.allCases)
  /// What takes the place of personal data.
  public var replacement = Replacement.placeholder
  /// A secret from which pseudonyms are made; the same key gives the same names in all data.
  public var key = ""
  /// Documents with more findings than this are dropped; nil: none.
  public var maximumFindings: Int?
  /// Whether addresses stay that belong to nobody: private networks, this computer, examples.
  public var keepsReservedAddresses = true

  /// The step with its usual settings.
  public init() {}

  /// Replaces the personal data of a document, or drops it.
  public func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    var text = document.text
    var isDropped = false
    let scrubbed = text.withUTF8 { bytes -> [UInt8]? in
      let findings = PersonalDataScanner.findings(in: bytes, kinds: kinds, keepsReserved: keepsReservedAddresses)
      if let maximumFindings, findings.count > maximumFindings {
        isDropped = true
        return nil
      }
      if findings.isEmpty { return nil }
      var result: [UInt8] = []
      result.reserveCapacity(bytes.count)
      var copied = 0
      for finding in findings {
        counters[finding.kind.rawValue, default: 0] += 1
        result.append(contentsOf: bytes[copied..<finding.range.lowerBound])
        result.append(contentsOf: substitute(for: finding, in: bytes).utf8)
        copied = finding.range.upperBound
      }
      result.append(contentsOf: bytes[copied...])
      return result
    }
    if isDropped { return .drop(reason: "too much personal data") }
    if let scrubbed { document.text = String(decoding: scrubbed, as: UTF8.self) }
    return .keep
  }

  private func substitute(for finding: PersonalDataScanner.Finding, in bytes: UnsafeBufferPointer<UInt8>) -> String {
    switch replacement {
    case .nothing: return ""
    case .placeholder: return "<\(finding.kind.placeholder)>"
    case .pseudonym:
      // Written with other separators or letters it is still the same.
      var hash = SHA256()
      let content = Array(key.utf8) + [0] + Array(finding.kind.rawValue.utf8) + [0]
      let value = bytes[finding.range].compactMap { byte -> UInt8? in
        if byte &- 0x41 < 26 { return byte | 0x20 }
        if finding.kind == .email || finding.kind == .ipv6 || finding.kind == .ipv4 { return byte }
        return isDigit(byte) || isASCIILetter(byte) ? byte : nil
      }
      (content + value).withUnsafeBytes { hash.update($0) }
      return "<\(finding.kind.placeholder)-\(hash.finish().hex.prefix(8).uppercased())>"
    }
  }
}

extension ScrubPersonalData {
  /// What is found in a text, and where, for measurements.
  package func findings(in text: String) -> [(kind: PersonalDataKind, range: Range<Int>)] {
    var text = text
    return text.withUTF8 { bytes in
      PersonalDataScanner.findings(in: bytes, kinds: kinds, keepsReserved: keepsReservedAddresses).map {
        ($0.kind, $0.range)
      }
    }
  }
}
