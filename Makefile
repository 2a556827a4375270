# `make test` is all you need: it builds .venv, installs orderflow into it as a user would, and runs
# everything there. `make help` lists the rest.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
VERSIONS := 3.11 3.12 3.13

SOURCES := $(shell find src -name __pycache__ -prune -o -print)
CHECKED := src tests docs/conf.py docs/examples/ benchmarks/
INSTALL := install --quiet --disable-pip-version-check
EXTRAS := calendar,postgres,cli,documents,testing,temporal
EVERYTHING := '.[$(EXTRAS)]' --group dev --group temporal --group docs

.DEFAULT_GOAL := help
.PHONY: help $(shell sed -n 's/^\([a-z]*\):.*\#\# .*/\1/p' Makefile)

help:
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

# --- the environment: a full install when its definition changes, else only the package ----------

$(STAMP): pyproject.toml Makefile README.md $(SOURCES)
	$(if $(filter pyproject.toml Makefile,$?),$(install_everything),$(install_package))
	@touch $@

define install_everything
$(call create_environment,$(VENV))
$(BIN)/python -m pip $(INSTALL) $(EVERYTHING)
endef

define create_environment
@for python in $(VERSIONS:%=python%) python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
done && $$python -m venv $(1)
$(1)/bin/python -m pip $(INSTALL) --upgrade 'pip>=25.1'
endef

define install_package
$(BIN)/python -m pip $(INSTALL) --no-deps --no-build-isolation --force-reinstall .
endef

# --- checks --------------------------------------------------------------------------------------

# $(call run_tests,PYTHON): the tests that kill processes run last, alone.
define run_tests
$(1) -m pytest -n 2 --dist worksteal tests --ignore=tests/crash
$(1) -m pytest tests/crash
endef

test: $(STAMP)  ## the tests
	$(call run_tests,$(BIN)/python)

# It more than doubles the time of random lives and learns nothing in them, so it is measured where
# what is meant is said.
coverage: $(STAMP)  ## which branches the kernel, the scenarios and the contract take (nine minutes)
	@$(BIN)/coverage erase
	$(BIN)/python -m coverage run -m pytest -n 2 tests/kernel tests/scenarios tests/contract
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

quick: $(STAMP)  ## whether something broke, in half a minute
	$(BIN)/pytest -q -x -n 2 -m "not slow" tests/kernel tests/scenarios

cases: $(STAMP)  ## what the library gets wrong today: a line a case (CASES="money stock-7" for some)
	$(BIN)/python -m tests.cases $(CASES)

torture: $(STAMP)  ## random lives, every promise after each commit (TORTURE_SEED=2 for others)
	$(BIN)/python -m tests.torture

same: $(STAMP)  ## recorded lives lived again: nothing that can be seen has changed
	$(BIN)/python -m tests.same

crash: $(STAMP)  ## a process killed at every statement, commit and call (ten minutes)
	CRASH_POINTS=all $(BIN)/pytest -n 2 --timeout 1800 tests/crash/test_crash.py tests/crash/test_power.py

# Those that are killed mostly wait until their death is noticed, so two tests at a time fit.
soak: $(STAMP)  ## a busy shop whose processes and server are killed (five minutes)
	SOAK_ORDERS=300 $(BIN)/pytest -n 2 --timeout 1800 tests/crash/test_soak.py

temporal: $(STAMP)  ## orders on Temporal: all its tests, with many kills and long histories (six minutes)
	TEMPORAL_KILLS=60 TEMPORAL_EVENTS=1000 $(BIN)/pytest -n 2 --timeout 1800 --dist worksteal \
		tests/scenarios/temporal tests/crash/test_temporal.py

proofs: $(STAMP)  ## all that takes longer, one after the other (PROOFS="crash soak" for some)
	$(BIN)/python -m tests.proofs

retail: $(STAMP)  ## every invoice of the Online Retail file, with ../shared beside it (three minutes)
	RETAIL=whole $(BIN)/pytest tests/docs/test_online_retail.py

builds: $(STAMP)  ## orders that an earlier commit's wheel began end under this one (ten minutes)
	BUILDS=whole BUILDS_LIVES=60 $(BIN)/pytest --timeout 1800 tests/builds/test_builds.py \
		tests/builds/on_postgresql.py tests/builds/on_temporal.py

lint: $(STAMP)  ## format, style, types, rooms
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy $(CHECKED)
	$(BIN)/lint-imports --no-logo

format: $(STAMP)  ## rewrite what `make lint` can mend itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

matrix: $(VERSIONS:%=matrix-%) matrix-lowest  ## the tests on every Python found here, and with the lowest versions

matrix-%:
	$(if $(call interpreter,$*),$(call test_on,$*),@echo "Python $*: not found, not tested")

# A command may be there and not work (a shim of another version), so each is tried.
interpreter = $(shell for python in python$(1) $$HOME/.pyenv/versions/$(1).*/bin/python; do \
	$$python -c '' 2>/dev/null && echo $$python && break; done)

define test_on
$(call interpreter,$(1)) -m venv .matrix/$(1)
.matrix/$(1)/bin/python -m pip $(INSTALL) --upgrade 'pip>=25.1'
.matrix/$(1)/bin/python -m pip $(INSTALL) $(EVERYTHING)
$(call run_tests,.matrix/$(1)/bin/python)
endef

# What pyproject.toml asks for, each at its lowest; what tests it is as new as elsewhere.
matrix-lowest: $(STAMP)
	$(call create_environment,.matrix/lowest)
	$(BIN)/uv pip install --quiet --python .matrix/lowest/bin/python --resolution lowest-direct '.[$(EXTRAS)]'
	.matrix/lowest/bin/python -m pip $(INSTALL) --group dev --group temporal
	.matrix/lowest/bin/orderflow --help >/dev/null
	.matrix/lowest/bin/python -m pytest -q -n 2 -m "not slow" tests/kernel tests/scenarios

# --- the rest ------------------------------------------------------------------------------------

demo: $(STAMP)  ## a day's orders from placement to delivery
	@rm -rf demo.db* demo-documents
	$(BIN)/orderflow run docs/examples/orders.jsonl --db sqlite:///demo.db --seed 1 --follow A-1001 \
		--documents demo-documents

bench: .bench/installed  ## races against peers; exit code 1 where a goal is missed (15 minutes)
	.bench/bin/python -m benchmarks $(BENCH)

# The peers have an environment of their own. BENCH=durable runs one family, BENCH=--full a million.
.bench/installed: pyproject.toml $(SOURCES)
	$(call create_environment,.bench)
	.bench/bin/python -m pip $(INSTALL) '.[postgres,cli,testing]' --group bench
	@touch $@

docs: $(STAMP)  ## the documentation, as docs/_build/html
	$(BIN)/sphinx-build -W --keep-going -q docs docs/_build/html

changelog: $(STAMP)  ## move the fragments in changelog.d into CHANGELOG.md
	$(BIN)/towncrier build --yes

clean:  ## remove everything that make made
	rm -rf $(VENV) .matrix .bench .builds .proofs dist docs/_build demo.db* demo-documents
	rm -rf .coverage* .hypothesis
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find src tests docs benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
