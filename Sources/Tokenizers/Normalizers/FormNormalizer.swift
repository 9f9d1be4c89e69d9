import Core

/// Unicode's normalisation forms: NFC, NFD, NFKC and NFKD, in the version of Unicode that the `tokenizers` library has.
///
/// Complexity: O(bytes), plus sorting of runs of combining marks. Text that is in the form is handed on as it is.
struct FormNormalizer: Normalizer {
  /// The forms by the names of the standard.
  enum Form: String, CaseIterable {
    case nfc = "NFC"
    case nfd = "NFD"
    case nfkc = "NFKC"
    case nfkd = "NFKD"

    var composes: Bool { self == .nfc || self == .nfkc }
    var isCompatible: Bool { self == .nfkc || self == .nfkd }
  }

  let form: Form
  private let unstable: ScalarSet

  init(_ form: Form) {
    self.form = form
    switch form {
    case .nfc: unstable = UnstableScalars.nfc
    case .nfd: unstable = UnstableScalars.nfd
    case .nfkc: unstable = UnstableScalars.nfkc
    case .nfkd: unstable = UnstableScalars.nfkd
    }
  }

  var json: JSONObject { ["type": .string(form.rawValue)] }

  func normalize(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard let base = text.bytes.baseAddress, let first = firstUnstable(base, 0, text.count) else { return body(text) }
    var builder = TextBuilder(text)
    var found: Int? = first
    var scalars: [FormScalar] = []
    while let place = found {
      // What is decomposed may combine with the scalar before it.
      let start = form.composes ? scalarStart(base, before: place, from: builder.position) : place
      builder.keep(to: start)
      let end = runEnd(base, place, text.count)
      scalars.removeAll(keepingCapacity: true)
      var position = start
      while position < end {
        let scalar = decodeScalar(base, at: position, end: end)
        position += scalar.length
        if scalar.isValid {
          CanonicalForms.shared.decompose(scalar.value, compatibly: form.isCompatible, into: &scalars)
        } else {
          // A broken byte takes part in nothing; it can only be the scalar before the run.
          builder.keep()
        }
      }
      CanonicalForms.shared.order(&scalars)
      if form.composes { CanonicalForms.shared.compose(&scalars) }
      for scalar in scalars { builder.emit(scalar) }
      builder.skip(to: end)
      found = firstUnstable(base, end, text.count)
    }
    builder.keep(to: text.count)
    builder.finish(body)
  }

  /// The first scalar at or after `start` that the form may change.
  private func firstUnstable(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    // Nothing below U+0300, which is CC 80, changes in NFC; in the others nothing below U+00A0, which is C2 A0.
    let limit: UInt8 = form == .nfc ? 0xCC : 0xC2
    var position = start
    while position < end {
      guard base[position] >= limit else {
        position += 1
        continue
      }
      let scalar = decodeScalar(base, at: position, end: end)
      if unstable.contains(scalar.value) { return position }
      position += scalar.length
    }
    return nil
  }

  /// The start of the scalar that ends at `place`, or `place` where there is none.
  private func scalarStart(_ base: UnsafePointer<UInt8>, before place: Int, from start: Int) -> Int {
    guard place > start else { return place }
    var position = place - 1
    while position > start, place - position < 4, base[position] & 0xC0 == 0x80 { position -= 1 }
    return decodeScalar(base, at: position, end: place).length == place - position ? position : place
  }

  /// The end of the unstable scalars from `start` on.
  private func runEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
    var position = start
    while position < end {
      let scalar = decodeScalar(base, at: position, end: end)
      guard unstable.contains(scalar.value) else { break }
      position += scalar.length
    }
    return position
  }
}

/// What each form changes, or may combine with what is before it, or sorts.
private enum UnstableScalars {
  static let nfc = make(composes: true, compatible: false)
  static let nfd = make(composes: false, compatible: false)
  static let nfkc = make(composes: true, compatible: true)
  static let nfkd = make(composes: false, compatible: true)

  private static func make(composes: Bool, compatible: Bool) -> ScalarSet {
    let forms = CanonicalForms.shared
    var set = ScalarSet()
    for scalar in UInt32(0)..<0x110000 {
      if forms.combiningClass(scalar) != 0 || (composes && forms.unstableUnderComposition.contains(scalar))
        || (!composes && forms.hasDecomposition(scalar))
        || (compatible && ScalarMapping.compatibility.domain.contains(scalar))
      {
        set.insert(scalar)
      }
    }
    return set
  }
}
