# Every job sets itself up: Python 3.11 or newer and make are all it takes. `make` alone lists the jobs.

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
.DEFAULT_GOAL := jobs
.PHONY: jobs demo test coverage check format bench bench-full soak lock clean

jobs: ## list the jobs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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

bench: .venv/bench ## measure with 120,000 events, some minutes; report in bench/; ARGS="views --events 1000000" chooses
	$(BIN)/python -m benchmarks $(ARGS)

bench-full: .venv/bench ## measure with ten million events, half an hour and 15 GB of disk; writes docs/benchmarks.md
	$(BIN)/python -m benchmarks --events 1000000,3000000,10000000 --folder bench/full --report docs/benchmarks.md $(ARGS)

soak: .venv/dev ## kill, tamper and fuzz for SOAK_MINUTES (60); SOAK_PARTS, SOAK_LOG: see tests/soak
	$(BIN)/python -m tests.soak

lock: ## choose the versions anew (needs uv)
	uv pip compile pyproject.toml --group build --upgrade -o requirements.lock $(LOCKED)
	uv pip compile pyproject.toml --group dev --upgrade -c requirements.lock -o requirements-dev.lock $(LOCKED)
	uv pip compile pyproject.toml --group bench --upgrade -c requirements-dev.lock -o requirements-bench.lock $(LOCKED)
LOCKED := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-annotate --no-header --quiet

clean: ## remove what the jobs made: environment, caches, demo, measurements
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* build dist demo bench
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

.venv/bench: requirements-bench.lock .venv/runtime
	$(INSTALL) --require-hashes -r requirements-bench.lock
	@touch $@
