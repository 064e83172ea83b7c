# `make demo` and `make test` prepare everything they need: a virtual environment in .venv with the
# exact, hashed packages of the lock.

SHELL := /bin/sh
.DEFAULT_GOAL := help
BIN := .venv/bin
CONFIG ?= config/demo.yaml
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help setup demo test campaign ui check format clean

help: ## Show these lines
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/.ready ## Make the virtual environment

.venv/.ready: requirements.lock pyproject.toml scripts/setup
	@scripts/setup runtime
	@touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.lock
	@scripts/setup dev
	@touch $@

demo: .venv/.ready ## Run the whole line on the embedded sample
	@$(BIN)/understudy pipeline --config config/demo.yaml

test: .venv/.ready-dev ## Run all tests
	@$(BIN)/python -m pytest

campaign: .venv/.ready-dev ## Run the tests that take minutes each
	@$(BIN)/python -m pytest -m campaign --numprocesses=1

ui: .venv/.ready ## Serve the Prefect UI with the deployments
	@$(BIN)/understudy ui

check: .venv/.ready-dev ## Check format, lint, types and import layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/basedpyright
	@PYTHONPATH=. $(BIN)/lint-imports

format: .venv/.ready-dev ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench-%: .venv/.ready-dev ## Run one benchmark, such as bench-dedup
	@$(BIN)/python benchmarks/$(subst -,_,$*).py

clean: ## Remove what can be made again, but neither data nor models
	@rm -rf .venv .pytest_cache .ruff_cache .hypothesis build dist
