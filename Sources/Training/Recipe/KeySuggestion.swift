import Core
import Models

extension RecipeKey {
  /// The error that there is no such key, with the one that was probably meant.
  static func unknown(_ name: String, modelType: String, at place: String) -> MartletError {
    let remedy =
      suggestion(for: name, modelType: modelType).map { "Did you mean \($0)?" }
      ?? "docs/RECIPE.md and `martlet recipe` list the keys."
    return MartletError(.invalidArgument, "unknown key \(name)", at: place, remedy: remedy)
  }

  /// The key that an unknown one stands for: one of another section, one that other programs call so, or a near one.
  private static func suggestion(for name: String, modelType: String) -> String? {
    var keys: [(name: String, others: [String])] = all.map { ($0.name, $0.otherNames) }
    let family = ModelFamilies.all.first { $0.modelType == modelType }
    keys += (family?.keys ?? []).map { ("model." + $0.name, $0.aliases + $0.otherNames) }
    let section = name.split(separator: ".").dropLast().joined(separator: ".")
    func short(_ name: String) -> String { name.split(separator: ".").last.map(String.init) ?? name }
    let last = short(name)
    // Keys of the same section come first, so that they win where several fit.
    let sorted =
      keys.filter { $0.name.hasPrefix(section + ".") } + keys.filter { !$0.name.hasPrefix(section + ".") }
    if let same = sorted.first(where: { short($0.name) == last }) { return same.name }
    if let other = sorted.first(where: { $0.others.contains(last) }) { return other.name }
    let siblings = sorted.filter { $0.name.hasPrefix(section.isEmpty ? "" : section + ".") }.map(\.name)
    if let near = nearestName(to: last, among: siblings.map(short)) { return siblings.first { short($0) == near } }
    if section.isEmpty { return nearestName(to: last, among: ["model", "lora", "data", "train", "generate"]) }
    return nearestName(to: name, among: keys.map(\.name))
  }
}
