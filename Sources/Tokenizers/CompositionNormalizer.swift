import Core

/// Canonical composition (NFC).
///
/// Complexity: O(bytes), plus sorting of runs of combining marks. Text that is composed already is handed on as it is.
struct CompositionNormalizer: Normalizer {
  var json: JSONObject { ["type": .string("NFC")] }

  func normalize(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard let base = text.bytes.baseAddress, let first = firstUnstable(base, 0, text.count) else { return body(text) }
    var result: [UInt8] = []
    var sources: [SourceSpan] = []
    result.reserveCapacity(text.count)
    func copy(_ start: Int, _ end: Int) {
      result.append(contentsOf: UnsafeBufferPointer(start: base + start, count: end - start))
      if text.tracksSources { for index in start..<end { sources.append(text.source(of: index)) } }
    }
    var copied = 0
    var unstable: Int? = first
    while let place = unstable {
      let start = max(copied, scalarStart(base, before: place, from: copied))
      copy(copied, start)
      let end = runEnd(base, place, text.count)
      compose(text, start, end, &result, &sources)
      copied = end
      unstable = firstUnstable(base, end, text.count)
    }
    copy(copied, text.count)
    result.withUnsafeBufferPointer { bytes in
      sources.withUnsafeBufferPointer { spans in
        body(
          TextSlice(
            bytes, sources: text.tracksSources ? spans.baseAddress : nil, tracksSources: text.tracksSources,
            isByteLevel: text.isByteLevel))
      }
    }
  }

  /// The first scalar at or after `start` that composition may change.
  private func firstUnstable(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    let properties = UnicodeProperties.shared
    var position = start
    while position < end {
      // Nothing below U+0300, which is CC 80, changes.
      guard base[position] >= 0xCC else {
        position += 1
        continue
      }
      let scalar = decodeScalar(base, at: position, end: end)
      if properties.isUnstableUnderComposition(scalar.value) { return position }
      position += scalar.length
    }
    return nil
  }

  /// The start of the scalar that ends at `place`, or `from` where there is none.
  private func scalarStart(_ base: UnsafePointer<UInt8>, before place: Int, from start: Int) -> Int {
    guard place > start else { return place }
    var position = place - 1
    while position > start, place - position < 4, base[position] & 0xC0 == 0x80 { position -= 1 }
    return decodeScalar(base, at: position, end: place).length == place - position ? position : place
  }

  /// The end of the scalars from `start` on that may combine with what is before them.
  private func runEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
    let properties = UnicodeProperties.shared
    var position = start
    while position < end {
      let scalar = decodeScalar(base, at: position, end: end)
      guard properties.isUnstableUnderComposition(scalar.value) else { break }
      position += scalar.length
    }
    return position
  }

  private func compose(
    _ text: TextSlice, _ start: Int, _ end: Int, _ result: inout [UInt8], _ sources: inout [SourceSpan]
  ) {
    guard let base = text.bytes.baseAddress else { return }
    let forms = CanonicalForms.shared
    var scalars: [FormScalar] = []
    var places: [SourceSpan] = []
    var position = start
    while position < end {
      let scalar = decodeScalar(base, at: position, end: end)
      guard scalar.isValid else {
        // A broken byte takes part in nothing; it can only be the scalar before the run.
        result.append(base[position])
        if text.tracksSources { sources.append(text.source(of: position)) }
        position += 1
        continue
      }
      forms.decompose(scalar.value, into: &scalars)
      let span = text.source(of: position..<position + scalar.length)
      places.append(SourceSpan(start: span.lowerBound, end: span.upperBound))
      position += scalar.length
    }
    forms.order(&scalars)
    forms.compose(&scalars)
    var place = 0
    for scalar in scalars {
      let before = result.count
      result.append(scalar: scalar.value)
      let source = scalar.change > 0 ? place - 1 : place
      if scalar.change <= 0 { place += 1 - scalar.change }
      guard text.tracksSources else { continue }
      let span = places[max(0, min(source, places.count - 1))]
      for _ in before..<result.count { sources.append(span) }
    }
  }
}
