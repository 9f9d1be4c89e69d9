/// A scalar while a text is normalised.
struct FormScalar {
  var value: UInt32
  /// How many source scalars it stands for beyond one, negated: 1 for a scalar that decomposition added, -1 for one
  /// that took in another. Places in the text are reckoned from it, scalar by scalar, as the `tokenizers` library does.
  var change: Int
}

/// Canonical decomposition and composition of scalars.
///
/// Source: Unicode standard annex 15, "Unicode normalization forms"; Hangul by arithmetic, chapter 3.12.
struct CanonicalForms: Sendable {
  static let shared = CanonicalForms()

  private static let hangulBase: UInt32 = 0xAC00
  private static let leadBase: UInt32 = 0x1100
  private static let vowelBase: UInt32 = 0x1161
  private static let tailBase: UInt32 = 0x11A7
  private static let vowelCount: UInt32 = 21
  private static let tailCount: UInt32 = 28
  private static let syllableCount: UInt32 = 11172

  private let classes: [UInt32: UInt8]
  private let decompositions: [UInt32: (first: UInt32, second: UInt32)]
  private let compositions: [UInt64: UInt32]
  /// Scalars that NFC changes, or that may combine with a scalar before them, or that have a combining class.
  let unstableUnderComposition: Set<UInt32>

  private init() {
    var classes: [UInt32: UInt8] = [:]
    var unstable: Set<UInt32> = []
    for entry in combiningClassRanges {
      let start = UInt32(entry >> 32)
      let count = UInt32(entry >> 8 & 0xFF_FFFF)
      for point in start..<start + count {
        classes[point] = UInt8(entry & 0xFF)
        unstable.insert(point)
      }
    }
    var decompositions: [UInt32: (UInt32, UInt32)] = [:]
    var compositions: [UInt64: UInt32] = [:]
    for entry in canonicalDecompositions {
      let point = UInt32(entry & 0x1F_FFFF)
      let first = UInt32(entry >> 21 & 0x1F_FFFF)
      let second = UInt32(entry >> 42 & 0x1F_FFFF)
      decompositions[point] = (first, second)
      if entry >> 63 == 0 && second != 0 {
        compositions[UInt64(first) << 32 | UInt64(second)] = point
        unstable.insert(second)
      } else {
        unstable.insert(point)
      }
    }
    for offset in 0..<CanonicalForms.vowelCount { unstable.insert(CanonicalForms.vowelBase + offset) }
    for offset in 1..<CanonicalForms.tailCount { unstable.insert(CanonicalForms.tailBase + offset) }
    self.classes = classes
    self.decompositions = decompositions
    self.compositions = compositions
    unstableUnderComposition = unstable
  }

  func combiningClass(_ scalar: UInt32) -> UInt8 { classes[scalar] ?? 0 }

  /// Whether the canonical decomposition of `scalar` is another text.
  func hasDecomposition(_ scalar: UInt32) -> Bool {
    scalar &- CanonicalForms.hangulBase < CanonicalForms.syllableCount || decompositions[scalar] != nil
  }

  /// Appends the full decomposition of `scalar`, not yet in canonical order.
  func decompose(_ scalar: UInt32, compatibly: Bool = false, into result: inout [FormScalar]) {
    let start = result.count
    if compatibly, let parts = ScalarMapping.compatibility(scalar) {
      for part in parts { result.append(FormScalar(value: part, change: 0)) }
    } else {
      appendDecomposition(of: scalar, to: &result)
    }
    for index in result.indices[start...].dropFirst() { result[index].change = 1 }
  }

  private func appendDecomposition(of scalar: UInt32, to result: inout [FormScalar]) {
    func append(_ value: UInt32) { result.append(FormScalar(value: value, change: 0)) }
    let syllable = scalar &- CanonicalForms.hangulBase
    if syllable < CanonicalForms.syllableCount {
      let perLead = CanonicalForms.vowelCount * CanonicalForms.tailCount
      append(CanonicalForms.leadBase + syllable / perLead)
      append(CanonicalForms.vowelBase + syllable % perLead / CanonicalForms.tailCount)
      let tail = syllable % CanonicalForms.tailCount
      if tail != 0 { append(CanonicalForms.tailBase + tail) }
    } else if let parts = decompositions[scalar] {
      appendDecomposition(of: parts.first, to: &result)
      if parts.second != 0 { appendDecomposition(of: parts.second, to: &result) }
    } else {
      append(scalar)
    }
  }

  /// Sorts every run of combining scalars by class, those of one class staying in order.
  func order(_ scalars: inout [FormScalar]) {
    var start = 0
    while start < scalars.count {
      guard combiningClass(scalars[start].value) != 0 else {
        start += 1
        continue
      }
      var end = start
      while end < scalars.count, combiningClass(scalars[end].value) != 0 { end += 1 }
      if end - start > 1 {
        let keyed = scalars[start..<end].enumerated().sorted {
          let (a, b) = (combiningClass($0.element.value), combiningClass($1.element.value))
          return a != b ? a < b : $0.offset < $1.offset
        }
        for (index, item) in keyed.enumerated() { scalars[start + index] = item.element }
      }
      start = end
    }
  }

  private func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
    let lead = first &- CanonicalForms.leadBase
    let vowel = second &- CanonicalForms.vowelBase
    if lead < 19 && vowel < CanonicalForms.vowelCount {
      return CanonicalForms.hangulBase + (lead * CanonicalForms.vowelCount + vowel) * CanonicalForms.tailCount
    }
    let syllable = first &- CanonicalForms.hangulBase
    let tail = second &- CanonicalForms.tailBase
    if syllable < CanonicalForms.syllableCount && syllable % CanonicalForms.tailCount == 0 && tail > 0
      && tail < CanonicalForms.tailCount
    {
      return first + tail
    }
    return compositions[UInt64(first) << 32 | UInt64(second)]
  }

  /// Composes ordered scalars in place.
  func compose(_ scalars: inout [FormScalar]) {
    var count = 0
    var starter: Int?
    var lastClass: UInt8 = 0
    for scalar in scalars {
      let scalarClass = combiningClass(scalar.value)
      if let place = starter, lastClass == 0 ? count == place + 1 : lastClass < scalarClass,
        let composed = composition(scalars[place].value, scalar.value)
      {
        scalars[place].value = composed
        scalars[place].change += scalar.change - 1
        continue
      }
      if scalarClass == 0 { starter = count }
      lastClass = scalarClass
      scalars[count] = scalar
      count += 1
    }
    scalars.removeLast(scalars.count - count)
  }
}
