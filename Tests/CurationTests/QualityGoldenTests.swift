import Core
import Curation
import Documents
import Foundation
import TestSupport
import Testing

/// What datatrove calls its reasons, and what we do.
private let reasons: [String: String] = [
  "gopher_short_doc": "too few words", "gopher_long_doc": "too many words",
  "gopher_below_avg_threshold": "words too short", "gopher_above_avg_threshold": "words too long",
  "gopher_too_many_hashes": "too many hashes", "gopher_too_many_ellipsis": "too many ellipses",
  "gopher_too_many_bullets": "too many bullets", "gopher_too_many_end_ellipsis": "too many lines end in an ellipsis",
  "gopher_below_alpha_threshold": "too few words with letters", "gopher_enough_stop_words": "too few stop words",
  "dup_para_frac": "too many duplicate paragraphs",
  "dup_para_char_frac": "too many characters in duplicate paragraphs",
  "dup_line_frac": "too many duplicate lines", "dup_line_char_frac": "too many characters in duplicate lines",
  "top_2_gram": "one sequence of 2 words too often", "top_3_gram": "one sequence of 3 words too often",
  "top_4_gram": "one sequence of 4 words too often",
  "duplicated_5_n_grams": "too many duplicate sequences of 5 words",
  "duplicated_6_n_grams": "too many duplicate sequences of 6 words",
  "duplicated_7_n_grams": "too many duplicate sequences of 7 words",
  "duplicated_8_n_grams": "too many duplicate sequences of 8 words",
  "duplicated_9_n_grams": "too many duplicate sequences of 9 words",
  "duplicated_10_n_grams": "too many duplicate sequences of 10 words",
  "lorem_ipsum": "lorem ipsum", "curly_bracket": "curly bracket", "too_few_sentences": "too few sentences",
  "line_punct_ratio": "too few lines end in punctuation", "short_line_ratio": "too many short lines",
  "char_dup_ratio": "too many characters in duplicate lines", "list_ratio": "too many lines for the words",
]

@Suite("The published rules beside datatrove's filters")
struct QualityGoldenTests {
  @Test("All of 2,000 documents get the same decision for the same reason, and C4's the same text")
  func decisions() throws {
    let documents = try GeneratedDocuments()
    let rows = try String(contentsOfFile: fixture("curation/quality.txt"), encoding: .utf8).split(separator: "\n")
    #expect(rows.count == 2000)
    let steps: [any DocumentStep] = [GopherQuality(), GopherRepetition(), C4Quality(), FineWebQuality()]
    var seen: Set<String> = []
    for (number, row) in rows.enumerated() {
      let fields = row.split(separator: " ").map(String.init)
      let text = documents.document(number)
      try #require(checksum(text) == fields[0], "document \(number) is made otherwise here than in Python")
      for (place, step) in steps.enumerated() {
        var document = Document(text: text, provenance: Provenance(input: "", place: ""))
        // The documents are English, whatever share of them is something else.
        document.attributes["language"] = .string("en")
        var counters: Counters = [:]
        let verdict = step.apply(&document, &counters)
        let expected = fields[1 + place]
        seen.insert(expected)
        if expected == "kept" {
          #expect(verdict == .keep, "document \(number), \(type(of: step).name)")
          if place == 2 { #expect(checksum(document.text) == fields[5], "document \(number)") }
        } else {
          let reason = try #require(reasons[expected])
          #expect(verdict == .drop(reason: reason), "document \(number), \(type(of: step).name)")
        }
      }
    }
    // A golden list without a reason would not test it.
    #expect(Set(reasons.keys).subtracting(seen) == ["gopher_long_doc"])
  }

  @Test("A document with too many words is dropped")
  func long() {
    var document = Document(
      text: String(repeating: "the house and ", count: 33_334), provenance: Provenance(input: "", place: ""))
    var counters: Counters = [:]
    #expect(GopherQuality().apply(&document, &counters) == .drop(reason: "too many words"))
  }
}
