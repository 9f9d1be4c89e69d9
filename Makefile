# `make quickstart` trains a small GPT on real text; `make test` proves the rest. See README.md.

SWIFT ?= swift
MARTLET := .build/release/martlet

.PHONY: help setup build quickstart test dependent examples bench lint docs clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

setup: ## Install the system packages that are missing (with apt-get or Homebrew)
	@Scripts/setup.sh

build: setup ## Build the command: .build/release/martlet
	$(SWIFT) build -c release --product martlet

quickstart: ## Train, try and export a small GPT on the King James Bible, in a few minutes
	@Scripts/setup.sh quickstart
	$(SWIFT) build -c release --product martlet
	@Scripts/quickstart.sh $(MARTLET)

test: setup ## Build and run all the tests, optimised
	$(SWIFT) build -c release --build-tests
	$(SWIFT) test -c release --skip-build
	SWIFT="$(SWIFT)" Scripts/test-instruction-sets.sh

dependent: build ## Build a package that depends on Martlet by version, and check where it runs and how fast
	SWIFT="$(SWIFT)" Scripts/dependent.sh

examples: setup ## Build the example programs, packages of their own
	$(SWIFT) build -c release --package-path Examples/TrainAndGenerate

bench: build ## Measure Martlet against its peers and write docs/BENCHMARKS.md
	$(SWIFT) build -c release --product kernel-bench
	$(SWIFT) build -c release --product curation-bench
	$(SWIFT) build -c release --product tokenizer-bench
	$(SWIFT) build -c release --product encoder-bench
	Benchmarks/bench.sh

lint: ## Check the style and that no code traps on what people, files or systems do
	@Scripts/lint.sh

docs: build ## Generate docs/RECIPE.md from the table of recipe keys
	$(MARTLET) recipe --markdown >docs/RECIPE.md.part
	mv docs/RECIPE.md.part docs/RECIPE.md

clean: ## Remove what was built
	rm -rf .build Examples/*/.build
