import Core
import Foundation
import TestSupport
import Testing

@Suite struct FileSystemTests {
  @Test func pathsAreTakenApart() {
    #expect(
      ["a/b/c", "a/b/c/", "/a", "a", "/", "", "a//b"].map(parentFolder) == ["a/b", "a/b", "/", ".", "/", ".", "a"])
    #expect(["a/b/c", "a/b/c/", "/a", "a", "/"].map(fileName) == ["c", "c", "a", "a", ""])
    #expect(joinPath("a", "b") == "a/b")
    #expect(joinPath("a/", "b") == "a/b")
    #expect(joinPath("a", "/b") == "/b")
    #expect(joinPath("", "b") == "b")
  }

  @Test func byteCountsReadWell() {
    let texts = [0, 1, 999, 1000, 1549, 12_345, 999_999, 1_000_000, 3_200_000_000, Int.max].map {
      ByteCount($0).description
    }
    #expect(
      texts == [
        "0 bytes", "1 byte", "999 bytes", "1.0 kB", "1.5 kB", "12 kB", "999 kB", "1.0 MB", "3.2 GB", "9.2 EB",
      ])
  }

  @Test func readingKeepsToTheLimit() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a"
      try AtomicFile.write([1, 2, 3, 4], to: path)
      #expect(try FileSystem.read(path, limit: 4) == [1, 2, 3, 4])
      let error = #expect(throws: MartletError.self) { try FileSystem.read(path, limit: 3) }
      #expect(error?.code == .malformedFile)
      #expect(error?.message == "the file is larger than the 3 bytes that are allowed here")
      // An endless file ends at the limit too.
      #expect(throws: MartletError.self) { try FileSystem.read("/dev/zero", limit: 3_000_000) }
      #expect(throws: MartletError.self) { try FileSystem.read(folder, limit: 3) }
    }
  }

  @Test func brokenUTF8IsRefusedAndAMarkDropped() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write([0xEF, 0xBB, 0xBF, 0x61], to: folder + "/a")
      #expect(try FileSystem.readText(folder + "/a", limit: 10) == "a")
      try AtomicFile.write([0x61, 0xFF], to: folder + "/a")
      let error = #expect(throws: MartletError.self) { try FileSystem.readText(folder + "/a", limit: 10) }
      #expect(error?.message == "the text is not valid UTF-8")
    }
  }

  @Test func foldersAreMadeListedAndRemovedWithoutFollowingLinks() throws {
    try withTemporaryFolder { folder in
      try FileSystem.createFolder(folder + "/x/y/z")
      try FileSystem.createFolder(folder + "/x/y/z")
      try AtomicFile.write("keep", to: folder + "/kept")
      try AtomicFile.write("b", to: folder + "/x/b")
      symlink(folder, folder + "/x/y/link")
      symlink(folder + "/kept", folder + "/x/y/link2")
      #expect(try FileSystem.list(folder + "/x") == ["b", "y"])
      #expect(FileSystem.kind(of: folder + "/x") == .folder)
      #expect(FileSystem.kind(of: folder + "/x/b") == .file)
      #expect(FileSystem.kind(of: "/dev/null") == .other)
      try FileSystem.remove(folder + "/x")
      try FileSystem.remove(folder + "/x")
      #expect(try FileSystem.list(folder) == ["kept"])
      #expect(throws: MartletError.self) { try FileSystem.createFolder(folder + "/kept/a") }
      #expect(throws: MartletError.self) { try FileSystem.list(folder + "/x") }
    }
  }

  @Test func freeSpaceIsThatOfTheNearestFolder() throws {
    try withTemporaryFolder { folder in
      let free = try FileSystem.freeBytes(at: folder + "/not/yet/there")
      #expect(free > 0)
    }
    #expect(try FileSystem.freeBytes(at: "") > 0)
  }

  @Test func mappedFileGivesItsBytesAndNoOthers() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a"
      try AtomicFile.write([1, 2, 3, 4, 5, 6, 7, 8, 9], to: path)
      let file = try MappedFile(path)
      #expect(file.count == 9)
      #expect(try file.integer(at: 1, as: UInt64.self) == 0x0908_0706_0504_0302)
      #expect(try file.withBytes(2..<5) { Array($0) } == [3, 4, 5])
      #expect(try file.withBytes(9..<9) { $0.count } == 0)
      for offset in [2, 9, 10, -1, Int.max, Int.min] {
        let error = #expect(throws: MartletError.self) { try file.integer(at: offset, as: UInt64.self) }
        #expect(error?.message == "8 bytes at offset \(offset) lie beyond the end of the file (9 bytes)")
      }
      #expect(throws: MartletError.self) { try file.withBytes(5..<10) { _ in } }
      #expect(throws: MartletError.self) { try file.withBytes(-1..<4) { _ in } }
      #expect(throws: MartletError.self) { try file.withBytes(0..<Int.max) { _ in } }
      #expect(throws: MartletError.self) { try MappedFile(folder) }
      #expect(throws: MartletError.self) { try MappedFile("/dev/zero") }
      let missing = #expect(throws: MartletError.self) { try MappedFile(folder + "/b") }
      #expect(missing?.code == .notFound)
    }
  }

  @Test func mappingOutlivesReplacement() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write([1], to: folder + "/a")
      let file = try MappedFile(folder + "/a")
      try AtomicFile.write([2, 2], to: folder + "/a")
      #expect(Array(file.bytes) == [1])
      try AtomicFile.write([], to: folder + "/a")
      #expect(try MappedFile(folder + "/a").count == 0)
    }
  }

  @Test func lockedFolderIsRefusedUntilReleased() throws {
    try withTemporaryFolder { folder in
      var lock: FolderLock? = try FolderLock(folder + "/run", purpose: "training")
      let error = #expect(throws: MartletError.self) { try FolderLock(folder + "/run", purpose: "training") }
      #expect(error?.code == .resource)
      #expect(error?.message == "another process (process \(getpid())) is training in this folder")
      withExtendedLifetime(lock) {}
      lock = nil
      _ = try FolderLock(folder + "/run", purpose: "training")
    }
  }
}
