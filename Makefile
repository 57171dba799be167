PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed

.PHONY: demo test test-long lint lock clean

## The whole story on the bundled synthetic data, in an environment made from the lock file.
demo: $(STAMP)
	$(BIN)/mcgraph demo demo-output --force

## Everything that must hold: style, types, tests.
test: $(STAMP)-dev lint
	$(BIN)/python -m pytest -n auto --dist loadfile

## Torture, fuzzing and large runs.
test-long: $(STAMP)-dev
	$(BIN)/python -m pytest -m long

lint: $(STAMP)-dev
	$(BIN)/ruff check .
	$(BIN)/mypy

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(STAMP)-dev: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@ $(STAMP)

## Refresh the lock files (needs uv).
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --extra charts --extra web --extra remote pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --extra dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) build dist demo-output .pytest_cache .mypy_cache .ruff_cache
