/// Finds pairs of texts that are no translations of one another.
public struct ParallelQuality: Sendable, Equatable {
  /// What is wrong with a pair.
  public enum Fault: String, Sendable, CaseIterable {
    /// A side with nothing but white space.
    case emptySide = "empty_side"
    /// The same text on both sides.
    case sameText = "same_text"
    /// One side is much longer than the other.
    case lengthRatio = "length_ratio"
  }

  /// How many times longer a side may be than the other; 0 to allow any.
  public var longestRatio: Double
  /// Sides that are both shorter are not compared by length.
  public var shortest: Int
  /// Whether pairs with the same text on both sides are at fault.
  public var refusesSameText: Bool

  /// Rules for pairs.
  public init(longestRatio: Double = 3, shortest: Int = 20, refusesSameText: Bool = true) {
    self.longestRatio = longestRatio
    self.shortest = shortest
    self.refusesSameText = refusesSameText
  }

  /// What is wrong with a pair, nil if nothing is.
  public func fault(_ source: String, _ target: String) -> Fault? {
    let source = Self.trimmed(source)
    let target = Self.trimmed(target)
    if source.isEmpty || target.isEmpty { return .emptySide }
    if refusesSameText, source.elementsEqual(target) { return .sameText }
    if longestRatio > 0 {
      let lengths = [Self.length(of: source), Self.length(of: target)].sorted()
      if lengths[1] >= shortest, Double(lengths[1]) > longestRatio * Double(lengths[0]) { return .lengthRatio }
    }
    return nil
  }

  private static func trimmed(_ text: String) -> Substring.UTF8View {
    var view = text[...].utf8
    while let first = view.first, isWhiteSpace(first) { view.removeFirst() }
    while let last = view.last, isWhiteSpace(last) { view.removeLast() }
    return view
  }

  /// The length in letters; a character of East Asia stands for about two and a half.
  static func length(of text: Substring.UTF8View) -> Int {
    var halves = 0
    for byte in text {
      // The first byte of a character says enough: from U+2000 on (E2) most are of East Asia from E3 on.
      if byte < 0x80 || byte >= 0xC0 && byte < 0xE3 { halves += 2 } else if byte >= 0xE3 { halves += 5 }
    }
    return halves / 2
  }
}
