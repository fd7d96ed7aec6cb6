# `make demo` and `make test` set everything up themselves, in .venv; nothing is installed elsewhere.
PYTHON ?= python3
VENV := .venv
BENCH := .venv-bench
RIVALS := .venv-rivals
TRAIL := .venv-trail
TRAILSCRAPER := .venv-trailscraper
BIN := $(VENV)/bin
# Companies put their own certificates into the system's store; uv looks there only when told.
export UV_SYSTEM_CERTS := 1
PIN := $(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help demo test check fast lint types conformance bench alerts rivals trail requirements clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

demo: $(VENV)/.run ## scan the sample organization, print who gets in, and serve it; DEMO=--no-serve only prints
	@$(BIN)/sekisho demo $(DEMO)

test: $(VENV)/.dev ## run all tests, the fast ones first
	@$(BIN)/pytest -q -n auto -m "not slow"
	@$(BIN)/pytest -q -n auto -m slow

fast: $(VENV)/.dev ## run the tests that start no server
	@$(BIN)/pytest -q -n auto -m "not slow"

lint: $(VENV)/.dev ## format check, lint, import contract
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports

types: $(VENV)/.dev ## mypy and pyright, strict
	@$(BIN)/mypy
	@$(BIN)/pyright

check: lint types test ## all that CI runs

bench: $(BENCH)/.ready ## measure verdicts, overlapping statements, the worst policies, and events, beside other tools
	@PYTHONPATH=src $(BENCH)/bin/python benchmarks/verdicts.py
	@PYTHONPATH=src $(BENCH)/bin/python benchmarks/overlap.py
	@PYTHONPATH=src $(BENCH)/bin/python benchmarks/worst.py
	@PYTHONPATH=src $(BENCH)/bin/python benchmarks/events.py

alerts: $(VENV)/.dev ## measure events matched a second, and the time from a queue to a webhook
	@PYTHONPATH=src $(BIN)/python benchmarks/events.py
	@PYTHONPATH=src:tests $(BIN)/python benchmarks/alerts.py

rivals: $(VENV)/.dev $(RIVALS)/.ready ## run Prowler's checks of credentials beside ours, on the same accounts
	@PYTHONPATH=src:tests $(BIN)/python benchmarks/credential_rivals.py --prowler $(RIVALS)/bin/prowler $(RIVAL_OPTIONS)

# In an environment as users have it: what tests need, such as pandas, pyarrow would load.
trail: $(TRAIL)/.ready $(TRAILSCRAPER)/.ready ## measure policies out of a million events, beside trailscraper; TRAIL_OPTIONS="--events 100000"
	@PYTHONPATH=src:tests $(TRAIL)/bin/python benchmarks/trail.py --trailscraper $(TRAILSCRAPER)/bin/python $(TRAIL_OPTIONS)

requirements: $(VENV)/.uv ## pin every dependency again, with hashes and without download addresses
	@$(PIN) requirements/bootstrap.in -o requirements/bootstrap.txt
	@$(PIN) pyproject.toml -o requirements/run.txt
	@$(PIN) --all-extras --group dev pyproject.toml -c requirements/run.txt -o requirements/dev.txt
	@$(PIN) --group bench pyproject.toml -o requirements/bench.txt
	@$(PIN) requirements/rivals.in -o requirements/rivals.txt
	@$(PIN) requirements/trailscraper.in -o requirements/trailscraper.txt

clean: ## remove what make made
	rm -rf $(VENV) $(BENCH) $(RIVALS) $(TRAIL) $(TRAILSCRAPER) .mypy_cache .ruff_cache .pytest_cache .hypothesis

# uv installs in seconds what takes pip minutes; pip, checking hashes, installs uv alone.
$(VENV)/.uv: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "sekisho needs Python 3.11 or newer; name it with: make PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements/bootstrap.txt
	@touch $@

$(VENV)/.run: $(VENV)/.uv requirements/run.txt pyproject.toml
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/run.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

# Cloud Custodian names exact versions of what we need too, so the benchmarks have an environment of their own.
$(BENCH)/.ready: $(VENV)/.uv requirements/bench.txt
	@test -x $(BENCH)/bin/python || $(BIN)/python -m venv $(BENCH)
	@$(BIN)/uv pip install -q --python $(BENCH)/bin/python --require-hashes -r requirements/bench.txt
	@touch $@

# Prowler names exact versions of more than two hundred packages; it is run as a program, and imports nothing of ours.
$(RIVALS)/.ready: $(VENV)/.uv requirements/rivals.txt
	@test -x $(RIVALS)/bin/python || $(BIN)/python -m venv $(RIVALS)
	@$(BIN)/uv pip install -q --python $(RIVALS)/bin/python --require-hashes -r requirements/rivals.txt
	@touch $@

$(TRAIL)/.ready: $(VENV)/.run requirements/run.txt
	@test -x $(TRAIL)/bin/python || $(BIN)/python -m venv $(TRAIL)
	@$(BIN)/uv pip install -q --python $(TRAIL)/bin/python --require-hashes -r requirements/run.txt
	@$(BIN)/uv pip install -q --python $(TRAIL)/bin/python --no-deps -e .
	@touch $@

$(TRAILSCRAPER)/.ready: $(VENV)/.uv requirements/trailscraper.txt
	@test -x $(TRAILSCRAPER)/bin/python || $(BIN)/python -m venv $(TRAILSCRAPER)
	@$(BIN)/uv pip install -q --python $(TRAILSCRAPER)/bin/python --require-hashes -r requirements/trailscraper.txt
	@touch $@
