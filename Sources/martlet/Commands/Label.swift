import Core
import Foundation
import HTTPServer
import Labelling

private let project = Option<String?>.text(
  "project", "<file>", "the project of `import`, `export` and `status`; project.yaml unless given")
private let host = Option<String?>.text(
  "host", "<address>", "serve: the address to listen on; the project's or 127.0.0.1 unless given")
private let port = Option<Int?>.integer(
  "port", "serve: the port to listen on, 0 for any; the project's or 8420 unless given", in: 0...65535)
private let format = Option<String>.choice("format", ["jsonl"], "export: the layout, JSON Lines")
private let output = Option<String?>.text("out", "<file>", "export: the file to write instead of standard output")
private let all = Option<Bool>.flag("all", "export: also items without a label, with null in its place")

/// `martlet label`: people label data in a browser.
let labelCommand = Command(
  name: "label",
  summary: "let people label data in a browser; see how far they are; take the labels out",
  positionals: [
    .init(name: "project", help: "the project, a YAML file, to serve; or one of status, export, import"),
    .init(
      name: "file", help: "status, export: the project; import: JSON Lines with more items or predictions",
      isRequired: false),
  ],
  options: [host, port, project, format, output, all],
  notes: [
    "Serves a page to this machine alone unless --host says otherwise, to those who know the token: the content of",
    "the project's token_file, or of the environment variable MARTLET_LABEL_TOKEN, or else a new one, which is printed.",
    "All that people do is in the SQLite database of the project before they see that it is done. Ctrl-C stops it.",
    "Importing a file again changes nothing; new predictions of known items take the place of the old.",
    "docs/LABELLING.md lists the keys of projects and of the keyboard.",
  ],
  examples: [
    "martlet label sentiment.yaml", "martlet label sentiment.yaml --port 9000", "martlet label status sentiment.yaml",
    "martlet label export sentiment.yaml --format jsonl --out labelled.jsonl",
    "martlet label import predictions.jsonl --project sentiment.yaml",
  ]
) { arguments in
  let first = arguments.positional(0) ?? ""
  let file = arguments.positional(1)
  switch first {
  case "status", "export":
    let store = try LabellingStore(openProject(file ?? arguments[project]), creates: false)
    return first == "status" ? try printStatus(store) : try export(store, to: arguments[output], all: arguments[all])
  case "import":
    guard let file else {
      throw MartletError(
        .invalidArgument, "<file> is missing", at: "martlet label import",
        remedy: "Write it as: martlet label import more.jsonl --project project.yaml")
    }
    Interruption.install()
    let store = try LabellingStore(openProject(arguments[project]))
    LabelConsole.report(try store.importItems(from: file), of: file)
    return Program.Status.success
  default:
    if let file {
      let near = nearestName(to: first, among: ["status", "export", "import"])
      throw MartletError(
        .invalidArgument, "unexpected argument '\(file)'", at: "martlet label",
        remedy: near.map { "Did you mean `martlet label \($0) \(file)`?" }
          ?? "`martlet label --help` explains the command.")
    }
    var settings = try openProject(first)
    settings.host = arguments[host] ?? settings.host
    settings.port = arguments[port] ?? settings.port
    return try serve(settings)
  }
}

private func openProject(_ path: String?) throws -> LabellingProject {
  try LabellingProject(file: path ?? "project.yaml")
}

private func serve(_ project: LabellingProject) throws -> Int32 {
  Interruption.install()
  let (token, isNew) = try LabellingToken.find(for: project)
  let store = try LabellingStore(project)
  for file in project.input { LabelConsole.report(try store.importItems(from: file), of: file) }
  let listener = try HTTPListener(
    host: project.host, port: project.port, handler: LabellingService(store, token: token))
  if project.host != "127.0.0.1", project.host != "localhost", project.host != "::1" {
    Program.warn(
      "others on the network can reach this page, and what it sends is not encrypted; put a proxy with TLS before it")
  }
  let address = LabelConsole.address(of: project.host, port: listener.port)
  print("Labelling \(project.name) at \(address)\(isNew ? "login#token=\(token)" : "")")
  if isNew { print("The token is \(token)") }
  print("Ctrl-C stops it; everything is in \(project.database)")
  fflush(nil)
  while !Interruption.isRequested { usleep(50_000) }
  listener.stop()
  return Program.Status.success
}

private func printStatus(_ store: LabellingStore) throws -> Int32 {
  for line in LabelConsole.lines(try store.status(), of: store.project) { print(line) }
  return Program.Status.success
}

private func export(_ store: LabellingStore, to path: String?, all: Bool) throws -> Int32 {
  let report: LabellingStore.ExportReport
  if let path {
    var written = LabellingStore.ExportReport()
    try AtomicFile.write(to: path) { file in written = try store.export(all: all) { try file.append($0) } }
    report = written
  } else {
    report = try store.export(all: all) { FileHandle.standardOutput.write(Data($0.utf8)) }
  }
  // Standard output may be the export itself.
  Terminal.write(
    "\(report.written) items exported, \(report.open) without judgements and \(report.disputed) disputed left out\n")
  return Program.Status.success
}
