import Core

/// What one YAML file says about a model: its architecture, its data, its training, and text to generate from it.
///
/// Every field is a key of the file, with the same name in snake case; `RecipeKey.all` lists them with their rules.
public struct Recipe: Sendable, Hashable {
  /// The name of the run.
  public var name = ""
  /// The architecture.
  public var model = ModelSection()
  /// The adapters that are trained instead of the model's own weights.
  public var lora = LoRASection()
  /// The data and the tokenizer.
  public var data = DataSection()
  /// The training.
  public var train = TrainSection()
  /// The generation of text.
  public var generate = GenerateSection()

  /// The folder that relative paths start from: the one that holds the recipe file.
  public var folder = "."

  /// A recipe in which every key has its default.
  public init() {}

  /// A path of the recipe, made relative to the folder the command runs in.
  public func resolve(_ path: String) -> String { folder == "." ? path : joinPath(folder, path) }

  /// Where checkpoints, metrics and reports go.
  public var outputFolder: String { resolve(train.outputDir ?? "runs/\(name)") }

  /// Where the prepared data goes.
  public var dataFolder: String { data.outputDir.map(resolve) ?? joinPath(outputFolder, "data") }
}

/// The `model:` section.
public struct ModelSection: Sendable, Hashable {
  /// The family, as `model_type` in a Hugging Face configuration.
  public var type = "gpt2"
  /// What the model is for.
  public var task = ModelTask.auto
  /// The Hugging Face folder, or the run's, whose weights training starts from, or nil for random ones.
  public var from: String?
  /// Patterns of the parameters that are not trained.
  public var freeze: [String] = []
  /// The keys of a Hugging Face configuration that the recipe sets, checked against the family's list.
  public var configuration = JSONObject()
}

/// The `lora:` section.
public struct LoRASection: Sendable, Hashable {
  /// The rank of the adapters; 0 trains the model's own weights.
  public var rank = 0
  /// How strong the adapters are: their product is multiplied by alpha / rank.
  public var alpha = 16.0
  /// The probability with which inputs of the adapters are dropped.
  public var dropout = 0.0
  /// Whether the product is multiplied by alpha / sqrt(rank).
  public var rslora = false
  /// Patterns of the linear layers that are adapted; all where there are none.
  public var targets: [String] = []
  /// Patterns of the parts that are trained as a whole and kept with the adapters.
  public var modulesToSave: [String] = []
}

/// The `data:` section.
public struct DataSection: Sendable, Hashable {
  /// Files and folders to read: text, or JSON lines.
  public var files: [String] = []
  /// Where documents come from, beside the files: paths, or sections with files, format and licence.
  public var sources: [JSONValue] = []
  /// What is done with the documents: names of steps, or a name with its settings.
  public var steps: [JSONValue] = []
  /// Whether documents come in a random order.
  public var shuffle = false
  /// What keeps documents together on one side of the split.
  public var groupBy: String?
  /// Mebibytes that the search for duplicates and the sorting may take.
  public var maxMemory = 512
  /// The field of a JSON line that holds the text.
  public var textField = "text"
  /// The tokenizer.
  public var tokenizer = TokenizerSection()
  /// The share of the documents that is held out for validation.
  public var validationFraction = 0.1
  /// Files and folders to validate on, instead of a share of the others.
  public var validationFiles: [String] = []
  /// Where documents to validate on come from, as in `sources`.
  public var validationSources: [JSONValue] = []
  /// The labels in the order of their numbers; none where those of the documents count.
  public var labels: [String] = []
  /// The attribute of documents with a second text, or nil where there is one text.
  public var pairField: String?
  /// How documents are held out.
  public var split = Split.auto
  /// Where the prepared data goes.
  public var outputDir: String?
  /// The seed of the split.
  public var seed = 0
  /// The text between documents in plain text files, or nil where a file is one document.
  public var documentSeparator: String?
  /// How batches are drawn.
  public var sampling = Sampling.random

  /// How documents are held out for validation.
  public enum Split: String, Sendable, CaseIterable {
    /// Whole documents, chosen at random.
    case document
    /// The end of the text.
    case tail
    /// By document where there are enough, else the end.
    case auto
  }

  /// How batches are drawn from the text.
  public enum Sampling: String, Sendable, CaseIterable {
    /// From random places.
    case random
    /// Each place once in an epoch.
    case epoch
  }
}

/// The `data.tokenizer:` section.
public struct TokenizerSection: Sendable, Hashable {
  /// What tokens are.
  public enum Kind: String, Sendable, CaseIterable {
    /// Single characters.
    case char
    /// Byte-level byte-pair encoding.
    case bpe
    /// Byte-pair encoding of characters, rare ones as bytes.
    case charBpe = "char_bpe"
    /// BERT's words in pieces.
    case wordpiece
    /// A unigram language model of pieces.
    case unigram
  }

  /// What tokens are.
  public var type = Kind.bpe
  /// The size of the vocabulary that is trained.
  public var vocabSize = 8192
  /// Whether `wordpiece` makes letters small and takes accents away.
  public var lowercase = true
  /// The folder or file of a tokenizer to use instead of training one.
  public var from: String?
}

/// The `train:` section.
public struct TrainSection: Sendable, Hashable {
  /// The update rules.
  public enum Optimizer: String, Sendable, CaseIterable { case adamw, sgd, lion, muon }
  /// How the learning rate changes.
  public enum Schedule: String, Sendable, CaseIterable {
    case constant, linear, cosine
    case warmupStableDecay = "warmup_stable_decay"
  }

  /// What a model is measured by.
  public enum Metric: String, Sendable, CaseIterable { case loss, accuracy }

  /// Where checkpoints, metrics and the report go; nil stands for `runs/` and the name.
  public var outputDir: String?
  /// The seed of weights, dropout and batches.
  public var seed = 0
  /// Tokens in a sequence.
  public var contextLength = 256
  /// Sequences in a micro-batch.
  public var perDeviceTrainBatchSize = 8
  /// Micro-batches in an update.
  public var gradientAccumulationSteps = 1
  /// Updates in the run; nil leaves it to `numTrainEpochs`.
  public var maxSteps: Int?
  /// Passes over the training text, where `maxSteps` is not given.
  public var numTrainEpochs = 1.0
  /// The update rule.
  public var optimizer = Optimizer.adamw
  /// The highest learning rate.
  public var learningRate = 3e-4
  /// The learning rate at the end of a decay.
  public var minLearningRate = 0.0
  /// What the learning rate is multiplied by from each layer to the one below.
  public var layerDecay = 1.0
  /// Learning rates of some parameters as multiples of the others', each `pattern: number`.
  public var learningRateScales: [JSONValue] = []
  /// The part of each target that is spread over all tokens or labels.
  public var labelSmoothing = 0.0
  /// Decoupled weight decay.
  public var weightDecay = 0.1
  /// Decay of the first moment.
  public var adamBeta1 = 0.9
  /// Decay of the second moment.
  public var adamBeta2 = 0.95
  /// What keeps AdamW's denominator from zero.
  public var adamEpsilon = 1e-8
  /// Momentum of SGD.
  public var momentum = 0.9
  /// Whether SGD's momentum is Nesterov's.
  public var nesterov = false
  /// Gradients are scaled down to this norm; 0 leaves them.
  public var maxGradNorm = 1.0
  /// How the learning rate changes.
  public var lrSchedulerType = Schedule.cosine
  /// Updates over which the learning rate rises from 0.
  public var warmupSteps = 0
  /// Updates of the decay; nil stands for the schedule's own.
  public var decaySteps: Int?
  /// Muon's learning rate for matrices.
  public var muonLearningRate = 0.02
  /// Muon's momentum.
  public var muonMomentum = 0.95
  /// Newton-Schulz iterations of Muon.
  public var muonSteps = 5
  /// Updates between evaluations; 0 evaluates only at the end.
  public var evalSteps = 200
  /// Validation tokens of an evaluation; 0 takes all.
  public var evalTokens = 0
  /// Updates between checkpoints; 0 saves only at the end.
  public var saveSteps = 200
  /// Checkpoints that are kept besides the best.
  public var saveTotalLimit = 2
  /// Updates between lines in the metrics.
  public var loggingSteps = 10
  /// What the best weights are best in.
  public var metricForBestModel = Metric.loss
  /// The part of the tokens that are hidden for `fill_mask`.
  public var maskRate = 0.15
  /// Whether words are hidden with all of their tokens.
  public var wholeWordMasking = false
  /// Evaluations without improvement after which training stops; 0 never stops early.
  public var earlyStoppingPatience = 0
  /// What counts as an improvement of the validation loss.
  public var earlyStoppingThreshold = 0.0
  /// Whether activations are computed again in the backward pass to save memory.
  public var gradientCheckpointing = false
  /// Threads; 0 takes all processors.
  public var threads = 0
  /// Updates in a row that may be skipped for NaN or infinite gradients before the run stops.
  public var maxNonfiniteSteps = 10
  /// Decay of an exponential moving average of the weights, which is evaluated and exported; 0 for none.
  public var averageWeights = 0.0
}

/// The `generate:` section.
public struct GenerateSection: Sendable, Hashable {
  /// The text to go on from.
  public var prompt = ""
  /// Tokens to generate.
  public var maxNewTokens = 200
  /// What logits are divided by; 0 always takes the likeliest token.
  public var temperature = 0.8
  /// How many of the likeliest tokens are kept; 0 keeps all.
  public var topK = 0
  /// The likeliest tokens with this probability together are kept.
  public var topP = 1.0
  /// Tokens below this share of the likeliest one's probability are dropped.
  public var minP = 0.0
  /// What the logits of tokens in the text are divided by; 1 for no effect.
  public var repetitionPenalty = 1.0
  /// Texts that end the generation.
  public var stop: [String] = []
  /// The seed.
  public var seed = 0
  /// How many texts are generated.
  public var samples = 1
}
