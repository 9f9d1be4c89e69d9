import Core

/// What becomes of the matches that a text is split at.
enum SplitBehavior: String, Sendable, CaseIterable {
  /// They are left out.
  case removed = "Removed"
  /// Each is a piece.
  case isolated = "Isolated"
  /// Each goes to the piece before it.
  case mergedWithPrevious = "MergedWithPrevious"
  /// Each goes to the piece after it.
  case mergedWithNext = "MergedWithNext"
  /// Neighbours are one piece.
  case contiguous = "Contiguous"

  /// Reads the behaviour under `key`.
  init(_ part: JSONFields, _ key: String, default fallback: SplitBehavior? = nil) throws {
    let name = try part.string(key, choices: SplitBehavior.allCases.map(\.rawValue), default: fallback?.rawValue)
    self = SplitBehavior(rawValue: name) ?? .isolated
  }

  /// Splits a text at matches.
  ///
  /// - Parameter isInverted: the matches are what stays and what is between them is what the text is split at.
  func split(
    _ text: TextSlice, at pattern: some MatchFinder, isInverted: Bool = false, _ body: (TextSlice) -> Void
  ) {
    func emit(_ range: Range<Int>) {
      if !range.isEmpty { body(text[range]) }
    }
    var splitter = Splitter(self)
    var done = 0
    pattern.forEachMatch(in: text.bytes) { match in
      if done < match.lowerBound { splitter.add(done..<match.lowerBound, isMatch: isInverted, emit) }
      splitter.add(match, isMatch: !isInverted, emit)
      done = match.upperBound
    }
    if done < text.count { splitter.add(done..<text.count, isMatch: isInverted, emit) }
    splitter.finish(emit)
  }
}

/// What finds places in text.
protocol MatchFinder {
  /// Calls `body` with every match in order.
  func forEachMatch(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void)
}

/// Finds single scalars.
struct ScalarFinder: MatchFinder {
  let isMatch: (UInt32) -> Bool

  func forEachMatch(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    guard let base = text.baseAddress else { return }
    var position = 0
    while position < text.count {
      let scalar = decodeScalar(base, at: position, end: text.count)
      if isMatch(scalar.value) { body(position..<position + scalar.length) }
      position += scalar.length
    }
  }
}

/// Puts matches and what is between them together to pieces.
private struct Splitter {
  let behavior: SplitBehavior
  private var pending: Range<Int>?
  private var previousIsMatch = false

  init(_ behavior: SplitBehavior) { self.behavior = behavior }

  mutating func add(_ range: Range<Int>, isMatch: Bool, _ emit: (Range<Int>) -> Void) {
    switch behavior {
    case .removed: if !isMatch { emit(range) }
    case .isolated: emit(range)
    case .contiguous: join(range, isMatch == previousIsMatch, emit)
    case .mergedWithPrevious: join(range, isMatch && !previousIsMatch, emit)
    case .mergedWithNext: join(range, previousIsMatch && !isMatch, emit)
    }
    previousIsMatch = isMatch
  }

  private mutating func join(_ range: Range<Int>, _ goesOn: Bool, _ emit: (Range<Int>) -> Void) {
    if goesOn, let before = pending {
      pending = before.lowerBound..<range.upperBound
    } else {
      finish(emit)
      pending = range
    }
  }

  mutating func finish(_ emit: (Range<Int>) -> Void) {
    if let range = pending { emit(range) }
    pending = nil
  }
}
