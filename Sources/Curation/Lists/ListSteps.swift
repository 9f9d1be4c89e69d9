import Documents

/// Drops documents from listed addresses and documents that contain listed phrases.
public struct BlockList: DocumentStep {
  /// The name of the step in recipes and reports.
  public static let name = "block_list"

  /// The addresses that are blocked; nil: none.
  public var addresses: AddressMatcher?
  /// The phrases that are blocked; nil: none.
  public var phrases: PhraseMatcher?
  /// How many different phrases a document must contain to be dropped.
  public var minimumPhrases = 1

  /// Blocks addresses, phrases or both.
  public init(addresses: AddressMatcher? = nil, phrases: PhraseMatcher? = nil, minimumPhrases: Int = 1) {
    self.addresses = addresses
    self.phrases = phrases
    self.minimumPhrases = minimumPhrases
  }

  /// Applies the step to a document.
  public func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    if let addresses, let url = document.provenance.url, addresses.contains(url) {
      return .drop(reason: "blocked address")
    }
    if let phrases, phrases.finds(minimumPhrases, in: document.text) { return .drop(reason: "blocked phrase") }
    return .keep
  }
}

/// Keeps only documents from listed addresses, or only those that contain listed phrases.
public struct AllowList: DocumentStep {
  /// The name of the step in recipes and reports.
  public static let name = "allow_list"

  /// The addresses that are allowed; nil: any. With a list, documents without an address are dropped.
  public var addresses: AddressMatcher?
  /// The phrases of which a document must contain some; nil: none.
  public var phrases: PhraseMatcher?
  /// How many different phrases a document must contain to be kept.
  public var minimumPhrases = 1

  /// Allows addresses, phrases, or what has both.
  public init(addresses: AddressMatcher? = nil, phrases: PhraseMatcher? = nil, minimumPhrases: Int = 1) {
    self.addresses = addresses
    self.phrases = phrases
    self.minimumPhrases = minimumPhrases
  }

  /// Applies the step to a document.
  public func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    if let addresses {
      guard let url = document.provenance.url else { return .drop(reason: "no address") }
      if !addresses.contains(url) { return .drop(reason: "address not allowed") }
    }
    if let phrases, !phrases.finds(minimumPhrases, in: document.text) { return .drop(reason: "no allowed phrase") }
    return .keep
  }
}

extension PhraseMatcher {
  /// Whether a text contains at least `minimum` different phrases.
  func finds(_ minimum: Int, in text: String) -> Bool {
    if minimum <= 0 { return true }
    var text = text
    return text.withUTF8 { bytes in
      var found: Set<Int> = []
      var isEnough = false
      forEachMatch(bytes, 0..<bytes.count) { match in
        found.insert(match.phrase)
        isEnough = found.count >= minimum
        return !isEnough
      }
      return isEnough
    }
  }
}
