import Datasets
import Layers
import Models
import TensorGraph

/// What a model is trained for: its losses, and the batches that it is trained and measured on.
struct Objective {
  /// The configuration of the model with its head.
  let configuration: any PretrainedConfiguration
  /// The losses of single targets.
  let losses: TrainingPrograms.Losses
  /// Which targets the model finds: 1 or 0 for each, where that is what it is measured by.
  var hits: TrainingPrograms.Losses?
  /// The batches of training.
  let training: any TrainingBatches
  /// The batches of validation; nil where there is too little text.
  let validation: (any ValidationBatches)?
  /// Whether batches end in columns of padding, which shorter programs save.
  var hasPadding = false
}

extension Recipe {
  /// What the recipe's model is trained for, on a data set that was prepared for it.
  ///
  /// Throws: `MartletError` that names the key, or when there is too little text.
  func objective(_ configuration: any PretrainedConfiguration, _ dataset: PreparedDataset) throws -> Objective {
    if let encoder = configuration as? any EncoderConfiguration { return try objective(encoder: encoder, dataset) }
    let decoder = try ModelFamilies.decoder(configuration, at: "the recipe's model section")
    let validation =
      dataset.validation.count > 1
      ? try EvaluationBatches(
        dataset.validation, contextLength: train.contextLength, batchSize: train.perDeviceTrainBatchSize) : nil
    return Objective(
      configuration: decoder,
      losses: { scope, tokens, targets in
        decoder.model(scope).losses(tokens, targets, smoothing: smoothing(scope))
      },
      training: try sampler(of: dataset), validation: validation)
  }

  private func objective(encoder: any EncoderConfiguration, _ dataset: PreparedDataset) throws -> Objective {
    let (length, rows, tokenizer) = (train.contextLength, train.perDeviceTrainBatchSize, dataset.tokenizer)
    let marks = EncoderMarks(tokenizer, hasPairs: data.pairField != nil)
    if let examples = dataset.examples {
      let validation =
        examples.validation.count > 0
        ? try ExampleEvaluation(examples.validation, tokenizer, contextLength: length, batchSize: rows) : nil
      func label(_ targets: Tensor) -> Tensor { targets.slice(axis: 1, start: 0, length: 1).reshape([-1]) }
      return Objective(
        configuration: encoder,
        losses: { scope, tokens, targets in
          encoder.model(scope).losses(marks.input(tokens), targets: label(targets), smoothing: smoothing(scope))
        },
        hits: { scope, tokens, targets in encoder.model(scope).hits(marks.input(tokens), targets: label(targets)) },
        training: try ExampleSampler(
          examples.train, tokenizer, contextLength: length, batchSize: rows, seed: UInt64(train.seed)),
        validation: validation, hasPadding: true)
    }
    let masking = try WordMasking(tokenizer, rate: train.maskRate, wholeWords: train.wholeWordMasking)
    let validation =
      dataset.validation.count > 1
      ? try MaskedEvaluation(dataset.validation, masking, tokenizer, contextLength: length, batchSize: rows) : nil
    return Objective(
      configuration: encoder,
      losses: { scope, tokens, targets in
        encoder.model(scope).losses(
          marks.input(tokens), targets: targets, mostOfText: masking.mostHidden(length: tokens.size(1)),
          smoothing: smoothing(scope))
      },
      training: try MaskedSampler(
        dataset.train, masking, tokenizer, contextLength: length,
        order: data.sampling == .epoch ? .epochs : .random, seed: UInt64(train.seed)),
      validation: validation)
  }
}
