import Core
import Models

extension RecipeKey {
  /// All keys, section by section, in the order in which recipes are written. The keys of a model's configuration
  /// depend on its family and are in its configuration, see `ModelFamilies`.
  public static let all: [RecipeKey] = general + lora + data + train + generate

  private static let general: [RecipeKey] = [
    .init(
      "name", .text(\.name), .text, default: "the file's name", example: "shakespeare", changesWeights: false,
      "The name of the run."),
    .init(
      "model.type", .text(\.model.type), .choice(ModelFamilies.all.map { $0.modelType }), example: "gpt2",
      otherNames: ["model_type", "architecture", "arch"],
      "The family of the model; its other keys are those of that family's Hugging Face configuration."),
    .init(
      "model.task", .word(\.model.task), .words(ModelTask.self), default: "text_generation, of encoders fill_mask",
      example: "text_classification", otherNames: ["objective", "task", "stage", "pipeline_tag"],
      "What the model is for: text that goes on, words behind masks, or a label for each text."),
    .init(
      "model.from", .optionalText(\.model.from), .path, default: "random weights", example: "runs/base/model",
      otherNames: ["init_from", "pretrained", "checkpoint", "model_name_or_path"],
      "A Hugging Face folder, or a run's, whose weights and configuration training starts from."),
    .init(
      "model.freeze", .texts(\.model.freeze), .texts, default: "none", example: "[wte, h.0, \"*.bias\"]",
      otherNames: ["frozen", "freeze_layers", "frozen_layers"],
      "Parameters that are not trained: patterns of parts of their names, in which * stands for any characters."),
  ]

  private static let lora: [RecipeKey] = [
    .init(
      "lora.rank", .int(\.lora.rank), .integer(0...65_536), example: "8", otherNames: ["r", "lora_r", "lora_rank"],
      "The rank of adapters that are trained instead of the weights of model.from; 0 trains the weights themselves."),
    .init(
      "lora.alpha", .double(\.lora.alpha), .numberAbove(0, upTo: .infinity), example: "16", otherNames: ["lora_alpha"],
      "How strong the adapters are: what they add is multiplied by alpha / rank."),
    .init(
      "lora.dropout", .double(\.lora.dropout), .numberBelow(1, from: 0), example: "0.05", otherNames: ["lora_dropout"],
      "The probability with which inputs of the adapters are dropped in training."),
    .init(
      "lora.targets", .texts(\.lora.targets), .texts, default: "all linear layers", example: "[c_attn, \"h.*.mlp\"]",
      otherNames: ["target_modules", "lora_target_modules"],
      "The linear layers with adapters: patterns of parts of their names, in which * stands for any characters."),
    .init(
      "lora.rslora", .bool(\.lora.rslora), .bool, example: "true", otherNames: ["use_rslora"],
      "Whether what adapters add is multiplied by alpha / sqrt(rank), which suits large ranks."),
    .init(
      "lora.modules_to_save", .texts(\.lora.modulesToSave), .texts,
      default: "none, of encoders the head", example: "[ln_f]",
      "Parts that are trained as a whole and kept with the adapters, such as a new head: patterns as of targets."),
  ]

  private static let data: [RecipeKey] = [
    .init(
      "data.files", .texts(\.data.files), .paths, default: "must be given, or sources",
      example: "[book.txt, articles/]",
      otherNames: ["file", "path", "paths", "train_files", "dataset", "input"],
      "The text to train on: files, folders, and JSON lines (.jsonl)."),
    .init(
      "data.sources", .list(\.data.sources), .list, default: "none",
      example: "[{files: dump.xml.bz2, format: wikipedia}]",
      "Where more documents come from, each a path or a section with files, format, licence and weight: see DATA.md."),
    .init(
      "data.steps", .list(\.data.steps), .list, default: "none", example: "[gopher_quality, deduplicate]",
      "What is done with the documents before they become tokens, in this order: see DATA.md."),
    .init(
      "data.shuffle", .bool(\.data.shuffle), .bool, example: "true",
      "Whether documents come in a random order, the same for the same seed."),
    .init(
      "data.group_by", .optionalText(\.data.groupBy), .text, default: "the text itself", example: "domain",
      "What keeps documents together when some are held out: input, url, domain, or a field of theirs."),
    .init(
      "data.max_memory", .int(\.data.maxMemory), .integer(16...1 << 24), example: "4096", changesWeights: false,
      otherNames: ["max_memory_mb", "memory"],
      "Mebibytes that the search for duplicates and the sorting of documents may take."),
    .init(
      "data.text_field", .text(\.data.textField), .text, example: "text", otherNames: ["text_column", "field"],
      "The field of each JSON line that holds the text."),
    .init(
      "data.tokenizer.type", .word(\.data.tokenizer.type), .words(TokenizerSection.Kind.self), example: "char",
      "What a token is: a character, or a piece of text learned by byte-pair encoding of bytes (bpe: any text comes back "
        + "exactly) or of characters (char_bpe), by WordPiece, or by a unigram language model."),
    .init(
      "data.tokenizer.vocab_size", .int(\.data.tokenizer.vocabSize), .integer(257...16_777_216), example: "8192",
      otherNames: ["vocabulary_size"],
      "The number of tokens that are learned; characters are as many as the text has."),
    .init(
      "data.tokenizer.lowercase", .bool(\.data.tokenizer.lowercase), .bool, example: "true",
      "Whether wordpiece makes letters small and takes accents away."),
    .init(
      "data.tokenizer.from", .optionalText(\.data.tokenizer.from), .path, default: "trained on the files",
      example: "runs/base/model",
      "A tokenizer.json, a sentencepiece .model, a .tiktoken file, or a folder with one, instead of training a tokenizer."
    ),
    .init(
      "data.validation_fraction", .double(\.data.validationFraction), .numberBelow(1, from: 0), example: "0.1",
      otherNames: ["val_fraction", "validation_split", "test_size"],
      "The share of the text that is held out to measure the validation loss."),
    .init(
      "data.validation_files", .texts(\.data.validationFiles), .paths, default: "a share of the files",
      example: "held-out.txt", otherNames: ["val_files", "eval_files"],
      "Text to measure the validation loss on, instead of a share of the files."),
    .init(
      "data.validation_sources", .list(\.data.validationSources), .list, default: "none",
      example: "[{files: dev.csv, label: stars}]",
      "Where documents to validate on come from, as in sources, instead of a share of the documents."),
    .init(
      "data.labels", .texts(\.data.labels), .texts, default: "those of the documents, sorted",
      example: "[negative, positive]", otherNames: ["label_names", "classes", "id2label"],
      "The labels for text_classification in the order of their numbers; documents with others are left out."),
    .init(
      "data.pair_field", .optionalText(\.data.pairField), .text, default: "none", example: "hypothesis",
      otherNames: ["text_pair", "sentence2"],
      "The field with a second text that belongs to the first; a source keeps it with `keep: [hypothesis]`."),
    .init(
      "data.split", .word(\.data.split), .words(DataSection.Split.self), example: "tail",
      "What is held out: whole documents, the end of the text, or documents where there are enough of them."),
    .init(
      "data.output_dir", .optionalText(\.data.outputDir), .path, default: "data in train.output_dir",
      example: "runs/data", changesWeights: false, "The folder for the prepared data."),
    .init("data.seed", .int(\.data.seed), .integer(from: 0), example: "1", "The seed of the split."),
    .init(
      "data.document_separator", .optionalText(\.data.documentSeparator), .text, default: "a file is one document",
      example: "\"<|endoftext|>\"", otherNames: ["separator"], "The text between documents in plain text files."),
    .init(
      "data.sampling", .word(\.data.sampling), .words(DataSection.Sampling.self), example: "epoch",
      "How batches are drawn: from random places, or each place once in an epoch."),
  ]

  private static let train: [RecipeKey] = [
    .init(
      "train.output_dir", .optionalText(\.train.outputDir), .path, default: "runs/ and the name",
      example: "runs/shakespeare", changesWeights: false, otherNames: ["out_dir", "output"],
      "The folder for checkpoints, metrics, the report and the model."),
    .init(
      "train.seed", .int(\.train.seed), .integer(from: 0), example: "1337",
      "The seed of weights, dropout and batches: the same seed gives the same run, bit for bit."),
    .init(
      "train.context_length", .int(\.train.contextLength), .integer(1...16_777_216), example: "256",
      otherNames: ["block_size", "sequence_length", "seq_len", "max_length", "max_seq_length"], "Tokens in a sequence."),
    .init(
      "train.per_device_train_batch_size", .int(\.train.perDeviceTrainBatchSize), .integer(1...1_048_576), example: "8",
      otherNames: ["batch_size", "micro_batch_size", "train_batch_size"], "Sequences in a micro-batch."),
    .init(
      "train.gradient_accumulation_steps", .int(\.train.gradientAccumulationSteps), .integer(1...1_048_576),
      example: "4", otherNames: ["accumulation_steps", "grad_accum"], "Micro-batches in an update."),
    .init(
      "train.max_steps", .optionalInt(\.train.maxSteps), .integer(from: 1), default: "from num_train_epochs",
      example: "2000", otherNames: ["max_iters", "steps", "num_steps", "iterations"],
      "Updates in the run; counts before num_train_epochs."),
    .init(
      "train.num_train_epochs", .double(\.train.numTrainEpochs), .numberAbove(0, upTo: .infinity), example: "3",
      otherNames: ["epochs", "num_epochs", "max_epochs"], "Passes over the training text, where max_steps is not given."
    ),
    .init(
      "train.optimizer", .word(\.train.optimizer), .words(TrainSection.Optimizer.self), example: "adamw",
      otherNames: ["optim", "optimiser"], "The update rule."),
    .init(
      "train.learning_rate", .double(\.train.learningRate), .numberAbove(0, upTo: .infinity), example: "3e-4",
      otherNames: ["lr", "max_lr"], "The highest learning rate."),
    .init(
      "train.min_learning_rate", .double(\.train.minLearningRate), .number(from: 0), example: "3e-5",
      otherNames: ["min_lr"], "The learning rate at the end of a decay."),
    .init(
      "train.layer_decay", .double(\.train.layerDecay), .numberAbove(0, upTo: 1), example: "0.9",
      otherNames: ["layerwise_lr_decay", "llrd", "layer_wise_decay", "lr_layer_decay"],
      "What the learning rate is multiplied by from each layer to the one below, down to the embeddings."),
    .init(
      "train.learning_rate_scales", .list(\.train.learningRateScales), .list, default: "none",
      example: "[{ln_f: 10}, {wte: 0.1}]", otherNames: ["learning_rates", "lr_groups", "param_groups"],
      "Learning rates of some parameters as multiples of the others': a pattern of parts of their names and a number; the "
        + "first that fits counts."),
    .init(
      "train.label_smoothing", .double(\.train.labelSmoothing), .numberBelow(1, from: 0), example: "0.1",
      otherNames: ["label_smoothing_factor"],
      "The part of each target that is spread over all tokens or labels in training, not in evaluations."),
    .init(
      "train.weight_decay", .double(\.train.weightDecay), .number(from: 0), example: "0.1", otherNames: ["wd"],
      "Decoupled weight decay of the weight matrices."),
    .init(
      "train.adam_beta1", .double(\.train.adamBeta1), .numberBelow(1, from: 0), example: "0.9",
      otherNames: ["beta1", "beta_1"], "Decay of the first moment (AdamW, Lion)."),
    .init(
      "train.adam_beta2", .double(\.train.adamBeta2), .numberBelow(1, from: 0), example: "0.95",
      otherNames: ["beta2", "beta_2"], "Decay of the second moment (AdamW, Lion)."),
    .init(
      "train.adam_epsilon", .double(\.train.adamEpsilon), .numberAbove(0, upTo: 1), example: "1e-8",
      otherNames: ["epsilon", "eps", "adam_eps"], "What keeps AdamW's denominator from zero."),
    .init(
      "train.momentum", .double(\.train.momentum), .numberBelow(1, from: 0), example: "0.9", "Momentum of SGD."),
    .init("train.nesterov", .bool(\.train.nesterov), .bool, example: "true", "Whether SGD's momentum is Nesterov's."),
    .init(
      "train.max_grad_norm", .double(\.train.maxGradNorm), .number(from: 0), example: "1.0",
      otherNames: ["grad_clip", "clip_grad_norm", "gradient_clip_val"],
      "Gradients with a larger norm are scaled down to it; 0 leaves them."),
    .init(
      "train.lr_scheduler_type", .word(\.train.lrSchedulerType), .words(TrainSection.Schedule.self), example: "cosine",
      otherNames: ["scheduler", "lr_scheduler", "schedule", "lr_decay"], "How the learning rate changes."),
    .init(
      "train.warmup_steps", .int(\.train.warmupSteps), .integer(from: 0), example: "100",
      otherNames: ["warmup", "warmup_iters", "num_warmup_steps"],
      "Updates over which the learning rate rises from 0."),
    .init(
      "train.decay_steps", .optionalInt(\.train.decaySteps), .integer(from: 1),
      default: "all after the warm-up; for warmup_stable_decay the last fifth", example: "2000",
      otherNames: ["lr_decay_iters", "num_decay_steps"], "Updates over which the learning rate falls."),
    .init(
      "train.muon_learning_rate", .double(\.train.muonLearningRate), .numberAbove(0, upTo: .infinity), example: "0.02",
      "Muon's learning rate for matrices; the other weights take AdamW with learning_rate."),
    .init(
      "train.muon_momentum", .double(\.train.muonMomentum), .numberBelow(1, from: 0), example: "0.95",
      "Muon's momentum."),
    .init(
      "train.muon_steps", .int(\.train.muonSteps), .integer(1...20), example: "5",
      "Newton-Schulz iterations of an update by Muon."),
    .init(
      "train.eval_steps", .int(\.train.evalSteps), .integer(from: 0), example: "250",
      otherNames: ["eval_interval", "evaluation_steps", "val_check_interval"],
      "Updates between evaluations; 0 evaluates only at the end."),
    .init(
      "train.eval_tokens", .int(\.train.evalTokens), .integer(from: 0), example: "100_000",
      otherNames: ["eval_iters"], "Validation tokens of an evaluation; 0 takes the whole validation set."),
    .init(
      "train.save_steps", .int(\.train.saveSteps), .integer(from: 0), example: "250", changesWeights: false,
      otherNames: ["save_interval", "checkpoint_steps"], "Updates between checkpoints; 0 saves only at the end."),
    .init(
      "train.save_total_limit", .int(\.train.saveTotalLimit), .integer(from: 1), example: "2", changesWeights: false,
      otherNames: ["keep_checkpoints"], "Checkpoints that are kept besides the best."),
    .init(
      "train.logging_steps", .int(\.train.loggingSteps), .integer(from: 1), example: "10", changesWeights: false,
      otherNames: ["log_interval", "log_steps"], "Updates between lines in metrics.jsonl."),
    .init(
      "train.metric_for_best_model", .word(\.train.metricForBestModel), .words(TrainSection.Metric.self),
      example: "accuracy", otherNames: ["monitor", "best_metric"],
      "What is compared to choose the best weights and to stop early; accuracy is measured of labels."),
    .init(
      "train.mask_rate", .double(\.train.maskRate), .numberAbove(0, upTo: 1), example: "0.15",
      otherNames: ["mlm_probability", "mlm_prob"], "The part of the tokens that are hidden for fill_mask."),
    .init(
      "train.whole_word_masking", .bool(\.train.wholeWordMasking), .bool, example: "true",
      otherNames: ["whole_word_mask", "wwm"], "Whether words are hidden with all of their tokens."),
    .init(
      "train.early_stopping_patience", .int(\.train.earlyStoppingPatience), .integer(from: 0), example: "5",
      otherNames: ["patience"], "Evaluations without improvement after which training stops; 0 never stops early."),
    .init(
      "train.early_stopping_threshold", .double(\.train.earlyStoppingThreshold), .number(from: 0), example: "0.001",
      otherNames: ["min_delta"], "By how much the validation loss must fall to count as an improvement."),
    .init(
      "train.gradient_checkpointing", .bool(\.train.gradientCheckpointing), .bool, example: "true",
      changesWeights: false, otherNames: ["activation_checkpointing", "recompute"],
      "Computes activations again in the backward pass, which takes less memory and more time."),
    .init(
      "train.threads", .int(\.train.threads), .integer(0...1024), example: "4", changesWeights: false,
      otherNames: ["num_threads", "workers"], "Threads; 0 takes all processors. The results are the same bits."),
    .init(
      "train.max_nonfinite_steps", .int(\.train.maxNonfiniteSteps), .integer(from: 0), example: "10",
      "Updates in a row that may be skipped because of NaN or infinite gradients before the run stops."),
    .init(
      "train.average_weights", .double(\.train.averageWeights), .numberBelow(1, from: 0), example: "0.999",
      otherNames: ["ema", "ema_decay"],
      "Decay of a moving average of the weights, which is what is evaluated and exported; 0 for none."),
  ]

  private static let generate: [RecipeKey] = [
    .init(
      "generate.prompt", .text(\.generate.prompt), .text, example: "\"Once upon a time\"", changesWeights: false,
      otherNames: ["start"], "The text to go on from."),
    .init(
      "generate.max_new_tokens", .int(\.generate.maxNewTokens), .integer(from: 1), example: "200",
      changesWeights: false, otherNames: ["max_tokens", "num_tokens"], "Tokens to generate."),
    .init(
      "generate.temperature", .double(\.generate.temperature), .number(from: 0), example: "0.8", changesWeights: false,
      otherNames: ["temp"], "What logits are divided by; 0 always takes the likeliest token."),
    .init(
      "generate.top_k", .int(\.generate.topK), .integer(from: 0), example: "50", changesWeights: false,
      "How many of the likeliest tokens are kept; 0 keeps all."),
    .init(
      "generate.top_p", .double(\.generate.topP), .numberAbove(0, upTo: 1), example: "0.95", changesWeights: false,
      "The likeliest tokens that have this probability together are kept."),
    .init(
      "generate.min_p", .double(\.generate.minP), .number(0...1), example: "0.05", changesWeights: false,
      "Tokens below this share of the likeliest token's probability are dropped."),
    .init(
      "generate.repetition_penalty", .double(\.generate.repetitionPenalty), .numberAbove(0, upTo: .infinity),
      example: "1.1", changesWeights: false, "Makes tokens of the text so far less likely; 1 for no effect."),
    .init(
      "generate.stop", .texts(\.generate.stop), .texts, example: "[\"\\n\\n\"]", changesWeights: false,
      otherNames: ["stop_strings"], "Texts that end the generation."),
    .init(
      "generate.seed", .int(\.generate.seed), .integer(from: 0), example: "1", changesWeights: false,
      "The seed of the choice of tokens."),
    .init(
      "generate.samples", .int(\.generate.samples), .integer(1...10_000), example: "3", changesWeights: false,
      otherNames: ["num_samples", "num_return_sequences", "n"], "How many texts are generated."),
  ]
}
