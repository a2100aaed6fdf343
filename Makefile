# The two commands of a fresh machine: `make demo` and `make test`. Both set up `.venv` first, and only when it is out of date.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One for each choice of extras: `make setup EXTRAS=torch` later on adds to what is there.
STAMP := $(VENV)/.set-up$(addprefix -,$(EXTRAS))
UV_VERSION := 0.13.8
# The course's real data sets, where there are some: a folder in Keras's file format.
export AUTOGRADER_DATA ?=

.PHONY: setup demo test test-full check format lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml Makefile
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet "uv==$(UV_VERSION)"
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@$(if $(filter torch,$(EXTRAS)),$(BIN)/python -m pip install --quiet "torch==2.13.0",:)
	@touch $(STAMP)

demo: setup
	@$(BIN)/python scripts/demo.py

test: setup check
	$(BIN)/python -m pytest -m "not full"

test-full: setup check
	$(BIN)/python -m pytest

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --extra dev --extra cluster --extra postgres \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
