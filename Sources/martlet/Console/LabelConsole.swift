import Core
import Labelling

/// What `martlet label` prints.
enum LabelConsole {
  /// The address of the page.
  static func address(of host: String, port: Int) -> String {
    switch host {
    case "0.0.0.0", "::": "http://localhost:\(port)/"
    case let host where host.contains(":"): "http://[\(host)]:\(port)/"
    default: "http://\(host):\(port)/"
    }
  }

  /// Says what became of the lines of a file.
  static func report(_ report: LabellingStore.ImportReport, of path: String) {
    print(
      "\(path): \(report.lines) lines, \(report.added) new items, \(report.updated) updated, \(report.known) known")
    for (reason, count) in report.skipped.sorted(by: { $0.key < $1.key }) {
      Program.warn("\(count) left out: \(reason), first at \(report.places[reason] ?? path)")
    }
  }

  /// The lines of `martlet label status`.
  static func lines(_ status: LabellingStore.Status, of project: LabellingProject) -> [String] {
    var lines = [
      "\(project.name): \(project.task.rawValue), \(project.judgementsPerItem) judgements an item",
      "items      \(status.items), \(status.complete) complete",
      "conflicts  \(status.conflicts) open, \(status.decided) decided",
    ]
    for person in status.people {
      var line = "\(person.name): \(person.judged) judged, \(person.skipped) skipped"
      if person.decided > 0 { line += ", \(person.decided) decided" }
      if let seconds = person.medianSeconds { line += ", median \(rounded(seconds, 1)) s" }
      lines.append(line)
    }
    if !status.labels.isEmpty {
      lines.append("labels     " + status.labels.map { "\($0.name) \($0.count)" }.joined(separator: ", "))
    }
    let measure = project.task == .span ? "F1 of exact spans" : "Cohen's kappa"
    for pair in status.pairs {
      lines.append("\(pair.one) and \(pair.other): \(measure) \(figure(pair.agreement)) on \(pair.items) items")
    }
    if status.pairs.isEmpty {
      lines.append("agreement  no two people have judged the same item yet")
    } else {
      if project.task != .span { lines.append("Fleiss' kappa         \(figure(status.fleissKappa))") }
      let unit = project.task == .span ? " (characters)" : ""
      lines.append("Krippendorff's alpha  \(figure(status.krippendorffAlpha))\(unit)")
    }
    return lines
  }

  private static func figure(_ value: Double?) -> String { value.map { rounded($0, 3) } ?? "undefined" }

  private static func rounded(_ value: Double, _ digits: Int) -> String {
    let scale = digits == 1 ? 10.0 : 1000.0
    let whole = Int((value * scale).rounded())
    let fraction = String(whole.magnitude % Int(scale).magnitude)
    let sign = whole < 0 ? "-" : ""
    return sign + "\(whole.magnitude / Int(scale).magnitude)."
      + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}
