import Core
import Foundation
import Training

/// What a person may want a model for; the first can be done today.
private let tasks = [
  "text-generation", "classification", "question-answering", "translation", "summarization", "captioning",
]

/// `martlet new`: a recipe to start from.
let newCommand = Command(
  name: "new",
  summary: "write a commented recipe for a task",
  positionals: [
    .init(name: "task", help: "text-generation; later also \(tasks.dropFirst().joined(separator: ", "))"),
    .init(name: "folder", help: "the folder to make; the task's name unless given", isRequired: false),
  ],
  examples: ["martlet new text-generation my-model"]
) { arguments in
  let task = arguments.positional(0) ?? ""
  guard let known = tasks.first(where: { $0 == task }) else {
    let near = nearestName(to: task, among: tasks).map { "Did you mean \($0)? " } ?? ""
    throw MartletError(
      .invalidArgument, "there is no task '\(task)'", at: "martlet new",
      remedy: "\(near)Tasks: \(tasks.joined(separator: ", ")).")
  }
  guard known == tasks[0] else {
    throw MartletError(
      .unsupported, "the task \(known) is not there yet: this version of martlet trains for text-generation",
      at: "martlet new", remedy: "Write a recipe for that: martlet new text-generation")
  }
  let folder = arguments.positional(1) ?? known
  let file = joinPath(folder, "recipe.yaml")
  guard FileSystem.kind(of: file) == nil else {
    throw MartletError(
      .invalidArgument, "there is a recipe already", at: file, remedy: "Choose another folder, or remove the file.")
  }
  try FileSystem.createFolder(joinPath(folder, "text"))
  try AtomicFile.write(textGenerationRecipe, to: file)
  print(
    """
    Wrote \(file). Next:
      1. Put text into \(joinPath(folder, "text")): .txt files, or .jsonl files with a "text" field on each line.
      2. martlet train \(file)
      3. martlet generate --model \(joinPath(folder, "runs/model")) --prompt "Once"
    """)
  return Program.Status.success
}

private let textGenerationRecipe = """
  # A recipe for martlet: a language model of your own, trained from scratch on your text.
  # Every key is explained by `martlet recipe`. Relative paths start at this file's folder.
  # Another value for one run: martlet train recipe.yaml --set train.learning_rate=3e-4

  name: model

  model:
    type: gpt2            # the family; the keys below are those of its Hugging Face configuration
    n_layer: 6            # more layers, heads and width: a better model, and more time and memory
    n_head: 6
    n_embd: 192           # a multiple of n_head
    resid_pdrop: 0.1      # dropout: raise it where the training loss falls and the validation loss rises

  data:
    files: text           # files and folders: plain text, or JSON lines (.jsonl)
    text_field: text      # the field of each JSON line that holds the text
    validation_fraction: 0.1
    tokenizer:
      type: bpe           # char for a few hundred kilobytes of text, bpe for more
      vocab_size: 2048    # 8192 and more from some ten megabytes on

  train:
    context_length: 128   # tokens that the model sees at once
    per_device_train_batch_size: 16
    max_steps: 2000       # or num_train_epochs
    learning_rate: 1e-3
    min_learning_rate: 1e-4
    lr_scheduler_type: cosine
    warmup_steps: 100
    weight_decay: 0.1
    adam_beta2: 0.99
    max_grad_norm: 1.0
    eval_steps: 200       # steps between measurements of the validation loss; the best weights are kept
    save_steps: 200       # steps between checkpoints
    early_stopping_patience: 5
    seed: 1               # the same seed gives the same model, bit for bit

  generate:               # for the samples in the report
    prompt: ""
    temperature: 0.8

  """
