import Documents

/// Keeps a fraction of the documents, chosen by a hash of the text: the same ones in every run, copies alike.
public struct SampleFraction: DocumentStep {
  /// The name of the step in recipes and reports.
  public static let name = "sample_fraction"

  /// The fraction to keep, from 0 to 1.
  public var fraction: Double
  /// Another seed chooses other documents.
  public var seed: UInt64

  /// Keeps `fraction` of the documents.
  public init(_ fraction: Double, seed: UInt64 = 0) {
    self.fraction = fraction
    self.seed = seed
  }

  /// Applies the step to a document.
  public func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    let hash = document.text.withUTF8 { contentHash($0, seed: seed) }
    return Double(hash >> 11) * 0x1p-53 < fraction ? .keep : .drop(reason: "not in the sample")
  }
}
