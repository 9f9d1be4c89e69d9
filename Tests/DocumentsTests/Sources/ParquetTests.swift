import Core
import Documents
import Foundation
import TestSupport
import Testing

/// Whether DuckDB's program is there.
private let duckdb = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
  .map { "\($0)/duckdb" }.first { FileManager.default.isExecutableFile(atPath: $0) }

@Suite struct ParquetTests {
  /// Makes a Parquet file of a query.
  private func make(_ query: String, at path: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(duckdb))
    process.arguments = [
      "-c", "COPY (\(query)) TO '\(path.replacingOccurrences(of: "'", with: "''"))' (FORMAT parquet)",
    ]
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  private func documents(_ input: ParquetInput, _ mapping: any JSONMapping = TextMapping()) throws -> ReadResult {
    let format = JSONFormat(container: .lines, mapping: mapping, unit: "row")
    var result = ReadResult()
    var reader = try format.reader(input, named: "p")
    while let event = try reader.next() { try result.take(event, format) }
    return result
  }

  @Test(.enabled(if: duckdb != nil, "there is no duckdb on the PATH"))
  func rowsAndNestedColumnsAreRead() throws {
    try withTemporaryFolder { folder in
      // A name that would be a pattern and end a literal in SQL.
      let path = folder + "/it's [a] *?; $(x).parquet"
      let plain = folder + "/plain.parquet"
      try make(
        """
        SELECT i AS id, 'text ' || i AS text, [{'role': 'user', 'content': 'q' || i},
          {'role': 'assistant', 'content': 'é"\n'}] AS messages FROM range(3000) t(i)
        """, at: plain)
      try FileManager.default.moveItem(atPath: plain, toPath: path)
      let texts = try documents(ParquetInput(path))
      #expect(texts.texts == (0..<3000).map { "text \($0)" } && texts.skips.isEmpty)
      #expect(texts.documents[7].provenance.place == "row 8")
      let chats = try documents(ParquetInput(path, columns: ["messages", "id"]), ChatMapping())
      #expect(chats.documents.count == 3000)
      #expect(chats.documents[5].text == "user:\nq5\n\nassistant:\né\"\n")
      let wrong = #expect(throws: MartletError.self) { try documents(ParquetInput(path, columns: ["a\"b'; --"])) }
      #expect(wrong?.code == .malformedFile && wrong?.message.contains("a\"b'; --") == true)
      // Giving up early ends the program.
      let input = try ParquetInput(path)
      _ = try input.read()
    }
  }

  @Test(.enabled(if: duckdb != nil, "there is no duckdb on the PATH"))
  func damagedFilesAreErrors() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.parquet"
      try make("SELECT 'text ' || i AS text FROM range(1000) t(i)", at: path)
      var bytes = try FileSystem.read(path, limit: 1 << 20)
      // The footer's own bytes.
      for place in (bytes.count - 60)..<(bytes.count - 8) { bytes[place] = 0xFF }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: MartletError.self) { try documents(ParquetInput(path)) }
      #expect(error?.code == .malformedFile && error?.place == path && error?.message.contains("duckdb") == true)
    }
  }

  @Test func whatIsNoParquetFileIsRefusedBeforeAProgramStarts() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.parquet"
      func message(_ bytes: [UInt8]) throws -> String? {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return #expect(throws: MartletError.self) { try ParquetInput(path, program: "/nowhere") }?.message
      }
      let magic = Array("PAR1".utf8)
      #expect(try message([]) == "this is no Parquet file")
      #expect(try message(Array("text,b\n1,2\n3,4\n".utf8)) == "this is no Parquet file")
      #expect(try message(magic + [1, 2, 3, 4, 5, 6, 7, 8]) == "the Parquet file does not end as one")
      #expect(try message(magic + [1, 2, 3, 4] + Array("PARE".utf8)) == "the Parquet file is encrypted")
      #expect(try message(magic + [0xFF, 0xFF, 0xFF, 0x7F] + magic)?.contains("2147483647 bytes") == true)
      try Data(magic + [0, 0, 0, 0] + magic).write(to: URL(fileURLWithPath: path))
      let missing = #expect(throws: MartletError.self) { try ParquetInput(path, program: "no-such-duckdb") }
      #expect(missing?.code == .unsupported && missing?.remedy?.contains("pip install duckdb-cli") == true)
      #expect(throws: MartletError.self) { try ParquetInput(folder) }
      let none = #expect(throws: MartletError.self) { try ParquetInput(folder + "/none.parquet") }
      #expect(none?.code == .notFound)
    }
  }
}
