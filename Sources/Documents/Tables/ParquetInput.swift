import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The rows of a Parquet file as lines of JSON, which DuckDB's program `duckdb` writes into a pipe.
///
/// The program gets the file as its standard input, opened already: no part of its name reaches SQL. It runs with one thread, a limit of
/// memory, and without loading extensions.
public final class ParquetInput: ByteInput {
  private let path: String
  private let output: Int32
  private let errors: Int32
  private var child: pid_t?

  /// Starts to read a file.
  ///
  /// - Parameters:
  ///   - columns: the names of columns to read; nil for all. Columns of structures and lists become objects and arrays.
  ///   - program: the program's path or its name on the `PATH`.
  ///   - memory: the megabytes that the program may use.
  ///
  /// Throws: `MartletError` with code `notFound` or `inputOutput` if the file cannot be read, `malformedFile` if it is no
  /// Parquet file, `unsupported` if there is no `duckdb`.
  public init(_ path: String, columns: [String]? = nil, program: String = "duckdb", memory: Int = 512) throws {
    self.path = path
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw MartletError.system("read", path, errno: errno) }
    defer { close(file) }
    try Self.checkFrame(file, path)
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw MartletError.system("make a pipe for", path, errno: errno) }
    defer { close(ends[1]) }
    output = ends[0]
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    guard let scratch = tmpfile() else {
      close(output)
      throw MartletError.system("make a temporary file for", path, errno: errno)
    }
    errors = dup(fileno(scratch))
    fclose(scratch)
    _ = fcntl(errors, F_SETFD, FD_CLOEXEC)

    let names = columns?.map {
      "\"" + $0.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
    let query = """
      SET threads=1; SET memory_limit='\(max(64, memory))MB'; SET autoinstall_known_extensions=false;
      SET autoload_known_extensions=false;
      COPY (SELECT \(names?.joined(separator: ", ") ?? "*") FROM read_parquet('/dev/stdin'))
      TO '/dev/stdout' (FORMAT json)
      """
    do {
      child = try Self.start(
        program, ["-init", "/dev/null", "-batch", "-bail", "-c", query], file: file, output: ends[1], errors: errors)
    } catch {
      // There is no deinit for what is not whole.
      close(output)
      close(errors)
      throw error
    }
  }

  deinit {
    close(output)
    close(errors)
    if let child {
      // Its own group: the program that pip installs is started by another one.
      kill(-child, SIGKILL)
      _ = Self.wait(child)
    }
  }

  /// The next bytes of the lines.
  ///
  /// Throws: `MartletError` with code `malformedFile` if the program found the file broken; rows before that were given.
  public func read() throws -> [UInt8] {
    guard let running = child else { return [] }
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 18) { space, count in
      var got = 0
      repeat {
        #if canImport(Glibc)
          got = Glibc.read(output, space.baseAddress, space.count)
        #elseif canImport(Musl)
          got = Musl.read(output, space.baseAddress, space.count)
        #else
          got = Darwin.read(output, space.baseAddress, space.count)
        #endif
        failure = got < 0 ? errno : 0
      } while failure == EINTR
      count = max(0, got)
    }
    guard failure == 0 else { throw MartletError.system("read", path, errno: failure) }
    if !bytes.isEmpty { return bytes }
    child = nil
    let status = Self.wait(running)
    if status != 0 { throw programFailure(status) }
    return []
  }

  private func programFailure(_ status: Int32) -> MartletError {
    var text = [UInt8](repeating: 0, count: 4096)
    let got = pread(errors, &text, text.count, 0)
    let message = String(decoding: text[..<max(0, got)], as: UTF8.self)
      .split(whereSeparator: \.isNewline).first.map(String.init)
    if status == 127 << 8, message == nil { return Self.missingProgram("duckdb", at: path) }
    let how = status & 0x7F == 0 ? "status \(status >> 8 & 0xFF)" : "signal \(status & 0x7F)"
    return MartletError(
      .malformedFile, "duckdb cannot read this Parquet file (\(how)): \(message ?? "it says nothing")", at: path,
      remedy: "Get the file again if it is damaged; check the names of the columns.")
  }

  private static func missingProgram(_ program: String, at path: String) -> MartletError {
    MartletError(
      .unsupported, "Parquet files are read with DuckDB's program, and there is no \"\(program)\" on the PATH",
      at: path,
      remedy: "Install it, for example with `pip install duckdb-cli`, or convert the file to JSON lines.")
  }

  /// Checks what must stand at both ends of a Parquet file before a program is started.
  private static func checkFrame(_ file: Int32, _ path: String) throws {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw MartletError.system("read", path, errno: errno) }
    if status.st_mode & S_IFMT == S_IFDIR { throw MartletError.system("read", path, errno: EISDIR) }
    let size = Int(status.st_size)
    func bytes(_ count: Int, at offset: Int) -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: count)
      return pread(file, &bytes, count, off_t(offset)) == count ? bytes : []
    }
    let magic = Array("PAR1".utf8)
    func failure(_ message: String) -> MartletError {
      MartletError(.malformedFile, message, at: path, remedy: "Get the file again; it may have been cut off.")
    }
    guard size >= 12, bytes(4, at: 0) == magic else { throw failure("this is no Parquet file") }
    let end = bytes(8, at: size - 8)
    if end.suffix(4).elementsEqual("PARE".utf8) { throw failure("the Parquet file is encrypted") }
    guard end.suffix(4).elementsEqual(magic) else { throw failure("the Parquet file does not end as one") }
    let footer = end.prefix(4).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    if footer > size - 12 {
      throw failure("the Parquet file's footer should have \(footer) bytes, more than the file")
    }
  }

  private static func start(
    _ program: String, _ arguments: [String], file: Int32, output: Int32, errors: Int32
  ) throws -> pid_t {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var settings: posix_spawnattr_t?
    #else
      var actions = posix_spawn_file_actions_t()
      var settings = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawnattr_init(&settings)
    defer { posix_spawnattr_destroy(&settings) }
    // Copies above all that are assigned first, so that none is closed by another's assignment.
    let highest: Int32 = 64
    let copies = [(file, Int32(0)), (output, 1), (errors, 2)].map { from, to in
      (from: fcntl(from, F_DUPFD_CLOEXEC, highest), to: to)
    }
    defer { for copy in copies where copy.from >= 0 { close(copy.from) } }
    for copy in copies {
      guard copy.from >= 0 else { throw MartletError.system("start", program, errno: errno) }
      posix_spawn_file_actions_adddup2(&actions, copy.from, copy.to)
    }
    // The program must end when the pipe is closed, and Ctrl-C be heard by us alone.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&settings, &signals)
    sigaddset(&signals, SIGPIPE)
    posix_spawnattr_setsigdefault(&settings, &signals)
    posix_spawnattr_setflags(
      &settings, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETPGROUP))
    var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    defer { for argument in argv { free(argument) } }
    argv.append(nil)
    var child: pid_t = 0
    let status = posix_spawnp(&child, program, &actions, &settings, argv, environ)
    if status == ENOENT { throw missingProgram(program, at: program) }
    guard status == 0 else { throw MartletError.system("start", program, errno: status) }
    return child
  }

  /// The wait status of a child that ends.
  private static func wait(_ child: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 { if errno != EINTR { return -1 } }
    return status
  }
}
