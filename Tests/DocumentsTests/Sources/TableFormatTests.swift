import Core
import Documents
import Foundation
import TestSupport
import Testing

@Suite struct TableFormatTests {
  @Test(arguments: [1, 2, 3, 1 << 16]) func quotedFieldsHoldAnything(chunk: Int) throws {
    let titleAndBody = TextFields(
      text: try TextTemplate(parsing: "{title}\n{body}"), attributes: ["label": "label"], id: "id")
    let text =
      "id,title,body,label\r\n1,\"A, \"\"b\"\"\",\"two\r\nlines, and \"\"\"\"\",x\r\n\r\n2,plain,\"\",y\n3,é,ü \"q\",z"
    for text in [Array(text.utf8), byteOrderMark + Array(text.utf8)] {
      let result = try read(TableFormat(fields: titleAndBody), text, named: "a.csv", chunk: chunk)
      #expect(result.texts == ["A, \"b\"\ntwo\r\nlines, and \"\"", "plain\n", "é\nü \"q\""])
      #expect(result.documents.map(\.provenance.place) == ["line 2, id 1", "line 5, id 2", "line 6, id 3"])
      #expect(result.documents.map { $0.attributes["label"] } == [.string("x"), .string("y"), .string("z")])
      #expect(result.skips.isEmpty)
    }
  }

  @Test(arguments: [
    ("a;b\n1,5;x\n2,5;y\n", "b"), ("a|b\n1|x\n2|y", "b"), ("a\tb\n\"1, 2\tx\n3\ty", "b"),
    ("a,b\n\"1;2;3\",x\n\"4;5\",y", "b"),
  ]) func delimitersAreFound(text: String, column: String) throws {
    #expect(try read(TableFormat(fields: TextFields(text: .field(FieldPath(column)))), text).texts == ["x", "y"])
  }

  @Test func tablesWithoutHeaderAreReadByNumber() throws {
    let fields = TextFields(text: .field("1"), attributes: ["label": "2"])
    let text = "it 's a \"charming\tand\tx\n".replacingOccurrences(of: "\tand\tx", with: "\t1") + "dull .\t0\n"
    let result = try read(TableFormat(header: .none, fields: fields), text, named: "train.tsv")
    #expect(result.texts == ["it 's a \"charming", "dull ."])
    #expect(result.documents.map { $0.attributes["label"]?.stringValue } == ["1", "0"])
    #expect(result.documents[0].provenance.place == "line 1")
    let named = TableFormat(header: .names(["text", "label"]), fields: TextFields(attributes: ["label": "label"]))
    #expect(try read(named, text, named: "train.tsv").documents.map(\.text) == result.texts)
  }

  @Test func rowsWithWrongNumbersOfFieldsAreCounted() throws {
    let result = try read(TableFormat(), "text,b\nx,1\ny\nz,1,2\n,5\nw,6")
    #expect(result.texts == ["x", "w"])
    #expect(result.reasons == ["too_few_fields", "too_many_fields", "empty"])
    #expect(result.skips[0] == Skip(reason: "too_few_fields", place: "in, line 3", sample: "y"))
  }

  @Test(arguments: [1, 64, 1 << 16]) func aQuoteThatNothingClosesCostsOneLine(chunk: Int) throws {
    let rows = (0..<200).map { "row \($0),1" }
    var broken = rows
    broken[7] = "\"open,1"
    let atEnd = try read(TableFormat(), "text,b\n" + broken.joined(separator: "\n"), chunk: chunk)
    #expect(atEnd.texts == rows.filter { $0 != rows[7] }.map { String($0.dropLast(2)) })
    #expect(atEnd.reasons == ["unclosed_quote"] && atEnd.skips[0].place == "in, line 9")
    let limited = TableFormat(rules: TextRules(longest: 100))
    let beyond = try read(limited, "text,b\n" + broken.joined(separator: "\n"), chunk: chunk)
    #expect(beyond.texts == atEnd.texts && beyond.reasons == ["unclosed_quote"])
    let long = try read(limited, "text,b\nx,1\n" + String(repeating: "y", count: 1000) + ",1\nz,1", chunk: chunk)
    #expect(long.texts == ["x", "z"] && long.reasons == ["too_long"])
    #expect(long.documents[1].provenance.place == "line 4")
  }

  @Test func missingColumnsAreErrorsThatNameWhatThereIs() throws {
    let error = #expect(throws: MartletError.self) { try read(TableFormat(), "title,body\na,b", named: "x.csv") }
    #expect(error?.message == #"there is no column "text" among 2: "title", "body""# && error?.place == "x.csv")
    let number = #expect(throws: MartletError.self) {
      try read(TableFormat(header: .none, fields: TextFields(text: .field("3"))), "a,b", named: "x.csv")
    }
    #expect(number?.message == #"there is no column "3" among 2"#)
    #expect(try read(TableFormat(), "").records == 0)
    #expect(try read(TableFormat(), "text").records == 0)
  }

  @Test func brokenTextIsRepairedOrDropped() throws {
    let text = Array("text,b\na".utf8) + [0xFF] + Array("b,1\nc\u{0}d,2\n".utf8)
    let repaired = try read(TableFormat(), text)
    #expect(repaired.texts == ["a\u{FFFD}b"] && repaired.reasons == ["nul_bytes"])
    #expect(repaired.documents[0].attributes == ["repaired_utf8": .bool(true)])
    let dropped = try read(TableFormat(rules: TextRules(brokenUTF8: .drop)), text)
    #expect(dropped.reasons == ["broken_utf8", "nul_bytes"])
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: shared("sst2/train.tsv")), "../shared/data is missing"))
  func movieReviewsAreAllRead() throws {
    let fields = TextFields(text: .field("1"), attributes: ["label": "2"])
    for (file, count) in [("train", 6920), ("dev", 872)] {
      let path = shared("sst2/\(file).tsv")
      let bytes = try FileSystem.read(path, limit: 1 << 24)
      let result = try read(TableFormat(header: .none, fields: fields), bytes, named: path)
      #expect(result.documents.count == count && result.skips.isEmpty)
      let labels = Set(result.documents.compactMap { $0.attributes["label"]?.stringValue })
      #expect(labels == ["0", "1"])
    }
  }
}

/// The path of data for development, beside the package.
func shared(_ name: String) -> String {
  fixture("../../../../shared/data/" + name)
}
