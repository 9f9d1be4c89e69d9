import Core
import Foundation
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  @Test func writesAndReplacesAndLeavesNothingElse() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      try AtomicFile.write("old", to: path)
      try AtomicFile.write("new", to: path)
      #expect(try FileSystem.readText(path, limit: 10) == "new")
      #expect(try FileSystem.list(folder) == ["a.txt"])
    }
  }

  @Test func onlyWhatKilledWritersLeftIsRemoved() throws {
    try withTemporaryFolder { folder in
      let kept = [".a.tmp-1", ".a.tmp-x-1", ".a.tmp-1-2-3", ".lock", "a.tmp-1-2", "metrics.jsonl"]
      for name in kept + [".metrics.jsonl.tmp-77-1", ".x.tmp-3.tmp-12-345"] {
        try AtomicFile.write("x", to: folder + "/" + name)
      }
      try AtomicFile.removeLeftovers(in: folder)
      #expect(try FileSystem.list(folder) == kept.sorted())
    }
  }

  @Test func streamOfPiecesOfEverySizeArrivesWholeWithItsHash() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.bin"
      var expected: [UInt8] = []
      let receipt = try AtomicFile.write(to: path, hashing: true) { writer in
        for size in [0, 1, 63, 64, 65, 5000, 1 << 18, (1 << 18) - 1, 1_000_003, 3] {
          let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) }
          expected += piece
          try writer.append(piece)
        }
        #expect(writer.count == expected.count)
      }
      #expect(try FileSystem.read(path, limit: 10_000_000) == expected)
      #expect(receipt.bytes == expected.count)
      #expect(receipt.sha256 == SHA256.hash(expected).hex)
    }
  }

  @Test func failureInTheMiddleKeepsTheOldFileAndRemovesTheTemporaryOne() throws {
    struct Stop: Error {}
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      try AtomicFile.write("old", to: path)
      #expect(throws: Stop.self) {
        try AtomicFile.write(to: path) { writer in
          try writer.append([UInt8](repeating: 1, count: 1_000_000))
          let names = try FileSystem.list(folder)
          #expect(names.count == 2)
          throw Stop()
        }
      }
      #expect(try FileSystem.readText(path, limit: 10) == "old")
      #expect(try FileSystem.list(folder) == ["a.txt"])
    }
  }

  @Test func missingFolderIsNamed() throws {
    let error = #expect(throws: MartletError.self) { try AtomicFile.write("x", to: "/no/such/folder/file.txt") }
    #expect(error?.code == .notFound)
    #expect(error?.description.hasPrefix("/no/such/folder/file.txt: cannot write: no such file or folder") == true)
  }

  @Test func folderInPlaceOfFileIsRefused() throws {
    try withTemporaryFolder { folder in
      let error = #expect(throws: MartletError.self) { try AtomicFile.write("x", to: folder) }
      #expect(error?.message == "cannot write: this is a folder, not a file")
    }
  }

  @Test(.enabled(if: canMountSmallDisk, "needs root to mount a small file system"))
  func fullDiskSaysWhatIsFreeAndNeededAndKeepsTheOldFile() throws {
    try withSmallDisk(kilobytes: 512) { folder in
      let path = folder + "/a.bin"
      let old = [UInt8](repeating: 7, count: 200_000)
      try AtomicFile.write(old, to: path)
      let error = #expect(throws: MartletError.self) {
        try AtomicFile.write([UInt8](repeating: 8, count: 900_000), to: path)
      }
      #expect(error?.code == .inputOutput)
      #expect(error?.place == path)
      #expect(error?.message.contains("the disk is full") == true)
      #expect(error?.message.hasSuffix("free, 900 kB needed)") == true)
      #expect(error?.remedy == "Free some space there, or choose a folder on another disk.")
      #expect(try FileSystem.read(path, limit: 1_000_000) == old)
      #expect(try FileSystem.list(folder) == ["a.bin"])
    }
  }

  @Test(.enabled(if: canMountSmallDisk, "needs root to mount a small file system"))
  func readOnlyDiskIsSaid() throws {
    try withSmallDisk(kilobytes: 512) { folder in
      try AtomicFile.write("old", to: folder + "/a")
      try runTool("mount", ["-o", "remount,ro", folder])
      let error = #expect(throws: MartletError.self) { try AtomicFile.write("new", to: folder + "/a") }
      #expect(error?.code == .inputOutput)
      #expect(error?.message == "cannot write: the file system is mounted read-only")
      #expect(try FileSystem.readText(folder + "/a", limit: 10) == "old")
    }
  }

  @Test(.enabled(if: geteuid() != 0, "root may write anywhere"))
  func folderWithoutPermissionIsSaid() throws {
    try withTemporaryFolder { folder in
      chmod(folder, 0o555)
      defer { chmod(folder, 0o755) }
      let error = #expect(throws: MartletError.self) { try AtomicFile.write("new", to: folder + "/a") }
      #expect(error?.message == "cannot write: permission denied")
    }
  }

  @Test func longNamesWork() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/" + String(repeating: "é", count: 127)
      try AtomicFile.write("x", to: path)
      #expect(try FileSystem.readText(path, limit: 10) == "x")
      let error = #expect(throws: MartletError.self) { try AtomicFile.write("x", to: path + "éé") }
      #expect(error?.message == "cannot write: the name is too long")
      #expect(try FileSystem.list(folder).count == 1)
    }
  }
}
