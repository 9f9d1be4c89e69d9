import Core

/// A folder with adapters of low rank for a model, as the library `peft` writes it: `adapter_config.json` and
/// `adapter_model.safetensors`.
///
/// Source: PEFT's "Checkpoint format" and `LoraConfig`.
public struct AdapterFolder: Sendable {
  /// The name of the file that describes the adapters.
  public static let configurationName = "adapter_config.json"
  /// The name of the file with their matrices.
  public static let weightsName = "adapter_model.safetensors"
  /// What the names of tensors begin with, before the model's own names.
  public static let prefix = "base_model.model."

  /// The folder.
  public let path: String
  /// The keys of `adapter_config.json`.
  public let configuration: ModelConfiguration
  /// What says how strong the adapters are.
  public let alpha: Double
  /// Whether they are scaled by the root of their rank.
  public let isRankStabilized: Bool
  /// The tensors.
  public let tensors: [StoredTensor]

  /// Whether a folder holds adapters.
  public static func isAdapter(_ path: String) -> Bool {
    FileSystem.kind(of: joinPath(path, configurationName)) == .file
  }

  /// Reads and checks a folder.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, `malformedFile`, or `unsupported` for adapters of other
  /// kinds.
  public init(_ path: String) throws {
    self.path = path
    configuration = try ModelConfiguration(file: joinPath(path, Self.configurationName))
    let fields = configuration.fields
    try Self.requirePlain(fields)
    alpha = try fields.number("lora_alpha")
    isRankStabilized = try fields.object["use_rslora"].map { _ in try fields.bool("use_rslora") } ?? false
    let file = joinPath(path, Self.weightsName)
    let old = joinPath(path, "adapter_model.bin")
    let isOld = FileSystem.kind(of: file) == nil && FileSystem.kind(of: old) != nil
    tensors = isOld ? try PyTorchFile(old).tensors : try SafetensorsFile(file).tensors
  }

  /// Refuses adapters that are more than two matrices beside each layer.
  private static func requirePlain(_ fields: JSONFields) throws {
    let kind = try fields.string("peft_type")
    var faults = kind == "LORA" ? [] : ["peft_type is \(kind)"]
    for key in [
      "use_dora", "use_qalora", "use_bdlora", "lora_bias", "rank_pattern", "alpha_pattern", "layer_replication",
      "trainable_token_indices", "target_parameters", "alora_invocation_tokens", "arrow_config", "kasa_config",
      "velora_config", "monteclora_config",
    ] {
      switch fields.object[key] {
      case nil, .null, .bool(false): continue
      case .object(let value) where value.keys.isEmpty: continue
      case .array(let value) where value.isEmpty: continue
      default: faults.append("\(key) is set")
      }
    }
    if let bias = fields.object["bias"]?.stringValue, bias != "none" { faults.append("bias is \(bias)") }
    // Weights of these kinds are made from other matrices than those of the base model.
    if let start = fields.object["init_lora_weights"]?.stringValue,
      !["true", "gaussian", "eva", "orthogonal"].contains(start)
    {
      faults.append("init_lora_weights is \(Terminal.fit(start, columns: 40))")
    }
    guard let fault = faults.first else { return }
    throw MartletError(
      .unsupported, "the adapter is of a kind that is not read: \(fault)", at: fields.file,
      remedy: "Merge it into its model in Python: model.merge_and_unload().save_pretrained(folder)")
  }

  /// The folder of the model that the adapters belong to.
  ///
  /// Throws: `MartletError(.notFound)` when it is not on this machine, or `(.malformedFile)`.
  public func baseFolder() throws -> String {
    let name = configuration.object["base_model_name_or_path"]?.stringValue ?? ""
    let candidates = name.isEmpty ? [] : name.hasPrefix("/") ? [name] : [name, joinPath(path, name)]
    if let found = candidates.first(where: { FileSystem.kind(of: $0) == .folder }) { return found }
    throw MartletError(
      .notFound,
      "the adapter's model, base_model_name_or_path (\"\(Terminal.fit(name, columns: 200))\"), is no folder here",
      at: joinPath(path, Self.configurationName),
      remedy: "Give the model's folder: martlet merge BASE \(path) OUT writes a whole model; or correct the key.")
  }

  /// Writes `adapter_config.json`'s content.
  ///
  /// - Parameters:
  ///   - layers: the paths of the layers that are adapted.
  ///   - modules: the paths of the parts that are stored as a whole.
  ///   - transposes: whether the layers' matrices are `[in, out]`.
  ///   - architecture: the class of `transformers` of the model, which tells the task.
  ///   - base: the folder of the model.
  public static func configuration(
    rank: Int, alpha: Double, dropout: Double, isRankStabilized: Bool, layers: [String], modules: [String],
    transposes: Bool, architecture: String, base: String
  ) -> ModelConfiguration {
    let tasks = [
      "ForCausalLM": "CAUSAL_LM", "LMHeadModel": "CAUSAL_LM", "ForSequenceClassification": "SEQ_CLS",
      "ForTokenClassification": "TOKEN_CLS", "ForQuestionAnswering": "QUESTION_ANS",
      "ForConditionalGeneration": "SEQ_2_SEQ_LM",
    ]
    let task = tasks.first { architecture.hasSuffix($0.key) }?.value
    return ModelConfiguration([
      "base_model_name_or_path": .string(base), "bias": .string("none"), "fan_in_fan_out": .bool(transposes),
      "inference_mode": .bool(true), "init_lora_weights": .bool(true),
      // A whole number where it is one, as `peft` has it.
      "lora_alpha": alpha == alpha.rounded() && abs(alpha) < 1e9 ? .integer(Int(alpha)) : .double(alpha),
      "lora_dropout": .double(dropout),
      "modules_to_save": modules.isEmpty ? .null : .array(modules.map(JSONValue.string)),
      "peft_type": .string("LORA"), "r": .integer(rank), "target_modules": .array(layers.map(JSONValue.string)),
      "task_type": task.map(JSONValue.string) ?? .null, "use_dora": .bool(false), "use_rslora": .bool(isRankStabilized),
    ])
  }
}
