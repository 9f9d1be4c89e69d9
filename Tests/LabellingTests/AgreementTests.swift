import Core
import Labelling
import TestSupport
import Testing

/// Figures against those of scikit-learn, statsmodels, krippendorff and cleanlab (Tools/golden/labelling.py).
@Suite("Agreement, label errors and uncertainty")
struct AgreementTests {
  private static let golden = try? JSONValue(file: fixture("labelling/agreement.json")).objectValue

  private func cases(_ name: String) throws -> [JSONObject] {
    let cases = try #require(Self.golden?[name]?.arrayValue).compactMap(\.objectValue)
    #expect(cases.count > 1)
    return cases
  }

  private func table(_ value: JSONValue?) throws -> [[Int]] {
    try #require(value?.arrayValue).map { row in try #require(row.arrayValue).map { try #require($0.integerValue) } }
  }

  private func numbers(_ value: JSONValue?) throws -> [Double] {
    try #require(value?.arrayValue).map { try #require($0.doubleValue) }
  }

  private func expectSame(_ value: Double?, _ expected: JSONValue?, sourceLocation: SourceLocation = #_sourceLocation) {
    switch (value, expected?.doubleValue) {
    case (nil, nil): break
    case (let value?, let expected?): #expect(abs(value - expected) < 1e-12, sourceLocation: sourceLocation)
    default: Issue.record("\(String(describing: value)) where it should be \(String(describing: expected))")
    }
  }

  @Test("Cohen's kappa equals scikit-learn's")
  func cohen() throws {
    for entry in try cases("cohen") {
      expectSame(Agreement.cohenKappa(try table(entry["pairs"]).map { ($0[0], $0[1]) }), entry["kappa"])
    }
    #expect(Agreement.cohenKappa([(Int, Int)]()) == nil)
  }

  @Test("Fleiss' kappa equals that of statsmodels")
  func fleiss() throws {
    for entry in try cases("fleiss") { expectSame(Agreement.fleissKappa(try table(entry["items"])), entry["kappa"]) }
    #expect(Agreement.fleissKappa([[Int]]()) == nil)
    #expect(Agreement.fleissKappa([[1, 2], [1, 2, 3]]) == nil)
    #expect(Agreement.fleissKappa([[1, 1], [1, 1]]) == nil)
  }

  @Test("Krippendorff's alpha equals that of the krippendorff package, with judgements missing")
  func alpha() throws {
    for entry in try cases("alpha") {
      expectSame(Agreement.krippendorffAlpha(try table(entry["items"])), entry["alpha"])
    }
    #expect(Agreement.krippendorffAlpha([[1], [2], []]) == nil)
  }

  @Test("Alpha over the characters of texts equals that of the krippendorff package with one unit a character")
  func spans() throws {
    for entry in try cases("spans") {
      let items = try #require(entry["items"]?.arrayValue).map { item in
        let object = try #require(item.objectValue)
        let people = try #require(object["judgements"]?.arrayValue).map { person in
          try #require(person.arrayValue).map { span -> LabelValue.Span in
            let fields = try #require(span.objectValue)
            return .init(
              start: try #require(fields["start"]?.integerValue), end: try #require(fields["end"]?.integerValue),
              label: try #require(fields["label"]?.stringValue))
          }
        }
        return (length: try #require(object["length"]?.integerValue), judgements: people)
      }
      expectSame(SpanAgreement.characterAlpha(items), entry["alpha"])
    }
  }

  @Test("The F1 of spans counts both borders and the label")
  func exactF1() {
    let a = LabelValue.Span(start: 0, end: 2, label: "x")
    let b = LabelValue.Span(start: 4, end: 6, label: "x")
    let c = LabelValue.Span(start: 4, end: 6, label: "y")
    #expect(SpanAgreement.exactF1([([a, b], [a, c])]) == 0.5)
    #expect(SpanAgreement.exactF1([([a], [a]), ([], [])]) == 1)
    #expect(SpanAgreement.exactF1([([a], [])]) == 0)
    #expect(SpanAgreement.exactF1([([], [])]) == nil)
  }

  @Test("Likely label errors are those that cleanlab finds by confident learning, in its order")
  func errors() throws {
    for entry in try cases("errors") {
      let labels = try #require(entry["labels"]?.arrayValue).compactMap(\.integerValue)
      let scores = try #require(entry["probabilities"]?.arrayValue).map { try numbers($0) }
      let expected = try #require(entry["suspects"]?.arrayValue).compactMap(\.integerValue)
      #expect(LabelErrors.find(labels: labels, probabilities: scores).map(\.index) == expected)
      #expect(!expected.isEmpty)
    }
    #expect(LabelErrors.find(labels: [], probabilities: []).isEmpty)
  }

  @Test("Entropy and margin are those of numpy")
  func uncertainty() throws {
    for entry in try cases("uncertainty") {
      let scores = try numbers(entry["scores"])
      expectSame(Uncertainty.entropy(scores), entry["entropy"])
      expectSame(Uncertainty.margin(scores), entry["margin"])
    }
    #expect(Uncertainty.entropy([1, 0]) == 0)
    #expect(Uncertainty.entropy([1]) == 0)
    #expect(Uncertainty.margin([0.5, 0.5]) == 1)
    #expect(Uncertainty.margin([]) == 1)
  }
}
