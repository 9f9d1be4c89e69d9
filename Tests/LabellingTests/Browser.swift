import Core
import Foundation

/// A Chromium without a window, driven through its DevTools protocol over two named pipes.
final class Browser {
  /// Where Chromium is; nil if it is not installed.
  static let path: String? = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// How long anything may take before it counts as broken; a machine may be busy with other things.
  private static let patience = 120.0

  struct Failure: Error, CustomStringConvertible { var description: String }

  private let folder = NSTemporaryDirectory() + "martlet-browser-" + UUID().uuidString
  private let process = Process()
  private let input: Int32
  private let output: Int32
  private var buffer: [UInt8] = []
  private var number = 0
  private var session = ""

  /// Starts a browser with one page, for people who read `language`.
  init(language: String = "en") throws {
    guard let program = Self.path else { throw Failure(description: "there is no Chromium") }
    try FileSystem.createFolder(folder)
    for name in ["in", "out"] {
      guard mkfifo("\(folder)/\(name)", 0o600) == 0 else { throw Failure(description: "no pipe") }
    }
    // Opened for both directions, so that opening waits for nobody.
    input = open("\(folder)/in", O_RDWR | O_CLOEXEC)
    output = open("\(folder)/out", O_RDWR | O_CLOEXEC)
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c",
      "exec '\(program)' --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --lang=\(language) "
        + "--accept-lang=\(language) --user-data-dir='\(folder)/data' --remote-debugging-pipe about:blank "
        + "3<'\(folder)/in' 4>'\(folder)/out' 2>/dev/null >/dev/null",
    ]
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let target = try call("Target.createTarget", ["url": .string("about:blank")])
    let attached = try call(
      "Target.attachToTarget", ["targetId": target["targetId"] ?? .null, "flatten": .bool(true)])
    session = attached["sessionId"]?.stringValue ?? ""
    _ = try call("Page.enable")
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGTERM) }
    process.waitUntilExit()
    close(input)
    close(output)
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Sends a command and waits for its result.
  @discardableResult
  func call(_ method: String, _ parameters: JSONObject = [:]) throws -> JSONObject {
    number += 1
    var message: JSONObject = [
      "id": .integer(number), "method": .string(method), "params": .object(parameters),
    ]
    if !session.isEmpty { message["sessionId"] = .string(session) }
    var bytes = Array(JSONValue.object(message).text().utf8)[...]
    bytes.append(0)
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
      if written <= 0 { throw Failure(description: "the browser takes no commands") }
      bytes = bytes.dropFirst(written)
    }
    let end = Date().addingTimeInterval(Self.patience)
    while Date() < end {
      guard let answer = try nextMessage() else { continue }
      guard answer["id"]?.integerValue == number else { continue }
      if let error = answer["error"] { throw Failure(description: "\(method): \(error.text())") }
      return answer["result"]?.objectValue ?? JSONObject()
    }
    throw Failure(description: "no answer to \(method)")
  }

  private func nextMessage() throws -> JSONObject? {
    while true {
      if let end = buffer.firstIndex(of: 0) {
        let message = Array(buffer[..<end])
        buffer.removeSubrange(...end)
        return try JSONValue(parsing: message, name: "DevTools").objectValue
      }
      var entry = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, 500) > 0 else { return nil }
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(output, &piece, piece.count)
      if count <= 0 { throw Failure(description: "the browser ended") }
      buffer += piece[..<count]
    }
  }

  /// Goes to an address.
  func go(to address: String) throws {
    try call("Page.navigate", ["url": .string(address)])
    try wait("document.readyState === 'complete' && location.href !== 'about:blank'")
  }

  /// What an expression gives.
  @discardableResult
  func evaluate(_ script: String) throws -> JSONValue {
    let answer = try call(
      "Runtime.evaluate", ["expression": .string(script), "returnByValue": .bool(true), "awaitPromise": .bool(true)])
    if let details = answer["exceptionDetails"] { throw Failure(description: "\(script): \(details.text())") }
    return answer["result"]?.objectValue?["value"] ?? .null
  }

  /// Waits until an expression is true.
  func wait(_ condition: String) throws {
    try wait(condition) { (try? evaluate("Boolean(\(condition))")) == .bool(true) }
  }

  /// Waits until something holds.
  func wait(_ condition: String, _ holds: () throws -> Bool) throws {
    let end = Date().addingTimeInterval(Self.patience)
    while Date() < end {
      if try holds() { return }
      usleep(20_000)
    }
    let page = (try? evaluate("document.body.innerText").stringValue) ?? ""
    throw Failure(description: "never true: \(condition)\n\(page.prefix(2000))")
  }

  /// Modifier keys.
  enum Modifier: Int {
    case none = 0
    case control = 2
    case shift = 8
  }

  /// Presses and releases a key: a letter, a digit, or a name such as `Enter` and `ArrowRight`.
  func press(_ key: String, _ modifier: Modifier = .none, times: Int = 1) throws {
    let codes = [
      "Enter": 13, "Escape": 27, "Backspace": 8, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
      "Home": 36, "End": 35, "Tab": 9,
    ]
    for _ in 0..<times {
      var event: JSONObject = [
        "type": .string("rawKeyDown"), "key": .string(key), "modifiers": .integer(modifier.rawValue),
      ]
      if let code = codes[key] {
        event["windowsVirtualKeyCode"] = .integer(code)
        event["code"] = .string(key)
        if key == "Enter" {
          event["type"] = .string("keyDown")
          event["text"] = .string("\r")
        }
      } else {
        if modifier != .control {
          event["type"] = .string("keyDown")
          event["text"] = .string(key)
        }
        let isDigit = key.first?.isNumber == true
        event["code"] = .string((isDigit ? "Digit" : "Key") + key.uppercased())
        event["windowsVirtualKeyCode"] = .integer(Int(key.uppercased().utf8.first ?? 0))
      }
      try call("Input.dispatchKeyEvent", event)
      event["type"] = .string("keyUp")
      event["text"] = nil
      try call("Input.dispatchKeyEvent", event)
    }
  }

  /// Moves the mouse with its button held from one point to another; a click where they are the same.
  func drag(from start: (Double, Double), to end: (Double, Double)) throws {
    func event(_ type: String, _ point: (Double, Double), _ buttons: Int) throws {
      try call(
        "Input.dispatchMouseEvent",
        [
          "type": .string(type), "x": .double(point.0), "y": .double(point.1), "button": .string("left"),
          "buttons": .integer(buttons), "clickCount": .integer(1),
        ])
    }
    try event("mousePressed", start, 1)
    if start != end { try event("mouseMoved", end, 1) }
    try event("mouseReleased", end, 0)
  }

  /// Clicks on the middle of an element.
  func click(_ selector: String) throws {
    let point =
      try evaluate(
        "(() => { const r = document.querySelector(\(JSONValue.string(selector).text())).getBoundingClientRect();"
          + " return [r.left + r.width / 2, r.top + r.height / 2]; })()"
      ).arrayValue?.compactMap(\.doubleValue) ?? []
    guard point.count == 2 else { throw Failure(description: "no element \(selector)") }
    try drag(from: (point[0], point[1]), to: (point[0], point[1]))
  }

  /// Types text where the focus is.
  func type(_ text: String) throws { try call("Input.insertText", ["text": .string(text)]) }

  /// Sets the size of the page, and whether people prefer it dark.
  func show(width: Int, height: Int, isDark: Bool = false, isPhone: Bool = false) throws {
    try call(
      "Emulation.setDeviceMetricsOverride",
      [
        "width": .integer(width), "height": .integer(height), "deviceScaleFactor": .integer(isPhone ? 2 : 1),
        "mobile": .bool(isPhone),
      ])
    let feature: JSONObject = ["name": .string("prefers-color-scheme"), "value": .string(isDark ? "dark" : "light")]
    try call("Emulation.setEmulatedMedia", ["features": .array([.object(feature)])])
  }

  /// Keeps a picture of the page where `MARTLET_SCREENSHOTS` names a folder.
  func screenshot(_ name: String) throws {
    guard let folder = ProcessInfo.processInfo.environment["MARTLET_SCREENSHOTS"] else { return }
    try FileSystem.createFolder(folder)
    let answer = try call("Page.captureScreenshot", ["format": .string("png")])
    guard let data = answer["data"]?.stringValue.flatMap({ Data(base64Encoded: $0) }) else { return }
    try data.write(to: URL(fileURLWithPath: "\(folder)/\(name).png"))
  }
}
