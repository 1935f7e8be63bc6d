# `make run` and `make test` need Python >= 3.11 and make, nothing else.
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2
PYTEST_ARGS ?=
BURST_ARGS ?=
# caldav brings urllib3-future, which would replace urllib3; this keeps the real one (bookingsite.E010).
export URLLIB3_NO_OVERRIDE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run setup test test-database test-slow test-browser test-davical lint types contracts migrations bench burst kill-proof ci messages clean

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(STAMP) .env.local ## The whole site with demo data at http://127.0.0.1:8000 (PORT=…); Ctrl-C stops it
	@SITE_URL="$${SITE_URL:-http://127.0.0.1:$(PORT)}" $(BIN)/python manage.py start --bind 127.0.0.1:$(PORT) --migrate --demo

setup: $(STAMP) .env.local ## Virtual environment, pinned dependencies, settings of this machine

$(STAMP): requirements.txt requirements-dev.txt
	@found=; for python in "$(PYTHON)" python3.14 python3.13 python3.12 python3.11 python3 python; do \
	  if [ -n "$$python" ] && command -v "$$python" >/dev/null 2>&1 \
	    && "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "Python 3.11 or newer is needed and was not found."; exit 1; fi; \
	if [ ! -x $(BIN)/python ]; then echo "Making the virtual environment with $$found …"; \
	  "$$found" -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "Python's venv module does not work here; on Debian and Ubuntu: apt install python3-venv"; exit 1; }; fi
	@echo "Installing the dependencies (a minute or two, the first time) …"
	@$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $(STAMP)

.env.local: | $(STAMP)
	@umask 077 && $(BIN)/python -c 'import secrets; print("DEBUG=true\nSECRET_KEY=" + secrets.token_urlsafe(50) + "\nBOOKING_SECRETS_KEYS=" + secrets.token_urlsafe(32))' > .env.local

test: $(STAMP) ## All tests but the slow ones and those in a browser
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not browser and not slow and not davical" $(PYTEST_ARGS)

test-database: $(STAMP) ## Those of the tests that touch the database (TEST_DATABASE_URL: which)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "database and not browser and not slow and not davical" $(PYTEST_ARGS)

test-slow: $(STAMP) ## Kill proof, bursts, Redis
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "slow and not browser and not davical" $(PYTEST_ARGS)

test-browser: $(STAMP) ## The story in a real Chromium
	@$(BIN)/python -m pytest -m browser $(PYTEST_ARGS)

test-davical: $(STAMP) ## The provider contract on DAViCal (tests/davical_server.py says what it needs)
	@$(BIN)/python -m pytest -m davical $(PYTEST_ARGS)

lint: $(STAMP) ## ruff and djlint
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m djlint --lint templates

types: $(STAMP) ## mypy, strict
	@$(BIN)/python -m mypy

contracts: $(STAMP) ## Which part may import which
	@$(BIN)/lint-imports

migrations: $(STAMP) ## No model change without its migration
	@DEBUG=true $(BIN)/python manage.py makemigrations --check --dry-run

bench: $(STAMP) ## Benchmarks, as ratios against a plain reference
	@DEBUG=true $(BIN)/python -m benchmarks

burst: $(STAMP) ## 10,000 attempts by 50 guests on the same times, and a control without the guard (minutes)
	@$(BIN)/python -m tests.concurrency.burst $(BURST_ARGS)

kill-proof: $(STAMP) ## SIGKILL every process in turn and see that work goes on (minutes)
	@$(BIN)/python -m tests.faults.kill_proof
	@$(BIN)/python -m tests.faults.push_proof

messages: $(STAMP) ## Collect the texts for the translators
	@$(BIN)/python manage.py makemessages --all --no-obsolete --no-location --ignore .venv --ignore tests --ignore var
	@sed -i '/^"P[OT]*-\(Creation\|Revision\)-Date/d' locale/*/LC_MESSAGES/django.po

ci: ## Everything that must pass
	@.ci/run

clean: ## Forget the virtual environment (data in var/ stays)
	@rm -rf $(VENV)
