import Core
import Datasets
import Documents
import Training
import ReportPages

/// Shows how the preparation of data goes on and what came of it.
enum DataConsole {
  /// A line with a bar.
  static func text(_ progress: DataProgress) -> String {
    let name =
      switch progress.phase {
      case .fetching: "fetching"
      case .inspecting: "reading files"
      case .curating: "curating"
      case .comparing: "comparing"
      case .countingWords: "counting words"
      case .learning: "learning tokens"
      case .encoding: "encoding"
      case .splitting: "splitting"
      }
    let isBytes = ![.learning, .splitting, .comparing].contains(progress.phase)
    func amount(_ value: Int) -> String { isBytes ? "\(ByteCount(value))" : Quantity.scaled(Double(value)) }
    guard progress.total > 0 else { return "\(name.padded(16))\(amount(progress.done))" }
    let part = min(1, Double(progress.done) / Double(progress.total))
    let width = 24
    let filled = Int(part * Double(width))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    var text = "\(name.padded(16))\(bar) \(amount(progress.done)) of \(amount(progress.total))"
    if progress.perSecond > 0 { text += ", \(amount(Int(progress.perSecond)))/s" }
    return text
  }

  /// What is in a folder of prepared data, in lines.
  static func summary(_ manifest: DatasetManifest, wasUpToDate: Bool) -> [String] {
    var lines = [
      "Data: \(Quantity.count(manifest.train.tokens)) training tokens and \(Quantity.count(manifest.validation.tokens)) "
        + "for validation, \(manifest.vocabularySize) in the vocabulary\(wasUpToDate ? " (up to date)" : "")."
    ]
    if let entropy = manifest.unigramEntropy {
      lines.append(
        "  Unigram entropy, what knowing only how frequent each token is gives: \(Quantity.loss(entropy)) nats.")
    }
    return lines
  }

  /// The table of what was read, written and left out, and why.
  static func table(_ manifest: DatasetManifest) -> [String] {
    let report = manifest.report
    var rows: [(String, String)] = [
      ("documents read", Quantity.count(report.read)), ("documents written", Quantity.count(report.written)),
    ]
    for reason in report.reasons {
      if let count = report.skipped[reason] { rows.append(("  left out: \(describe(reason))", Quantity.count(count))) }
    }
    if report.repaired > 0 { rows.append(("  of these repaired: broken UTF-8", Quantity.count(report.repaired))) }
    for (name, part) in [("training", manifest.train), ("validation", manifest.validation)] {
      rows.append(("\(name) tokens", Quantity.count(part.tokens)))
      if part.bytesPerToken > 0 { rows.append(("  bytes a token", Quantity.short(part.bytesPerToken))) }
    }
    var lines = aligned(rows)
    if !report.examples.isEmpty {
      lines.append("The first of those that were left out or repaired:")
      for example in report.examples {
        lines.append("  \(example.place): \(describe(example.reason))")
      }
    }
    return lines
  }

  private static func describe(_ reason: String) -> String {
    if reason == TextRules.repairedAttribute { return "broken UTF-8, repaired" }
    return switch SkipReason(rawValue: reason) {
    case .notJSON: "not JSON"
    case .notAnObject: "JSON, but no object"
    case .noText: "no text field"
    case .textNotAString: "the text field is no string"
    case .nulBytes: "NUL bytes, as in binary files"
    case .tooLong: "too long"
    case .brokenUTF8: "broken UTF-8"
    default: reason.map { $0 == "_" ? " " : String($0) }.joined()
    }
  }

  /// What curating has kept and dropped, step by step.
  static func table(_ version: Corpus.Version) throws -> [String] {
    let counts = try version.counts()
    var rows: [(String, String)] = [("documents found", Quantity.count(counts.found))]
    for skip in counts.skips {
      rows.append(("  left out while reading: \(describe(skip.reason))", Quantity.count(skip.count)))
    }
    for step in counts.steps {
      rows.append(("after \(step.name)", Quantity.count(step.documentsOut)))
      for (reason, count) in step.dropped.byCount {
        rows.append(("  dropped: \(reason)", Quantity.count(count)))
      }
    }
    if version.manifest.duplicates > 0 {
      rows.append(("  duplicates left out", Quantity.count(version.manifest.duplicates)))
    }
    if version.manifest.cuts > 0 { rows.append(("  repeated paragraphs cut", Quantity.count(version.manifest.cuts))) }
    rows.append(("documents of version \(version.id)", Quantity.count(version.documents - version.manifest.duplicates)))
    var lines = aligned(rows)
    if !counts.skips.isEmpty { lines.append("The first that was left out for each reason:") }
    for skip in counts.skips { lines.append(Terminal.printable("  \(skip.first): \(describe(skip.reason))")) }
    return lines
  }

  private static func aligned(_ rows: [(String, String)]) -> [String] {
    let left = (rows.map(\.0.count).max() ?? 0) + 2
    let right = rows.map(\.1.count).max() ?? 0
    return rows.map { name, value in
      Terminal.printable(name).padded(left) + String(repeating: " ", count: right - value.count) + value
    }
  }

  /// What differs between two versions.
  static func lines(_ difference: CorpusDifference, _ before: String, _ after: String) -> [String] {
    var lines = aligned([
      ("documents in both", Quantity.count(difference.shared)),
      ("only in \(before)", Quantity.count(difference.removed)),
      ("only in \(after)", Quantity.count(difference.added)),
    ])
    for (key, old, new) in difference.settings {
      lines.append("setting \(key):")
      lines.append("  \(before): \(Terminal.printable(old))")
      lines.append("  \(after): \(Terminal.printable(new))")
    }
    for input in difference.inputs {
      func text(_ count: Int?) -> String { count.map { "\(Quantity.count($0)) documents" } ?? "not there" }
      lines.append("input \(Terminal.printable(input.name)): \(text(input.before)) before, \(text(input.after)) after")
    }
    for (name, samples) in [(before, difference.removedSamples), (after, difference.addedSamples)] {
      guard !samples.isEmpty else { continue }
      lines.append("The first documents that only \(name) has:")
      for sample in samples {
        lines.append(Terminal.printable("  \(sample.provenance.input), \(sample.provenance.place)"))
        lines.append("    " + Terminal.printable(sample.excerpt))
      }
    }
    return lines
  }
}
