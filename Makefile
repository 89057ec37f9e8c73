# Motem: one child, one record. Every target makes its own .venv first.
.DEFAULT_GOAL := help
.PHONY: help venv demo serve test check fix fuzz bench clean
BIN := .venv/bin

help:
	@echo "make demo    several hundred made-up children, from payloads to identities (start here)"
	@echo "make serve   the web service on this machine, with an embedded database in ./var"
	@echo "make test    all tests; names what it left out"
	@echo "make check   style, types and import contracts"
	@echo "make fix     repair what can be repaired by a program"
	@echo "make fuzz    throw spoilt payloads at every reader, a minute each (FUZZ_SECONDS)"
	@echo "make bench   measure speed and memory"
	@echo "make clean   remove what these targets made, but not the data in ./var"

venv:
	@bash scripts/venv.sh

demo: venv
	@bash scripts/demo.sh

serve: venv
	@$(BIN)/motem migrate
	@$(BIN)/motem serve

test: venv
	@$(BIN)/python -m pytest -m "not bench and not spark" --numprocesses logical --dist loadfile --no-loadscope-reorder $(ARGS)
	@# By itself: Spark takes every core, and beside it tests of time would say nothing. 5: none asked for.
	@$(BIN)/python -m pytest -m spark $(or $(ARGS),$$(grep -rl "mark\.spark" tests)) || [ $$? -eq 5 ]
	@echo "Left out: measurements of speed and memory (make bench), and what is listed as SKIPPED above."

check: venv
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@echo "Checked. Next: make test"

fix: venv
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@echo "Next: make check"

bench: venv
	@$(BIN)/python -m pytest -m bench --capture=no $(ARGS)

fuzz: venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary=:all: \
		--target var/fuzz/lib --upgrade atheris==3.0.0 \
		|| { echo "atheris has no wheel for this Python; the quick part runs in: make test" >&2; exit 1; }
	@PYTHONPATH=$(CURDIR):$(CURDIR)/var/fuzz/lib $(BIN)/python -m tests.fuzz.run

clean:
	@if [ -x $(BIN)/motem ]; then MOTEM_HOME=var/demo $(BIN)/motem db stop --delete 2>/dev/null; fi
	@rm -rf .venv var/demo build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Clean. The data in ./var stays; next: make demo"
