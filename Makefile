# The front door: `make demo` or `make test` in a fresh clone, in either order. Needs git, make and Python 3.11 or later;
# everything else is installed into .venv.
PYTHON ?= python3
EXTRAS ?=

VENV := .venv
RUN := $(VENV)/bin/python -m
# The versions in constraints.txt are the tested ones; an exact torch takes a CPU build wherever one is offered.
INSTALL := $(RUN) pip install -qq --constraint constraints.txt
CORE := $(VENV)/.installed-core
DEV := $(VENV)/.installed-dev$(EXTRAS:%=-%)
BENCHMARKS := startup step_cost cohort_scaling grid store comparison false_alarms false_alarms_planted false_alarms_real false_alarms_splits

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench browser clean

help:  ## list these targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | awk -F '\t' '{printf "make %-8s %s\n", $$1, $$2}'

demo: $(CORE)  ## compare teacher, student and its twin on the default study
	@$(VENV)/bin/overproof compare

test: lint browser  ## lint, then all but the longest tests (EXTRAS=all: all of them, with every optional dependency)
	@OMP_NUM_THREADS=1 $(RUN) pytest -n auto --maxprocesses 8 $(if $(EXTRAS),,-m "not slow")

lint: $(DEV)  ## style, types and the direction of imports
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(RUN) mypy
	@$(VENV)/bin/lint-imports --no-logo

format: $(DEV)  ## rewrite the code in the house style
	@$(RUN) ruff check --fix
	@$(RUN) ruff format

bench: $(VENV)/.installed-bench  ## measure the goal figures into benchmarks/results; about 50 minutes on two quiet cores
	@for benchmark in $(BENCHMARKS); do echo "== $$benchmark"; $(VENV)/bin/python benchmarks/$$benchmark.py || exit 1; done

clean:  ## remove what these targets made, except runs
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache tests/browser/artefacts

# The browser tests skip themselves where Chromium cannot be installed.
browser:
	@{ command -v chromium && command -v chromedriver; } >/dev/null || $(INSTALL_CHROMIUM)

$(DEV): $(CORE)
	@echo "Installing the test and lint tools into $(VENV) …"
	@$(INSTALL) --editable ".$(if $(EXTRAS),[$(EXTRAS)])" --group dev $(if $(EXTRAS),--group kinds)
	@touch $@

$(VENV)/.installed-bench: $(CORE)
	@$(INSTALL) --editable ".[bench]"
	@touch $@

$(CORE): pyproject.toml constraints.txt | $(VENV)/.made
	@echo "Installing overproof and what it needs into $(VENV); the first time takes a few minutes …"
	@$(INSTALL) --editable .
	@touch $@

# pip 25.1 is the first that installs dependency groups; Python 3.11 brings an older one.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "overproof needs Python 3.11 or later; name one with: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(INSTALL_ENSUREPIP)
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) 'pip>=25.1'
	@touch $@

# Debian keeps this part of Python in a package of its own.
INSTALL_ENSUREPIP = { echo "Installing python3-venv with apt-get …"; \
	as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	$$as_root apt-get update -qq && $$as_root apt-get install -y -qq python3-venv >/dev/null; } \
	|| { echo "this Python cannot create virtual environments; install python3-venv, then run make again"; exit 1; }

INSTALL_CHROMIUM = { echo "Installing chromium with apt-get …"; \
	as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	$$as_root apt-get update -qq && $$as_root apt-get install -y -qq chromium chromium-driver >/dev/null; } \
	|| echo "Chromium cannot be installed here: the browser tests will be skipped"
