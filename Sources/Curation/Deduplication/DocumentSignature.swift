/// What is kept of a document to compare it with others: 16 bytes for its exact text, a byte for each permutation.
public struct DocumentSignature: Sendable, Equatable {
  /// The hash of the folded text.
  public var exact: ExactHash
  /// How many n-grams the text has, repeated ones included; 0 for a text without words.
  public var nGrams: UInt32
  /// A byte of each minimum; empty where only equal texts are looked for.
  public var values: [UInt8]

  /// A signature.
  public init(exact: ExactHash, nGrams: UInt32, values: [UInt8]) {
    self.exact = exact
    self.nGrams = nGrams
    self.values = values
  }

  /// The estimated Jaccard similarity of the n-grams of two documents.
  public func similarity(to other: DocumentSignature) -> Double {
    if exact == other.exact { return 1 }
    guard nGrams > 0, other.nGrams > 0, !values.isEmpty, values.count == other.values.count else { return 0 }
    return values.withUnsafeBufferPointer { a in
      other.values.withUnsafeBufferPointer { b in
        guard let first = a.baseAddress, let second = b.baseAddress else { return 0 }
        return Self.similarity(equal: Self.countEqual(first, second, a.count), of: a.count)
      }
    }
  }

  /// The similarity that so many equal values stand for: two that have nothing in common agree on one byte in 256.
  static func similarity(equal: Int, of count: Int) -> Double {
    max(0, (Double(equal) / Double(count) - 1 / 256) / (1 - 1 / 256))
  }

  /// How many values are equal.
  @inline(__always)
  static func countEqual(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ count: Int) -> Int {
    var equal = 0
    for index in 0..<count { equal &+= a[index] == b[index] ? 1 : 0 }
    return equal
  }
}

/// Makes signatures of documents: the same text and settings give the same signature, on any machine.
///
/// A signature is a similarity sketch: each n-gram falls into one bin by its hash, and the least hash of a bin is its
/// value; bins that stay empty are filled by further rounds with other hashes. Each value is equal in two documents
/// with the probability of their Jaccard similarity, as with one permutation each, for a fraction of the hashes.
///
/// Source: Dahlgaard, Knudsen, Thorup, "Fast similarity sketching", FOCS 2017; Li and König, "b-bit minwise hashing".
public struct DocumentSigner: Sendable {
  /// The settings.
  public let settings: DuplicateSettings
  private let folder: TextFolder
  private let shingler: Shingler
  private let marks: [UInt64]

  /// Longer texts are not folded: that and the hashes take up to twelve times the memory of a text.
  package var largestText = 1 << 28

  /// A signer.
  ///
  /// Throws: `MartletError` with code `invalidArgument` if the settings make no sense.
  public init(_ settings: DuplicateSettings = DuplicateSettings()) throws {
    self.settings = try settings.validated()
    folder = TextFolder(settings.folding)
    shingler = Shingler(words: settings.wordNGram, characters: settings.characterNGram)
    marks = (0..<2 * settings.permutations).map(TokenHash.mark)
  }

  /// The signature of a text. One of more than 256 MiB is compared for equality only, byte by byte.
  ///
  /// Complexity: O(bytes + permutations log permutations).
  public func signature(of text: String) -> DocumentSignature {
    var text = text
    return text.withUTF8 { signature(of: $0) }
  }

  /// The signature of a text in UTF-8.
  public func signature(of text: UnsafeBufferPointer<UInt8>) -> DocumentSignature {
    if text.count > largestText {
      return DocumentSignature(
        exact: exact(text, of: text), nGrams: 0,
        values: [UInt8](repeating: 0, count: settings.isExact ? 0 : settings.permutations))
    }
    if settings.isExact {
      return DocumentSignature(exact: folder.withBytes(of: text) { exact($0, of: text) }, nGrams: 0, values: [])
    }
    return folder.withTokens(of: text) { folded in
      let exact =
        settings.folding.contains(.whiteSpace)
        ? exact(UnsafeBufferPointer(start: folded.bytes, count: folded.count), of: text)
        : folder.withBytes(of: text) { self.exact($0, of: text) }
      return shingler.withShingles(of: folded) { shingles in
        let values = [UInt8](unsafeUninitializedCapacity: shingles.isEmpty ? 0 : settings.permutations) {
          values, count in
          count = values.count == 0 ? 0 : settings.permutations
          if count > 0 { sketch(shingles, into: values) }
        }
        return DocumentSignature(
          exact: exact, nGrams: UInt32(clamping: shingles.count),
          values: shingles.isEmpty ? [UInt8](repeating: 0, count: settings.permutations) : values)
      }
    }
  }

  /// The Jaccard similarity of the sets of n-grams of two texts, computed from the sets.
  ///
  /// Complexity: O(bytes of both).
  public func jaccard(_ a: String, _ b: String) -> Double {
    func shingles(_ text: String) -> Set<UInt64> {
      var text = text
      return text.withUTF8 { folder.withTokens(of: $0) { shingler.withShingles(of: $0) { Set($0) } } }
    }
    let (first, second) = (shingles(a), shingles(b))
    let shared = first.intersection(second).count
    let all = first.count + second.count - shared
    return all == 0 ? (a == b ? 1 : 0) : Double(shared) / Double(all)
  }

  /// The hash of a folded text. One of which folding leaves nothing is hashed as it is: "!!" is not "??".
  private func exact(_ folded: UnsafeBufferPointer<UInt8>, of text: UnsafeBufferPointer<UInt8>) -> ExactHash {
    let bytes = folded.isEmpty ? text : folded
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return ExactHash(low: 0, high: 0) }
    return TokenHash.exact(start, bytes.count)
  }

  /// Fills the values of a signature.
  private func sketch(_ shingles: UnsafeBufferPointer<UInt64>, into values: UnsafeMutableBufferPointer<UInt8>) {
    let bins = settings.permutations
    guard let elements = shingles.baseAddress, let target = values.baseAddress else { return }
    let count = shingles.count
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: bins) { minima in
      guard let minima = minima.baseAddress else { return }
      minima.initialize(repeating: .max, count: bins)
      var empty = bins
      // A value holds its round above its hash, so that a bin that is filled never changes in a later round.
      @inline(__always) func put(_ bin: Int, _ hash: UInt64, _ round: UInt64) {
        let value = hash & 0xFFFF_FFFF | round
        let old = minima[bin]
        if value < old {
          minima[bin] = value
          if old == .max { empty &-= 1 }
        }
      }
      let scale = UInt64(truncatingIfNeeded: bins)
      @inline(__always) func bin(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: ((hash &>> 32) &* scale) &>> 32)
      }
      for index in 0..<count { put(bin(elements[index]), elements[index], 0) }
      var round = 1
      while empty > 0, round < 2 * bins {
        let mark = marks[round]
        let high = UInt64(truncatingIfNeeded: round) &<< 32
        if round < bins {
          for index in 0..<count {
            let hash = TokenHash.mix(elements[index], round: mark)
            put(bin(hash), hash, high)
          }
        } else if minima[round - bins] == .max {
          // The last rounds fill one bin each, so that none stays empty.
          for index in 0..<count { put(round - bins, TokenHash.mix(elements[index], round: mark), high) }
        }
        round += 1
      }
      for number in 0..<bins { target[number] = UInt8(truncatingIfNeeded: TokenHash.mix(minima[number], 3) &>> 56) }
    }
  }
}
