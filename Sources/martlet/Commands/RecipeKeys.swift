import Core
import Training

private let markdown = Option<Bool>.flag("markdown", "print docs/RECIPE.md")

/// `martlet recipe`: the keys of recipes.
let recipeCommand = Command(
  name: "recipe",
  summary: "list the keys of recipes, or check a recipe and show all its values",
  positionals: [.init(name: "recipe", help: "a recipe to check and to show with its defaults", isRequired: false)],
  options: [markdown, SharedOption.set],
  examples: ["martlet recipe", "martlet recipe recipe.yaml"]
) { arguments in
  if arguments[markdown] {
    print(RecipeReference.markdown, terminator: "")
  } else if arguments.positional(0) != nil {
    print(try SharedOption.recipe(arguments).yaml, terminator: "")
  } else {
    print(RecipeReference.help(), terminator: "")
  }
  return Program.Status.success
}
