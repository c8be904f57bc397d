# The manual is `make help`. `make run` and `make test` do their own set-up.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# HOST is taken from the command line alone (or TRITURATE_HOST): some shells export a HOST of their own, and a pharmacy's records
# must not be served to a network because of it.
ifneq ($(origin HOST),command line)
HOST := $(or $(TRITURATE_HOST),127.0.0.1)
endif
ifeq ($(origin PORT),undefined)
PORT := $(or $(TRITURATE_PORT),8000)
endif
ifeq ($(origin DATA),undefined)
DATA := $(or $(TRITURATE_DATA),instance)
endif
ifeq ($(origin DEMO),undefined)
DEMO := $(or $(TRITURATE_DEMO),1)
endif

export PYTHON BROWSER ARGS UPGRADE

.PHONY: help setup dev run test lint format sure bench mutants lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name words; do printf '  make %-8s %s\n' "$$name" "$$words"; done

setup: ## install what the program needs (virtual environment .venv, pins checked by hash)
	@scripts/setup runtime

dev: ## install what the tests and checks need too
	@scripts/setup dev

run: export TRITURATE_HOST := $(HOST)
run: export TRITURATE_PORT := $(PORT)
run: export TRITURATE_DATA := $(DATA)
run: export TRITURATE_DEMO := $(DEMO)
run: setup ## serve the pharmacy (HOST=127.0.0.1 PORT=8000 DATA=instance; DEMO=0 starts empty)
	@exec .venv/bin/python scripts/serve.py

test: dev ## run every test, browser journeys included (BROWSER=none leaves them out; ARGS go to pytest)
	@exec scripts/test

lint: dev ## check style, types and which way imports go
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format: dev ## put the code into the house style
	.venv/bin/ruff check --fix-only .
	.venv/bin/ruff format .

sure: lint test ## every gate

bench: dev ## measure the worksheet and the live preview, as ratios to a hash (build/benchmarks.json; never a gate)
	@exec .venv/bin/python scripts/bench.py $(ARGS)

mutants: dev ## change the arithmetic and see what the tests miss (ARGS="balance shells"; build/mutants.txt; never a gate)
	@exec .venv/bin/python scripts/mutants.py $(ARGS)

lock: dev ## compile pyproject.toml into the hashed requirements (UPGRADE=1 takes newer versions)
	@scripts/lock

clean: ## remove what can be made again; never the data folder
	rm -rf .venv build mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks .coverage
	find pharmacy labels tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
