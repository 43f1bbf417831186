# Everything here runs in a virtual environment made from requirements.lock (versions and hashes).
# A fresh clone needs python3 (3.11 or newer, with venv) and make, nothing else.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint bench lock clean

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The first that really runs: a version manager may leave a `python3.13` in the path that only fails.
PYTHONS ?= python3.13 python3.12 python3.11 python3
# Arguments for the program behind the target, as in: make demo ARGS="--for 20s"
ARGS ?=

help: ## show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

demo: $(STAMP) ## watch a simulated Orchestrator (ARGS="--for 20s" ends by itself)
	@$(BIN)/orchestrator-monitor demo $(ARGS)

test: $(STAMP) ## run every test (ARGS="-k name" picks some)
	@$(BIN)/pytest -n 4 --dist worksteal $(ARGS)

lint: $(STAMP) ## check style, types, imports, dependencies and spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/codespell

bench: $(STAMP) ## run the benchmarks: ratios, not seconds
	@for script in tests/benchmarks/bench_*.py; do \
	  echo "== $$script"; PYTHONPATH=. $(BIN)/python "$$script" $(ARGS) || exit 1; \
	done

lock: ## resolve the dependencies again into requirements.lock (needs uv)
	uv pip compile pyproject.toml --extra parquet --extra postgres --group dev --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-annotate --no-header -o requirements.lock

clean: ## remove everything that make has made, the virtual environment too
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf .coverage .coverage.* htmlcov
	find monitor migrations tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements.lock pyproject.toml
	@set -eu; export PIP_DISABLE_PIP_VERSION_CHECK=1; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  found=; unusable=; \
	  for python in $(PYTHONS); do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
	    if "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then found=$$python; break; fi; \
	    unusable=$$python; \
	  done; \
	  if [ -z "$$found" ] && [ -n "$$unusable" ]; then \
	    echo "$$unusable has no venv module: install it (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; \
	  elif [ -z "$$found" ]; then \
	    echo "no Python 3.11 or newer found; tried: $(PYTHONS)" >&2; exit 1; \
	  fi; \
	  echo "making $(VENV) with $$found"; \
	  "$$found" -m venv --clear $(VENV); \
	fi; \
	echo "installing what requirements.lock names"; \
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock; \
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps --editable .; \
	touch $@
