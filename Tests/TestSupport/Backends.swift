import CPUBackend
import TensorGraph

/// A backend that tests run on; its name is what reports say.
public struct TestBackend: Sendable, CustomStringConvertible {
  /// The backend.
  public let backend: any Backend
  /// The name and what distinguishes it.
  public let description: String

  /// All backends: what holds on one must hold on each.
  public static let all = [
    TestBackend(backend: ReferenceBackend(), description: "reference"),
    TestBackend(backend: CPU(threads: 2), description: "cpu, 2 threads"),
  ]
}

/// Runs a program without states once and gives its outputs of 32-bit numbers by name.
public func run(_ program: Program, on backend: any Backend, inputs: [String: [Float]] = [:]) throws -> [String:
  [Float]]
{
  let executable = try backend.compile(program.optimized(), states: [:])
  for (name, values) in inputs { executable.input(name)?.write(values) }
  try executable.run()
  var outputs: [String: [Float]] = [:]
  for output in program.outputs { outputs[output.name] = executable.output(output.name)?.read(as: Float.self) }
  return outputs
}

/// The largest difference between two lists, relative to the largest number of the second; infinite where one is not a
/// number or the counts differ.
public func relativeDifference(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Double {
  guard a.count == b.count else { return .infinity }
  let scale = max(b.map { abs(Double($0)) }.max() ?? 0, 1e-30)
  var largest = 0.0
  for (x, y) in zip(a, b) {
    let difference = abs(Double(x) - Double(y))
    if difference.isNaN { return .infinity }
    largest = max(largest, difference)
  }
  return largest / scale
}
