import Core
import Models

/// The reference of all recipe keys, made from the one list of them.
public enum RecipeReference {
  /// docs/RECIPE.md.
  public static var markdown: String {
    var text = """
      # Recipe

      A recipe is one YAML file that says what is trained on what. Every key can be changed for one run by a flag:
      `martlet train recipe.yaml --set train.learning_rate=3e-4`. Relative paths start at the recipe's folder; those in
      flags start at the folder that the command runs in. Numbers may be written as `3e-4` or `100_000`. An unknown key is an
      error, so that a typing mistake can't go unnoticed. This page is generated from the program's own list of keys.

      A small recipe:

      ```yaml
      model:
        type: gpt2
        n_layer: 4
        n_head: 4
        n_embd: 128
      data:
        files: book.txt
        tokenizer: {type: char}
      train:
        context_length: 64
        max_steps: 2000
      ```

      """
    let sections = [
      ("", "General"), ("model", "`model:`"), ("lora", "`lora:`"), ("data", "`data:`"), ("train", "`train:`"),
      ("generate", "`generate:`"),
    ]
    for (section, title) in sections {
      text += "\n## \(title)\n\n" + head
      for key in RecipeKey.all where key.name.split(separator: ".").count == 1 && section.isEmpty {
        text += row(key.name, key.rule, key.defaultText, key.documentation)
      }
      for key in RecipeKey.all where !section.isEmpty && key.name.hasPrefix(section + ".") {
        text += row(String(key.name.dropFirst(section.count + 1)), key.rule, key.defaultText, key.documentation)
      }
      guard section == "model" else { continue }
      for family in ModelFamilies.all {
        text +=
          "\nFor `type: \(family.modelType)`, keys of its Hugging Face configuration. With `from`, those that are "
        text += "not given have the values\nof that model instead of these defaults:\n\n" + head
        for key in family.keys { text += row(key.name, key.rule, key.defaultText, key.documentation) }
      }
    }
    return text
  }

  /// The keys for a help page, one a line, within `columns` columns.
  public static func help(columns: Int = 100) -> String {
    let keys =
      RecipeKey.all.map { ($0.name, $0.rule.typeName, $0.defaultText, $0.documentation) }
      + ModelFamilies.all.flatMap { family in
        family.keys.map { ("model.\($0.name)", $0.rule.typeName, $0.defaultText, $0.documentation) }
      }
    var text = ""
    for (name, type, fallback, documentation) in keys {
      text += "  \(name)  (\(type); default: \(fallback))\n"
      var line = "     "
      for word in documentation.split(separator: " ") {
        if line.count + word.count + 1 > columns {
          text += line + "\n"
          line = "     "
        }
        line += " " + word
      }
      text += line + "\n"
    }
    return text
  }

  private static let head = "| key | type | range | default | meaning |\n| --- | --- | --- | --- | --- |\n"

  private static func row(_ name: String, _ rule: ValueRule, _ fallback: String, _ documentation: String) -> String {
    "| `\(name)` | \(rule.typeName) | \(rule.range ?? "") | \(fallback) | \(documentation) |\n"
  }
}

extension ConfigurationKey {
  /// What a model that is trained from scratch has where the key is not given.
  public var defaultText: String { derivation ?? RecipeText.scalar(newModelValue ?? fallback) }

  /// A value that makes sense.
  public var exampleText: String { example ?? defaultText }
}
