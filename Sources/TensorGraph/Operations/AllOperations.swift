/// Every operation; a test compares this table with the folder.
public let allOperations: [any Operation.Type] = [
  ActivationGradient.self, AdamW.self, ArgMax.self, Attention.self, AttentionGradient.self, Binary.self,
  Broadcast.self, Compare.self, Concatenate.self, Convert.self, Dropout.self, Fill.self, Gather.self, Input.self,
  Iota.self, LayerNorm.self, LayerNormGradient.self, LinearCrossEntropy.self, LinearCrossEntropyGradient.self,
  Lion.self, Literal.self, MatMul.self, Momentum.self, OneHot.self, Pad.self, Patches.self, PatchesGradient.self,
  Reduce.self, Reshape.self, RMSNorm.self, RMSNormGradient.self, Rotary.self, ScatterAdd.self, Select.self,
  Slice.self, Softmax.self, SoftmaxGradient.self, Split.self, SumOfSquares.self, TakeAlongLast.self, TopK.self,
  Transpose.self, Unary.self, UpdateSlice.self,
]
