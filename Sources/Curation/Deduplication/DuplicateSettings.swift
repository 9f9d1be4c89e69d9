import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What counts as a duplicate, and how it is looked for.
public struct DuplicateSettings: Sendable, Equatable {
  /// How similar documents must be: the Jaccard similarity of their sets of n-grams. At 1 only equal texts count.
  public var threshold: Double
  /// How many values a signature has: the standard error of an estimated similarity s is at most sqrt(s (1 - s) / n).
  public var permutations: Int
  /// The words of an n-gram in scripts with spaces.
  public var wordNGram: Int
  /// The characters of an n-gram in scripts without: Chinese, Japanese, Thai, Lao, Khmer, Tibetan, Burmese.
  public var characterNGram: Int
  /// What is not looked at.
  public var folding: TextFolding
  /// How much a missed pair costs against a needless comparison when bands are chosen, from 0 to 1. Half weighs both
  /// alike, as other programs do; comparisons are cheap here, and a pair that is no duplicate is found out by them.
  public var missWeight: Double

  /// The settings, by default for documents of at least a paragraph.
  public init(
    threshold: Double = 0.8, permutations: Int = 128, wordNGram: Int = 5, characterNGram: Int = 8,
    folding: TextFolding = .all, missWeight: Double = 0.9
  ) {
    self.threshold = threshold
    self.permutations = permutations
    self.wordNGram = wordNGram
    self.characterNGram = characterNGram
    self.folding = folding
    self.missWeight = missWeight
  }

  /// Whether only equal texts count.
  public var isExact: Bool { threshold >= 1 }

  /// The settings if they make sense.
  ///
  /// Throws: `MartletError` with code `invalidArgument` that names the value.
  public func validated() throws -> DuplicateSettings {
    func check(_ holds: Bool, _ name: String, _ range: String) throws {
      if !holds { throw MartletError(.invalidArgument, "`\(name)` must be \(range)") }
    }
    try check(threshold > 0 && threshold <= 1, "threshold", "above 0 and at most 1")
    try check((8...1024).contains(permutations), "permutations", "from 8 to 1024")
    try check((1...32).contains(wordNGram), "word n-gram size", "from 1 to 32")
    try check((1...32).contains(characterNGram), "character n-gram size", "from 1 to 32")
    try check(missWeight >= 0 && missWeight <= 1, "miss weight", "from 0 to 1")
    return self
  }
}

/// How the values of signatures are cut into bands: documents are compared if they agree on all rows of a band.
public struct BandLayout: Sendable, Equatable {
  /// How many bands there are.
  public var bands: Int
  /// How many values a band has.
  public var rows: Int

  /// A layout.
  public init(bands: Int, rows: Int) {
    self.bands = bands
    self.rows = rows
  }

  /// The probability that documents of a similarity are compared.
  public func probability(at similarity: Double) -> Double {
    1 - pow(1 - pow(similarity, Double(rows)), Double(bands))
  }

  /// The layout with the least weighted sum of the areas of false positives below the threshold and misses above.
  ///
  /// Source: the choice that datasketch makes (`MinHashLSH`, `_optimal_param`).
  /// Complexity: O(permutations log permutations).
  public static func best(threshold: Double, permutations: Int, missWeight: Double) -> BandLayout {
    var best = BandLayout(bands: 1, rows: permutations)
    var least = Double.infinity
    for bands in 1...permutations {
      for rows in 1...(permutations / bands) {
        let layout = BandLayout(bands: bands, rows: rows)
        let falsePositives = integral(0, threshold, layout.probability)
        let misses = integral(threshold, 1) { 1 - layout.probability(at: $0) }
        let cost = (1 - missWeight) * falsePositives + missWeight * misses
        if cost < least { (least, best) = (cost, layout) }
      }
    }
    return best
  }

  /// Simpson's rule.
  private static func integral(_ lower: Double, _ upper: Double, _ function: (Double) -> Double) -> Double {
    let steps = 64
    let width = (upper - lower) / Double(steps)
    var sum = function(lower) + function(upper)
    for step in 1..<steps { sum += (step % 2 == 1 ? 4 : 2) * function(lower + Double(step) * width) }
    return sum * width / 3
  }
}
