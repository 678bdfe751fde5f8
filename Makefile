# make run    set up, and make the sample dataset in output/sample
# make test   set up, and pass the tests
# make bench  time it and score it, against shared benches where they are
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: run test test-slow lint bench clean

run: $(VENV)/.run
	$(BIN)/tamis run -o output/sample --force

test: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 -m "not slow"

test-slow: $(VENV)/.test
	$(BIN)/pytest -n 2

bench: $(VENV)/.test $(VENV)/peers/.made
	$(BIN)/python -m tests.bench_encoding
	$(BIN)/python -m tests.bench_repair
	$(BIN)/python -m tests.bench_language
	$(BIN)/python -m tests.bench_boilerplate
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench_speed $(VENV)/peers
	$(BIN)/python -m tests.bench_duplicates $(VENV)/peers

# The stamps say which set-up is there; they are older than what they depend on when it has to be made again.
$(VENV)/.made:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'tamis needs Python 3.11 or newer')"
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.run: $(VENV)/.made pyproject.toml .ci/constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c .ci/constraints.txt -e .
	touch $@

$(VENV)/.test: $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check -c .ci/constraints.txt -e '.[test]'
	touch $@

# What the bench measures tamis against.
$(VENV)/peers/.made: tests/peers/requirements.txt
	$(PYTHON) -m venv $(VENV)/peers
	$(VENV)/peers/bin/pip install --quiet --disable-pip-version-check -r tests/peers/requirements.txt
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
