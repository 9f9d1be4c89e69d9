import Core

/// Decides for each document, by its content and the seed, whether it is for validation.
///
/// Equal documents go to the same side, so that no text of the validation set was also trained on.
struct SplitChooser {
  private let key: RandomKey
  private let fraction: Double
  private var seen: Int?
  private var trainDocuments = 0
  private var validationDocuments = 0
  private var lowest: (score: Double, hash: UInt64)?
  private var highest: (score: Double, hash: UInt64)?
  private var forced: (hash: UInt64, isValidation: Bool)?

  init(seed: UInt64, fraction: Double) {
    key = RandomKey(seed: seed).named("validation split")
    self.fraction = fraction
  }

  mutating func isValidation(_ part: DocumentPart) -> Bool {
    let words = key.block(part.contentHash)
    let score = Double((UInt64(words.x) | UInt64(words.y) << 32) >> 11) * 0x1p-53
    var result = score < fraction
    if let forced, forced.hash == part.contentHash { result = forced.isValidation }
    if seen != part.ordinal {
      seen = part.ordinal
      if result { validationDocuments += 1 } else { trainDocuments += 1 }
      if lowest.map({ score < $0.score }) ?? true { lowest = (score, part.contentHash) }
      if highest.map({ score > $0.score }) ?? true { highest = (score, part.contentHash) }
    }
    return result
  }

  /// Whether one side got nothing though both could have something.
  var mustForce: Bool {
    guard forced == nil, fraction > 0, let lowest, let highest, lowest.hash != highest.hash else { return false }
    return trainDocuments == 0 || validationDocuments == 0
  }

  /// From now on the document nearest to the limit goes to the side that had nothing.
  mutating func force() {
    if validationDocuments == 0, let lowest {
      forced = (lowest.hash, true)
    } else if let highest {
      forced = (highest.hash, false)
    }
    seen = nil
    trainDocuments = 0
    validationDocuments = 0
  }
}
