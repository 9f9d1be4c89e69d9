/// The candidate that `name` was probably meant to be, or nil if none is near.
///
/// Near means: at most a third of the letters differ (at least one may, and at most three), or one name begins with
/// the other, as `temp` for `temperature` and `training` for `train`. Letters swapped with their neighbour count once.
///
/// Complexity: O(candidates * length^2).
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
  let wanted = Array(name.lowercased().utf8.prefix(100))
  let limit = min(3, max(1, wanted.count / 3))
  var best: (distance: Int, name: String)?
  for candidate in candidates {
    let letters = Array(candidate.lowercased().utf8.prefix(100))
    var distance = editDistance(wanted, letters)
    // Many letters are missing or too many, and still it is clear.
    if wanted.count >= 3 && letters.starts(with: wanted) || letters.count >= 4 && wanted.starts(with: letters) {
      distance = min(distance, limit)
    }
    if distance <= limit, distance < best?.distance ?? .max { best = (distance, candidate) }
  }
  return best?.name
}

/// How many letters must be inserted, removed, replaced or swapped with a neighbour to make one word of the other.
///
/// Source: the restricted Damerau-Levenshtein distance.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var before: [Int] = []
  var above = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var cost = min(above[j + 1] + 1, row[j] + 1, above[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
      row.append(cost)
    }
    (before, above) = (above, row)
  }
  return above[b.count]
}
