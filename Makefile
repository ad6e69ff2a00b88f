# Every way in. `make help` lists them; CI and people call the same recipes.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help setup dev run test check format bench golden openapi migrate docs lock clean

help: ## list what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

setup: ## build .venv and everything `imagewell` needs; start nothing
	@$(PYTHON) scripts/setup.py

dev: ## setup, and what tests and checks need
	@$(PYTHON) scripts/setup.py --dev

run: setup ## build what is missing and start on http://127.0.0.1:8000
	@exec $(BIN)/imagewell serve

test: dev check ## everything CI runs: checks, then every test on the real services
	@$(BIN)/pytest -n 2 --dist loadgroup

check: dev ## ruff, mypy, the import arrows
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: dev ## put code into the house's layout
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: dev ## print the performance table, goal and result side by side
	@$(BIN)/python -m bench

golden: dev ## render the golden pictures again; look at them before committing the hashes
	@$(BIN)/python -m tests.golden

openapi: setup ## print the own API's OpenAPI document
	@$(BIN)/imagewell openapi own

migrate: setup ## bring the database to the newest schema
	@$(BIN)/imagewell migrate

docs: dev ## write the reference pages that are made from tables in the code
	@$(BIN)/python scripts/docs.py

lock: ## write requirements/*.lock anew from pyproject.toml
	@$(PYTHON) scripts/lock.py

clean: ## remove what was built (never data)
	rm -rf .venv fonts/node_modules web/node_modules tests/js/node_modules build dist
