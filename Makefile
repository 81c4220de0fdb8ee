# Every job sets itself up: Python 3.11 or newer and make are all it takes. `make` alone lists the jobs.

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
.DEFAULT_GOAL := jobs
.PHONY: jobs demo test coverage check format lock clean

jobs: ## list the jobs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/runtime ## take in a sample history and show what can be asked of it
	@$(BIN)/leadlog demo

test: .venv/dev ## run the tests; ARGS="-k funnel" chooses some
	$(BIN)/pytest -n auto --dist loadgroup $(ARGS)

coverage: .venv/dev ## run the tests and say which lines they never reach
	$(BIN)/pytest --cov --cov-report=term $(ARGS)

check: .venv/dev ## read the code: style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

format: .venv/dev ## write the code in the project's style
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: ## choose the versions anew (needs uv)
	uv pip compile pyproject.toml --group build --upgrade -o requirements.lock $(LOCKED)
	uv pip compile pyproject.toml --group dev --upgrade -c requirements.lock -o requirements-dev.lock $(LOCKED)
LOCKED := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-annotate --no-header --quiet

clean: ## remove what the jobs made: environment, caches, demo
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* build dist demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are newer than what they were made from, so a second run installs nothing.
.venv/python:
	@test -n "$(PYTHON)" || { echo "leadlog needs Python 3.11 or newer with venv (on Debian: python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/runtime: requirements.lock pyproject.toml | .venv/python
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: requirements-dev.lock .venv/runtime
	$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
