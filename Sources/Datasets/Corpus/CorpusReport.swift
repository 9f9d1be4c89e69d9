import Core
import Curation
import Documents
import ReportPages

/// `data-report.html`: what is in a version of a corpus, and what each step kept and dropped, with examples.
///
/// One page that needs nothing else. Text of documents is inert in it.
public struct CorpusReport {
  private let version: Corpus.Version
  private let dataset: DatasetManifest?

  /// A report of a version, and of the tokens made of it if there are any.
  public init(_ version: Corpus.Version, dataset: DatasetManifest?) {
    self.version = version
    self.dataset = dataset
  }

  /// The page.
  ///
  /// Throws: `MartletError` with code `corrupted`.
  public func html() throws -> String {
    let manifest = version.manifest
    let total = try version.total()
    let kept = total.documents - manifest.duplicates
    var page = HTML(
      title: "Data, version \(version.id)",
      subtitle: manifest.parent.map { "added to version \($0)" } ?? "\(manifest.inputs.count) inputs",
      figures: [
        HTML.Figure("documents", Quantity.count(kept), "of \(Quantity.count(total.found)) found"),
        HTML.Figure(
          "text", "\(ByteCount(total.textBytes))", "\(Quantity.count(total.characters)) characters, duplicates included"
        ),
        HTML.Figure(
          "duplicates", Quantity.count(manifest.duplicates),
          "\(Quantity.count(manifest.exactDuplicates)) with equal text"),
        HTML.Figure("tokens", dataset.map { Quantity.count($0.train.tokens + $0.validation.tokens) } ?? "-", ""),
      ])
    appendSources(to: &page)
    appendSteps(total, to: &page)
    if manifest.cuts > 0 {
      page.append("p", "\(Quantity.count(manifest.cuts)) paragraphs are cut because other documents have them.")
    }
    appendSkips(total.skips, to: &page)
    try appendDuplicates(to: &page)
    for (title, counts) in [("Languages", total.languages), ("Licences", total.licences)] where !counts.isEmpty {
      page.append("h2", title)
      page.append(bars: Array(counts.byCount.prefix(20)))
    }
    page.append("h2", "Lengths")
    let used = total.lengths.indices.filter { total.lengths[$0] > 0 }
    if let first = used.first, let last = used.last {
      page.append(
        bars: (first...last).map { digits in
          (digits == 0 ? "empty" : "up to \(Quantity.count(1 << digits - 1)) characters", total.lengths[digits])
        })
    }
    page.append("h2", "Settings")
    page.append("pre", JSONValue.object(manifest.settings).text(indent: 2))
    return page.finished
  }

  private func appendSources(to page: inout HTML) {
    page.append("h2", "Inputs")
    let tokens = Dictionary(
      (dataset?.sources ?? []).map { ($0.path, $0.tokens) }, uniquingKeysWith: { first, _ in first })
    page.append(
      table: ["input", "bytes", "found", "kept", "text", "tokens"],
      zip(version.manifest.inputs, version.parts).map { input, part in
        [
          input.name, "\(ByteCount(input.bytes))", Quantity.count(part.summary.found),
          Quantity.count(part.summary.documents), "\(ByteCount(part.summary.textBytes))",
          tokens[input.name].map { Quantity.count($0) } ?? "-",
        ]
      })
  }

  private func appendSteps(_ total: PartSummary, to page: inout HTML) {
    guard !total.steps.isEmpty else { return }
    page.append("h2", "Steps")
    page.append(
      table: ["step", "documents in", "left", "dropped", "changed", "text in", "text left"],
      total.steps.map { step in
        [
          step.name, Quantity.count(step.documentsIn), Quantity.count(step.documentsOut),
          Quantity.count(step.documentsIn - step.documentsOut), Quantity.count(step.documentsChanged),
          "\(ByteCount(step.bytesIn))", "\(ByteCount(step.bytesOut))",
        ]
      })
    for step in total.steps where !step.samples.isEmpty || !step.counters.isEmpty {
      page.append("h2", "What \(step.name) did")
      page.append(bars: step.dropped.byCount.map { ("dropped: \($0.name)", $0.value) })
      page.append(bars: step.counters.byCount)
      for reason in step.samples.keys.sorted() {
        open("Examples: \(reason)", &page)
        for sample in step.samples[reason] ?? [] {
          page.append("p class=\"quiet\"", "\(sample.input), \(sample.place)")
          page.append("pre", sample.before)
          if let after = sample.after { page.append("pre", "→ \(after)") }
        }
        page.append(markup: "</details>\n")
      }
    }
  }

  private func appendSkips(_ skips: SkipCounts, to page: inout HTML) {
    guard skips.total > 0 else { return }
    page.append("h2", "Left out while reading")
    page.append(bars: skips.counts.byCount)
    for reason in skips.samples.keys.sorted() {
      open("Examples: \(reason)", &page)
      for sample in skips.samples[reason] ?? [] {
        page.append("p class=\"quiet\"", sample.place)
        if !sample.sample.isEmpty { page.append("pre", sample.sample) }
      }
      page.append(markup: "</details>\n")
    }
  }

  private func appendDuplicates(to page: inout HTML) throws {
    guard version.manifest.duplicates > 0 else { return }
    page.append("h2", "Duplicates")
    open("Examples of documents left out, below the one that was kept", &page)
    // From all over the list, and always the same.
    let count = version.manifest.duplicates
    for number in 0..<min(5, count) {
      let removed = try version.removed(number * count / min(5, count))
      page.append("p class=\"quiet\"", "similarity \(Quantity.short(removed.similarity))")
      for ordinal in [removed.kept, removed.ordinal] {
        let (part, index) = version.place(of: Int(truncatingIfNeeded: ordinal))
        guard version.parts.indices.contains(part) else { continue }
        let document = try PartReader(version.parts[part]).document(index)
        page.append("p class=\"quiet\"", "\(document.provenance.input), \(document.provenance.place)")
        page.append("pre", Terminal.fit(document.text, columns: 240))
      }
    }
    page.append(markup: "</details>\n")
  }

  private func open(_ title: String, _ page: inout HTML) {
    page.append(markup: "<details>")
    page.append("summary", title)
  }
}

extension Corpus.Version {
  /// What is in all parts together.
  func total() throws -> PartSummary {
    var total = PartSummary(steps: [])
    for (index, part) in parts.enumerated() {
      if index == 0 { total = part.summary } else { try total.add(part.summary) }
    }
    return total
  }

  /// How many documents were found, how many things were left out while reading, by reason, and what each step did.
  ///
  /// Throws: `MartletError` with code `mismatch` if the parts were made with other steps.
  public func counts() throws -> (
    found: Int, skips: [(reason: String, count: Int, first: String)], steps: [StepReport]
  ) {
    let total = try total()
    let skips = total.skips.counts.byCount.map {
      (reason: $0.name, count: $0.value, first: total.skips.samples[$0.name]?.first?.place ?? "")
    }
    return (total.found, skips, total.steps)
  }
}
