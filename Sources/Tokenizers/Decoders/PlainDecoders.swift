import Core

/// Puts tokens together as they are.
struct FuseDecoder: TokenwiseDecoder {
  var json: JSONObject? { ["type": .string("Fuse")] }
  var separator: [UInt8] { [] }
  func bytes(of token: [UInt8]) -> [UInt8] { token }
}

/// What a tokenizer without a decoder does: tokens with a space between them.
struct SpacedDecoder: TokenwiseDecoder {
  var json: JSONObject? { nil }
  var separator: [UInt8] { [0x20] }
  func bytes(of token: [UInt8]) -> [UInt8] { token }
}
