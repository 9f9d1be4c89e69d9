import CPUBackend
import Core
import Training

/// Options that several commands have.
enum SharedOption {
  static let set = Option<[String]>.list(
    "set", "<key=value>", "another value for a key of the recipe, as in train.learning_rate=3e-4; may be repeated")
  static let threads = Option<Int?>.integer(
    "threads", "threads to compute with; all cores unless given. The results are the same", in: 1...1024)

  static let maxShardSize = Option<Int?>.integer(
    "max-shard-size",
    "megabytes of weights in a file, beyond which they go to several with an index; 5000 unless given",
    in: 1...1 << 30)

  /// The bytes of a file of weights.
  static func shardLimit(_ arguments: Arguments) -> Int { (arguments[maxShardSize] ?? 5000) * 1_000_000 }

  /// The recipe that an argument names, with the values of `--set`.
  static func recipe(_ arguments: Arguments, at place: Int = 0) throws -> Recipe {
    var overrides = arguments[set]
    if let threads = arguments[threads] { overrides.append("train.threads=\(threads)") }
    return try Recipe(file: arguments.positional(place) ?? "", overrides: overrides)
  }

  /// The processor as a device, with as many threads as asked for.
  static func processor(threads: Int?) -> CPU { CPU(threads: threads == 0 ? nil : threads) }
}

extension Command.Positional {
  static let recipe = Command.Positional(name: "recipe", help: "the recipe, a YAML file; `martlet new` writes one")
}
