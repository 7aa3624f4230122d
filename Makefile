# Every command there is. `make` alone lists them. Needed: make and Python 3.11 or newer.
# The environment is .venv; it is made once, and again when pyproject.toml or constraints.txt change.
# Nothing else here uses the network.

ARGS :=
# What `make run` hands on: make run ARGS="--port 8400".
PYTHONS := python3.13 python3.12 python3.11 python3
# Tried in this order. To choose: make run PYTHONS=/usr/local/bin/python3.12
TEST_SECONDS := 1050
# No test starts after this time; each one also has its own limit, in pyproject.toml.
TEST_PROCESSES := 3
# Tests mostly wait: for disks, for programs that start. 0 runs them one by one, where a debugger can look.

VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := -m pip install -qq --no-input --disable-pip-version-check
INSTALL := $(BIN)/python $(PIP_INSTALL) -c constraints.txt
CLIENTS := tests/clients
# Says which clients tests run as programs. Those for Python have an environment of their own.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run demo setup clients agents test check fix articles screenshots redraw browse-large bench bench-capacity conformance torture fuzz seeded

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.run-stamp ## start the proxy, its ledger and its report; no configuration needed
	@$(BIN)/python -m payback serve $(ARGS)

demo: $(VENV)/.run-stamp ## the report over 90 made-up days
	@$(BIN)/python -m payback demo $(ARGS)

setup: $(VENV)/.test-stamp ## make the environment for tests and checks

clients: $(VENV)/.clients-stamp $(VENV)/.node-stamp ## install LangChain, the AI SDK and others whose tests are skipped without

agents: $(VENV)/.agents-stamp ## install Claude Code, Codex CLI and Continue, 850 MB, for tests that are skipped without

test: $(VENV)/.test-stamp ## run the tests
	@$(BIN)/python -m pytest --session-timeout=$(TEST_SECONDS) -n $(TEST_PROCESSES) --dist loadfile $(ARGS)

check: $(VENV)/.test-stamp ## everything that must hold before a commit, tests last
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/codespell
	@$(BIN)/python -m payback.example | diff -u config.example.toml - || { echo "make fix prints config.example.toml again" >&2; exit 1; }
	@$(MAKE) --no-print-directory test

fix: $(VENV)/.test-stamp ## format, mend what can be mended, print config.example.toml again
	@$(BIN)/ruff check --quiet --fix --exit-zero .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/python -m payback.example > $(VENV)/config.example.toml
	@cp $(VENV)/config.example.toml config.example.toml

screenshots: $(VENV)/.test-stamp ## take docs/images again, of the demo's pages; needs chromium
	@$(BIN)/python -m tests.web.screenshots docs/images

redraw: $(VENV)/.test-stamp ## how long a changed assumption takes until it is drawn; a minute, needs chromium
	@$(BIN)/python -m tests.web.redraw

browse-large: $(VENV)/.test-stamp ## look at every page of a ledger of a million calls; two minutes, needs chromium
	@PAYBACK_BROWSE_LARGE=1 $(BIN)/python -m pytest tests/web/test_every_page_in_browser.py -k million $(ARGS)

articles: $(VENV)/.run-stamp ## print docs/articles.md again, after a change of what is computed
	@$(BIN)/python -m payback.articles > $(VENV)/articles.md
	@cp $(VENV)/articles.md docs/articles.md

bench: $(VENV)/.run-stamp ## measure what payback costs a call; about twenty minutes, needs nginx and wrk
	@$(BIN)/python -m bench all $(ARGS)

bench-capacity: $(VENV)/.run-stamp ## how far computed speeds of machines are from published ones; a second
	@$(BIN)/python -m bench.capacity $(ARGS)

conformance: $(VENV)/.test-stamp ## HTTP, case by case: payback beside nginx, and where they differ; a minute
	@$(BIN)/python -m tests.conformance $(ARGS)

fuzz: $(VENV)/.test-stamp ## spoilt bytes for everything that reads bytes; three minutes, other ones each time
	@$(BIN)/python -m tests.fuzz $(ARGS)

seeded: $(VENV)/.test-stamp ## plant bugs, one at a time, and see that tests fail; five minutes
	@$(BIN)/python -m tests.seeded $(ARGS)

torture: $(VENV)/.test-stamp ## the ledger under fire: kills, power cuts, full and broken disks; ten minutes, needs a C compiler
	@$(BIN)/python -m tests.torture $(ARGS)

$(VENV)/.run-stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing payback into $(VENV); this needs the network, once"
	@$(INSTALL) -e '.[fast]'
	@touch $@

$(VENV)/.test-stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing payback and what tests and checks need into $(VENV); this needs the network, once"
	@$(INSTALL) -e '.[fast,test,check]'
	@touch $(VENV)/.run-stamp $@

$(VENV)/.clients-stamp: $(CLIENTS)/requirements.txt $(CLIENTS)/constraints.txt | $(BIN)/python
	@echo "installing clients for Python into $(VENV)/clients, about 600 MB; this needs the network, once"
	@$(BIN)/python -m venv --clear $(VENV)/clients
	@$(VENV)/clients/bin/python $(PIP_INSTALL) -c $(CLIENTS)/constraints.txt -r $(CLIENTS)/requirements.txt
	@touch $@

$(VENV)/.node-stamp: $(CLIENTS)/package.json | $(BIN)/python
	@if command -v npm >/dev/null; then \
	    echo "installing clients for Node into $(VENV)/node; this needs the network, once"; \
	    mkdir -p $(VENV)/node && cp $< $(VENV)/node && \
	    npm install --prefix $(VENV)/node --no-package-lock --no-audit --no-fund --silent && touch $@; \
	else \
	    echo "npm is not installed: the tests of clients for Node will be skipped"; \
	fi

$(VENV)/.agents-stamp: $(CLIENTS)/agents.json | $(BIN)/python
	@if command -v npm >/dev/null; then \
	    echo "installing agents into $(VENV)/agents, about 850 MB; this needs the network, once"; \
	    mkdir -p $(VENV)/agents && cp $< $(VENV)/agents/package.json && \
	    npm install --prefix $(VENV)/agents --no-package-lock --no-audit --no-fund --silent && \
	    for agent in claude codex cn; do \
	        HOME=$(abspath $(VENV)/agents) $(VENV)/agents/node_modules/.bin/$$agent --version >/dev/null || exit 1; \
	    done && touch $@; \
	else \
	    echo "npm is not installed: the tests of Claude Code, Codex CLI and Continue will be skipped"; \
	fi

$(BIN)/python:
	@for python in $(PYTHONS); do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    new="$$python"; \
	    "$$python" -c 'import ensurepip, venv' 2>/dev/null || continue; \
	    exec "$$python" -m venv --clear $(VENV); \
	done; \
	if [ -n "$$new" ]; then \
	    echo "$$new cannot make environments: its venv or ensurepip is missing; on Debian: apt-get install python3-venv"; \
	else \
	    echo "payback needs Python 3.11 or newer, and none of these is: $(PYTHONS); on Debian: apt-get install python3 python3-venv"; \
	fi >&2; \
	exit 1
