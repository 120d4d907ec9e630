# Muster's chores. `make help` lists them.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
export PORT
BIN := .venv/bin
RUN := $(BIN)/.run-ready
DEV := $(BIN)/.dev-ready
SERVER := $(BIN)/gunicorn config.wsgi --bind 127.0.0.1:$(PORT) --worker-class gthread --workers 2 --threads 16 --timeout 60 \
	--no-control-socket
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help run serve dev seed test test-postgres endurance lint format lock access benchmark benchmark-postgres oulad attention clean

help: ## list these chores
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	$(PYTHON) -m venv .venv

$(RUN): requirements.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-compile -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-compile -r requirements-dev.txt
	@touch $@

run: seed ## start Muster with the Trondheim example on 127.0.0.1 (PORT=8000)
	@printf '\n  Muster is at %s (Ctrl-C stops it)\n' 'http://127.0.0.1:$(PORT)'
	@$(BIN)/python manage.py seed --accounts
	@exec $(SERVER)

serve: $(RUN) ## start Muster without the example, behind a proxy
	@$(BIN)/python manage.py prepare
	@exec $(SERVER)

dev: $(DEV) ## the reloading server with the debug toolbar
	@DEBUG=1 $(BIN)/python manage.py prepare
	@DEBUG=1 $(BIN)/python manage.py seed
	@DEBUG=1 $(BIN)/python manage.py runserver 127.0.0.1:$(PORT)

seed: $(RUN) ## load the Trondheim example (again: changes nothing)
	@$(BIN)/python manage.py prepare
	@$(BIN)/python manage.py seed

test: $(DEV) ## every test, on SQLite, in parallel, the browser's too
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

test-postgres: $(DEV) ## every test on a throw-away PostgreSQL; of the browser's only the smoke test
	bin/with-postgres $(BIN)/python -m pytest -n auto --dist loadfile -m 'not endurance and (not browser or smoke)' $(ARGS)

endurance: $(DEV) ## the long races and kills, on both engines
	$(BIN)/python -m pytest -m endurance $(ARGS)
	bin/with-postgres $(BIN)/python -m pytest -m endurance $(ARGS)

lint: $(DEV) ## style, types, the order of the house, settings for production
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	git ls-files -z -- 'templates/**.html' | xargs -0 -r $(BIN)/djade --target-version 5.2 --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	MUSTER_URL=https://muster.example.org MUSTER_HSTS_SUBDOMAINS=1 MUSTER_HSTS_PRELOAD=1 DEBUG=0 DATABASE_URL=sqlite:///:memory: \
		SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

format: $(DEV) ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	git ls-files -z -- 'templates/**.html' | xargs -0 -r $(BIN)/djade --target-version 5.2

lock: $(DEV) ## write the locked requirements anew from pyproject.toml
	$(BIN)/$(LOCK) -o requirements.txt
	$(BIN)/$(LOCK) --extra postgres -o requirements-postgres.txt
	$(BIN)/$(LOCK) --extra postgres --extra dev -o requirements-dev.txt

access: $(DEV) ## write docs/access.md anew: who gets what at every address
	WRITE_ACCESS=1 $(BIN)/python -m pytest -q tests/house/test_access_page.py

benchmark: $(DEV) ## what files cost beside their floor, on SQLite (docs/performance.md): some minutes, on a quiet machine
	rm -f var/benchmark.sqlite3*
	DATABASE_URL=sqlite:///var/benchmark.sqlite3 $(BIN)/python manage.py prepare
	DATABASE_URL=sqlite:///var/benchmark.sqlite3 PYTHONPATH=. $(BIN)/python benchmarks/files.py $(ARGS)

benchmark-postgres: $(DEV) ## the same on a throw-away PostgreSQL
	bin/with-postgres sh -c '$(BIN)/python manage.py prepare && PYTHONPATH=. $(BIN)/python benchmarks/files.py $(ARGS)'

oulad: $(DEV) ## load the results of real courses through the importers: DATA=folder (docs/oulad.md)
	rm -f var/oulad.sqlite3*
	DATABASE_URL=sqlite:///var/oulad.sqlite3 $(BIN)/python manage.py prepare
	DATABASE_URL=sqlite:///var/oulad.sqlite3 PYTHONPATH=. $(BIN)/python benchmarks/oulad.py $(DATA)

attention: $(DEV) ## judge "who needs attention" on the outcomes of real courses: DATA=folder (docs/attention.md)
	PYTHONPATH=. $(BIN)/python benchmarks/attention.py $(DATA) $(ARGS)

clean: ## remove what was made: environment, caches, static files; the data in var/ stays
	rm -rf .venv staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov
